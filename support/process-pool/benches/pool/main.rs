//! The pool beside its peers, in one run and in turn: `cargo bench -p process-pool --bench pool [-- QUANTITY] [-- --rounds N]`.
//!
//! loky and joblib are measured where they are installed: `python3 -m venv target/venv-peers` and
//! `target/venv-peers/bin/pip install loky joblib`. Medians of rounds, and ratios of the same round, with their spread; at the
//! end, what is promised beside what was seen.

mod machine;
mod ours;
mod peers;
mod promises;
mod stats;

use std::thread;
use std::time::Duration;

use machine::Watch;
use ours::{ByHandles, Limit, Ours, Peer};
use peers::{Procspawn, Python};
use process_pool::Start;
use promises::Seen;

/// What is measured: name, units in one go, in words.
const QUANTITIES: [(&str, usize, &str); 16] = [
    ("first", 2, "start of a program's first pool, until 2 workers have answered"),
    ("start", 2, "start of one more pool, until 2 workers have answered"),
    ("start", 8, "start of one more pool, until 8 workers have answered"),
    ("trip", 2000, "round trip of an empty task"),
    ("trip-core", 2000, "round trip of an empty task, everybody on one core"),
    ("tiny", 100_000, "a tiny task, of 100,000 (peers: chunk size 1, of fewer)"),
    ("tiny-100", 100_000, "a tiny task, of 100,000 (peers: chunk size 100)"),
    ("tiny-1000", 100_000, "a tiny task, of 100,000 (peers: chunk size 1000)"),
    ("tiny-10000", 100_000, "a tiny task, of 100,000 (peers: chunk size 10,000)"),
    ("tiny-50000", 100_000, "a tiny task, of 100,000 (peers: chunk size 50,000)"),
    ("bytes", 1 << 20, "1 MiB there and back (limit: three copies)"),
    ("bytes", 64 << 20, "64 MiB there and back (limit: three copies)"),
    ("shared", 64 << 20, "64 MiB there and back (Pool with SharedMemory, reused; ours as above)"),
    ("handed", 64 << 20, "64 MiB handed over and back, in place"),
    ("memory", 0, "private memory of a worker after all this"),
    ("fresh", 2, "private memory of a worker after its first 10,000 tasks"),
];

fn main() {
    process_pool::init();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(ours::ECHO) => return ours::echo(),
        Some(ours::FIRST) => return println!("{}", ours::first(&args)),
        _ => {}
    }
    procspawn::init();
    if args.first().is_some_and(|first| first == peers::FIRST) {
        return println!("{}", peers::first(&args));
    }
    // As a test it would take minutes and prove nothing.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let rounds =
        args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(5);
    let wanted = args.iter().find(|arg| !arg.starts_with("--") && arg.parse::<usize>().is_err());
    println!("{}", machine::describe());
    let mut peers: Vec<Box<dyn Peer>> =
        vec![Box::new(Ours::new(Start::Fork)), Box::new(ByHandles::new()), Box::new(Ours::new(Start::Exec))];
    peers.push(Box::new(Limit::new()));
    peers.extend(Procspawn::new().map(|peer| Box::new(peer) as Box<dyn Peer>));
    for kind in ["pool-fork", "pool-spawn", "executor", "loky", "joblib"] {
        peers.extend(Python::new(kind).map(|peer| Box::new(peer) as Box<dyn Peer>));
    }
    let mut all = Vec::new();
    for (quantity, n, words) in QUANTITIES {
        if wanted.is_none_or(|wanted| quantity.starts_with(wanted.as_str())) {
            all.extend(compare(&mut peers, quantity, n, words, rounds));
        }
    }
    promises::show(&all);
}

/// All peers in turn, again and again.
fn compare(peers: &mut [Box<dyn Peer>], quantity: &'static str, n: usize, words: &str, rounds: usize) -> Vec<Seen> {
    // While the peers work, their processes cannot be told from others; just before, none of ours runs.
    let watch = Watch::start();
    thread::sleep(Duration::from_millis(500));
    let foreign = watch.foreign().map_or(String::new(), |share| format!("; others used {:.0} %", share * 100.0));
    let mut samples: Vec<Vec<Option<f64>>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (peer, samples) in peers.iter_mut().zip(&mut samples) {
            // Chunks are the peers' business: ours is asked for the same work without any.
            let is_ours = peer.name() == "ours" || peer.name() == ours::HANDLES;
            let asked = match quantity.split_once('-') {
                Some(("tiny", _)) if is_ours => "tiny",
                None if quantity == "shared" && peer.name() == "ours" => "bytes",
                _ => quantity,
            };
            samples.push(peer.measure(asked, n));
        }
    }
    println!("\n{words}{foreign}");
    let seen =
        peers.iter().zip(&samples).filter_map(|(peer, theirs)| Seen::of(&**peer, (quantity, n), theirs, &samples[0]));
    let seen: Vec<Seen> = seen.collect();
    for Seen { peer, median, range: (least, most), ratio, .. } in &seen {
        let is_memory = ["memory", "fresh"].contains(&quantity);
        let show = |value: &f64| if is_memory { format!("{:.0} KiB", value / 1024.0) } else { stats::duration(*value) };
        let ratio = ratio
            .map_or(String::new(), |(median, least, most)| format!("{median:8.2} × ours ({least:.2} – {most:.2})"));
        println!("  {peer:<11} {:>9} ({} – {}) {ratio}", show(median), show(least), show(most));
    }
    seen
}

impl Seen {
    /// What all rounds of a peer come to; `None` where it does not offer this.
    fn of(
        peer: &dyn Peer,
        quantity: (&'static str, usize),
        theirs: &[Option<f64>],
        ours: &[Option<f64>],
    ) -> Option<Seen> {
        let known: Vec<f64> = theirs.iter().flatten().copied().collect();
        let ratios: Vec<f64> =
            theirs.iter().zip(ours).filter_map(|(theirs, ours)| Some((*theirs)? / (*ours)?)).collect();
        let spread = |values: &[f64]| {
            let (least, most) = stats::range(values)?;
            Some((stats::median(values)?, least, most))
        };
        let (median, least, most) = spread(&known)?;
        Some(Seen { peer: peer.name(), quantity, median, range: (least, most), ratio: spread(&ratios) })
    }
}
