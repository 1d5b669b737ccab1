//! The memory of several processes together; pages that they share count once.

use std::fs;

/// The sum of the proportional set sizes (PSS) of these processes, in bytes: a page that n processes share counts 1/n for each.
/// `None` where the system does not tell.
pub fn total_pss(pids: &[u32]) -> Option<u64> {
    pids.iter().map(|pid| parse(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)).sum()
}

/// `proc_pid_smaps(5)`: "Pss:   1234 kB".
fn parse(rollup: &str) -> Option<u64> {
    let kib = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(kib.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_among_similar_ones() {
        let rollup =
            "00-ff ---p 00000000 00:00 0 [rollup]\nRss:   99 kB\nPss:                 12 kB\nPss_Dirty:  7 kB\n";
        assert_eq!(parse(rollup), Some(12 * 1024));
        assert_eq!(parse("Pss_Dirty:  7 kB\n"), None);
    }

    #[test]
    fn a_process_that_does_not_exist_has_no_memory() {
        assert_eq!(total_pss(&[u32::MAX]), None);
        if cfg!(target_os = "linux") {
            assert!(total_pss(&[std::process::id()]).unwrap() > 0);
        }
    }
}
