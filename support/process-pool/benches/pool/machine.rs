//! The machine, and how much of it others use. Linux tells (`/proc`); elsewhere nothing is known.

use std::fs;

/// The machine in a line.
pub fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(String::new(), |(_, model)| format!(", {model}"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} {}, {cores} cores{model}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Watches the load of the whole machine from its start on.
pub struct Watch(Option<(u64, u64)>);

impl Watch {
    pub fn start() -> Watch {
        Watch(ticks())
    }

    /// The share of the machine (0 to 1) that was busy since the start; whoever asks was asleep. `None` where the system does
    /// not tell, or where rounding is all that one would see.
    pub fn foreign(&self) -> Option<f64> {
        let ((all_before, busy_before), (all, busy)) = (self.0?, ticks()?);
        let all = all.saturating_sub(all_before);
        (all >= 20).then(|| busy.saturating_sub(busy_before) as f64 / all as f64)
    }
}

/// All ticks of all cores since boot, and the busy ones: `proc_stat(5)`, "cpu user nice system idle iowait irq softirq steal".
fn ticks() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let fields = stat.lines().next()?.split_whitespace().skip(1).take(8);
    let ticks: Vec<u64> = fields.map_while(|n| n.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    Some((all, all - ticks.get(3)? - ticks.get(4)?))
}
