//! What the pool promises about its speed, beside what was seen in this run.

use crate::ours::HANDLES;

/// What all rounds of one peer came to.
pub struct Seen {
    pub peer: String,
    /// Its name, and how many units in one go.
    pub quantity: (&'static str, usize),
    pub median: f64,
    pub range: (f64, f64),
    /// Their time as a multiple of ours, in the same round: median, least, most.
    pub ratio: Option<(f64, f64, f64)>,
}

/// Against whom, what, by how much at least, in words.
type Promise = (&'static [&'static str], (&'static str, usize), f64, &'static str);

const POOL: &[&str] = &["pool-fork"];
const PYTHON: &[&str] = &["pool-fork", "pool-spawn", "executor", "loky", "joblib"];
const LIMIT: &[&str] = &["limit"];

const PROMISES: [Promise; 8] = [
    (LIMIT, ("trip-core", 2000), 1.0 / 1.3, "an empty task: at most 1.3 times two bare pipes"),
    (POOL, ("trip", 2000), 8.0, "an empty task: 8 times as fast as Pool"),
    (POOL, ("tiny", 100_000), 100.0, "100,000 tiny tasks: 100 times as fast as Pool with chunk size 1"),
    (POOL, ("tiny-", 100_000), 1.5, "the same: 1.5 times as fast as Pool with its best chunk size"),
    (POOL, ("start", 2), 8.0, "start of one more pool of 2 workers: 8 times as fast as Pool"),
    (PYTHON, ("bytes", 1 << 20), 8.0, "1 MiB there and back: 8 times as fast as any pool of Python's"),
    (PYTHON, ("bytes", 64 << 20), 5.0, "64 MiB there and back: 5 times as fast as any"),
    (LIMIT, ("bytes", 64 << 20), 1.0 / 1.5, "64 MiB there and back: at most 1.5 times three copies"),
];

/// Private memory of a worker, in bytes.
const MEMORY: f64 = 512.0 * 1024.0;

/// All that is promised. What was not measured says so.
pub fn show(all: &[Seen]) {
    println!("\nwhat is promised, and what was seen (medians of ratios, with their spread)");
    let missing: Vec<&str> = PYTHON.iter().copied().filter(|peer| all.iter().all(|seen| seen.peer != *peer)).collect();
    if !missing.is_empty() {
        println!("  not measured, and so not among \"any\": {}", missing.join(", "));
    }
    for (peers, (quantity, n), least, words) in PROMISES {
        let asked = |seen: &&Seen| {
            let is_it = seen.quantity.0 == quantity || quantity.ends_with('-') && seen.quantity.0.starts_with(quantity);
            is_it && seen.quantity.1 == n && peers.contains(&seen.peer.as_str())
        };
        // The best of those that it is promised against.
        let best = all.iter().filter(asked).filter_map(|seen| seen.ratio).min_by(|a, b| a.0.total_cmp(&b.0));
        let seen = best.map_or("not measured".to_owned(), |(median, low, high)| {
            // Against a limit, the promise is a multiple of the limit.
            let (median, low, high) =
                if least < 1.0 { (1.0 / median, 1.0 / high, 1.0 / low) } else { (median, low, high) };
            let kept = if least < 1.0 { median <= 1.0 / least } else { median >= least };
            format!("{median:.2} ({low:.2} – {high:.2}): {}", if kept { "kept" } else { "NOT KEPT" })
        });
        println!("  {words}: {seen}");
    }
    let handles = |quantity| all.iter().find(|seen| seen.peer == HANDLES && seen.quantity == quantity);
    let kept = |kept| if kept { "kept" } else { "NOT KEPT" };
    let trip =
        handles(("trip", 2000)).and_then(|seen| seen.ratio).map_or("not measured".to_owned(), |(median, low, high)| {
            format!("{median:.2} ({low:.2} – {high:.2}): {}", kept(median <= 2.0))
        });
    println!("  an empty task by a handle: at most twice the time of a call: {trip}");
    let tiny = handles(("tiny", 100_000)).map_or("not measured".to_owned(), |seen| {
        let millions = |ns: f64| 1e3 / ns;
        let (low, high) = (millions(seen.range.1), millions(seen.range.0));
        format!("{:.2} M/s ({low:.2} – {high:.2}): {}", millions(seen.median), kept(seen.median <= 1000.0))
    });
    println!("  100,000 tiny tasks by handles: at least 1 M/s: {tiny}");
    for (quantity, words) in [("fresh", "of a fresh worker"), ("memory", "of one that has done all this")] {
        let ours = all.iter().find(|seen| seen.peer == "ours" && seen.quantity.0 == quantity);
        let seen = ours.map_or("not measured".to_owned(), |seen| {
            format!("{:.0} KiB: {}", seen.range.1 / 1024.0, if seen.range.1 <= MEMORY { "kept" } else { "NOT KEPT" })
        });
        println!("  private memory {words}: at most 512 KiB: {seen}");
    }
}
