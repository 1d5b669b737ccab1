//! The pool beside its peers, in one run and in turn: `cargo bench -p multiprocessing --bench pool [-- QUANTITY] [-- --rounds N]`.
//!
//! loky and joblib are measured where they are installed: `python3 -m venv target/venv-peers` and
//! `target/venv-peers/bin/pip install loky joblib`. Medians of rounds, and ratios of the same round, with their spread.

mod ours;
mod peers;

use lab::machine::{self, Watch};
use lab::{clock, stats};
use multiprocessing::pool;
use ours::{Limit, Ours, Peer};
use peers::{Procspawn, Python};

/// What is measured: name, units in one go, in words.
const QUANTITIES: [(&str, usize, &str); 13] = [
    ("start", 2, "start, until 2 workers have answered"),
    ("start", 8, "start, until 8 workers have answered"),
    ("trip", 2000, "round trip of an empty task"),
    ("tiny", 100_000, "a tiny task, of 100,000 (peers: chunk size 1, of fewer)"),
    ("tiny-100", 100_000, "a tiny task, of 100,000 (peers: chunk size 100)"),
    ("tiny-1000", 100_000, "a tiny task, of 100,000 (peers: chunk size 1000)"),
    ("tiny-10000", 100_000, "a tiny task, of 100,000 (peers: chunk size 10,000)"),
    ("tiny-50000", 100_000, "a tiny task, of 100,000 (peers: chunk size 50,000)"),
    ("bytes", 1 << 20, "1 MiB there and back (limit: three copies)"),
    ("bytes", 64 << 20, "64 MiB there and back (limit: three copies)"),
    ("shared", 64 << 20, "64 MiB there and back (Pool with SharedMemory, reused; ours as above)"),
    ("handed", 64 << 20, "64 MiB handed over and back, in place"),
    ("memory", 0, "private memory of a worker, KiB"),
];

fn main() {
    pool::init(ours::TASKS);
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == ours::ECHO) {
        return ours::echo();
    }
    procspawn::init();
    // As a test it would take minutes and prove nothing.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let rounds =
        args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(5);
    let wanted = args.iter().find(|arg| !arg.starts_with("--") && arg.parse::<usize>().is_err());
    println!("{}", machine::describe().en);
    let mut peers: Vec<Box<dyn Peer>> = vec![Box::new(Ours::new()), Box::new(Limit::new())];
    peers.extend(Procspawn::new().map(|peer| Box::new(peer) as Box<dyn Peer>));
    for kind in ["pool-fork", "pool-spawn", "executor", "loky", "joblib"] {
        peers.extend(Python::new(kind).map(|peer| Box::new(peer) as Box<dyn Peer>));
    }
    for (quantity, n, words) in QUANTITIES {
        if wanted.is_none_or(|wanted| quantity.starts_with(wanted.as_str())) {
            compare(&mut peers, quantity, n, words, rounds);
        }
    }
}

/// All peers in turn, again and again.
fn compare(peers: &mut [Box<dyn Peer>], quantity: &str, n: usize, words: &str, rounds: usize) {
    let watch = Watch::start();
    let mut samples: Vec<Vec<Option<f64>>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (peer, samples) in peers.iter_mut().zip(&mut samples) {
            // Chunks are the peers' business: ours is asked for the same work without any.
            let asked = match quantity.split_once('-') {
                Some((plain, _)) if peer.name() == "ours" => plain,
                None if quantity == "shared" && peer.name() == "ours" => "bytes",
                _ => quantity,
            };
            samples.push(peer.measure(asked, n));
        }
    }
    let foreign = watch
        .foreign()
        .map_or(String::new(), |share| format!("; the rest of the machine: {:.0} % busy", share * 100.0));
    println!("\n{words}{foreign}");
    for (peer, theirs) in peers.iter().zip(&samples) {
        let known: Vec<f64> = theirs.iter().flatten().copied().collect();
        let (Some(median), Some((least, most))) = (stats::median(&known), stats::range(&known)) else { continue };
        let ratios: Vec<f64> =
            theirs.iter().zip(&samples[0]).filter_map(|(theirs, ours)| Some((*theirs)? / (*ours)?)).collect();
        let ratio = stats::median(&ratios)
            .zip(stats::range(&ratios))
            .map_or(String::new(), |(median, (least, most))| format!("{median:8.2} × ours ({least:.2} – {most:.2})"));
        let show =
            |value| if quantity == "memory" { format!("{:.0} KiB", value / 1024.0) } else { clock::human(value) };
        println!("  {:<11} {:>9} ({} – {}) {ratio}", peer.name(), show(median), show(least), show(most));
    }
}
