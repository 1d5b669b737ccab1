//! How much of the machine this program may use.

use std::fs;
use std::path::Path;

use lab::lang::Text;
use lab::{machine, text};

/// The limit of the container on CPU time, in cores, as cgroup v2 has it; `None` without one, or where the system does not tell.
pub fn container() -> Option<f64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    // The limit of every group above counts as well.
    let group = Path::new("/sys/fs/cgroup").join(own);
    let limits = group.ancestors().take_while(|path| path.starts_with("/sys/fs/cgroup"));
    let found = limits.filter_map(|path| parse(&fs::read_to_string(path.join("cpu.max")).ok()?));
    found.min_by(f64::total_cmp)
}

/// "QUOTA PERIOD", both in µs, or "max PERIOD".
fn parse(cpu_max: &str) -> Option<f64> {
    let (quota, period) = cpu_max.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

/// What a reader must know of it: nothing, if the whole machine may be used and has several cores.
pub fn notes() -> Vec<Text> {
    let cores = machine::cores();
    let mut notes = Vec::new();
    if let Some(limit) = container() {
        notes.push(text!(
            "컨테이너의 CPU 한도(cgroup cpu.max)는 코어 {limit:.2}개입니다. 코어 수를 {cores}개로 보고 판정했습니다.",
            "The container's CPU limit (cgroup cpu.max) is {limit:.2} cores; the cells are judged as on a machine with {cores}."
        ));
    }
    if cores < 2 {
        notes.push(text!(
            "쓸 수 있는 코어가 하나뿐이어서 병렬성, GIL 영향, CPU 바운드, 계산하는 사용 사례는 판정하지 않았습니다.",
            "There is only one core to use: parallelism, the effect of the GIL, CPU-bound work and the use cases that compute are not judged."
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_cores() {
        assert_eq!(parse("150000 100000\n"), Some(1.5));
        assert_eq!(parse("max 100000\n"), None);
        for garbage in ["", "x y", "1", "0 0"] {
            assert_eq!(parse(garbage), None);
        }
    }
}
