//! What programs on one machine share besides its cores: memory, and the way to it.

use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::text;

/// What this machine has; 0 where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Machine {
    /// Memory that was available when the program began, in bytes.
    pub available: f64,
    /// Its last-level cache, in bytes.
    pub cache: f64,
    /// How many times as fast so many threads copy memory that no cache holds, together, as one alone does.
    pub copy_gain: f64,
    /// How many threads that was measured with.
    pub copiers: f64,
}

impl Machine {
    /// As measurements of a report.
    pub fn measures(&self) -> Vec<Measure> {
        let mut copy = *self;
        let parts = copy.parts_mut().map(|(id, name, unit, value)| Measure::new(id, name, unit, vec![*value]));
        parts.into()
    }

    /// Reads it from a report; what that does not tell is not known.
    pub fn of_report(report: &Report) -> Machine {
        let mut machine = Machine::default();
        for (id, _, _, value) in machine.parts_mut() {
            let found = report.measure(id).map(Measure::median).filter(|v| v.is_finite() && *v >= 0.0);
            *value = found.unwrap_or(0.0);
        }
        machine
    }

    fn parts_mut(&mut self) -> [(&'static str, Text, Unit, &mut f64); 4] {
        [
            ("machine.available", text!("쓸 수 있던 메모리", "memory available"), Unit::Bytes, &mut self.available),
            ("machine.cache", text!("마지막 단계 캐시", "last-level cache"), Unit::Bytes, &mut self.cache),
            (
                "machine.copy_gain",
                text!("메모리 복사: 여러 스레드 대 하나", "copying memory: several threads against one"),
                Unit::Times,
                &mut self.copy_gain,
            ),
            ("machine.copiers", text!("복사한 스레드", "threads that copied"), Unit::Count, &mut self.copiers),
        ]
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::hint::black_box;
    use std::path::Path;
    use std::sync::Barrier;
    use std::thread;

    use lab::{clock, stats};

    use super::Machine;

    /// All buffers together are so many times as large as the cache.
    const BEYOND: f64 = 4.0;
    /// And no larger than this, or this part of the memory that is available.
    const LARGEST: f64 = (1_u64 << 30) as f64;
    const PART: f64 = 0.125;
    const ROUNDS: usize = 3;

    impl Machine {
        /// What the system tells. Its way to memory is measured by [`Machine::measure_copying`].
        pub fn look() -> Machine {
            let (available, cache) = (available().unwrap_or(0), cache().unwrap_or(0));
            Machine { available: available as f64, cache: cache as f64, ..Machine::default() }
        }

        /// Measures how copying scales up to so many threads: takes about half a second of CPU time.
        pub fn measure_copying(&mut self, threads: usize) {
            let bytes = (BEYOND * self.cache).min(LARGEST).min(PART * self.available);
            // Smaller, and it would be the cache that is measured.
            if threads > 1 && self.cache > 0.0 && bytes >= 2.0 * self.cache {
                self.copy_gain = copy_gain(threads, bytes as usize).unwrap_or(0.0);
                self.copiers = threads as f64;
            }
        }
    }

    /// The same buffers are copied by one thread and by all. CPU time of threads is compared: a thread that waits for memory is on its
    /// core, and one that waits for a core is not.
    fn copy_gain(threads: usize, bytes: usize) -> Option<f64> {
        let part = bytes / 2 / threads;
        // Not zeroes: those pages would not be there yet.
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = (0..threads).map(|_| (vec![1; part], vec![2; part])).collect();
        let mut gains = Vec::new();
        for _ in 0..ROUNDS {
            let alone = copy(&mut pairs)?;
            let start = Barrier::new(threads);
            let slowest = thread::scope(|scope| {
                let one = |pair| {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        copy(std::slice::from_mut(pair))
                    })
                };
                let all: Vec<_> = pairs.iter_mut().map(one).collect();
                all.into_iter().map(|one| one.join().ok().flatten()).collect::<Option<Vec<f64>>>()
            })?;
            gains.push(alone / slowest.into_iter().fold(1.0, f64::max));
        }
        stats::median(&gains).filter(|gain| gain.is_finite())
    }

    /// CPU time that copying takes, in ns.
    fn copy(pairs: &mut [(Vec<u8>, Vec<u8>)]) -> Option<f64> {
        let before = clock::thread_cpu()?;
        for (from, to) in pairs {
            to.copy_from_slice(black_box(from));
            black_box(to);
        }
        Some(clock::thread_cpu()?.saturating_sub(before) as f64)
    }

    /// What the system could give without swapping, or what the limits of our control groups leave, whichever is less.
    fn available() -> Option<u64> {
        let system = kib_of(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let own = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
        let folder = Path::new("/sys/fs/cgroup").join(own);
        let groups = folder.ancestors().take_while(|group| group.starts_with("/sys/fs/cgroup"));
        Some(groups.filter_map(left_in).fold(system, u64::min))
    }

    /// What the limit of a control group leaves; `None` if it has no limit. Its file cache can be given up.
    fn left_in(group: &Path) -> Option<u64> {
        let read = |name: &str| fs::read_to_string(group.join(name)).ok();
        let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
        let most = number("memory.max")?;
        let files = read("memory.stat")
            .and_then(|stat| stat.lines().find_map(|line| line.strip_prefix("inactive_file "))?.parse::<u64>().ok());
        Some((most + files.unwrap_or(0)).saturating_sub(number("memory.current")?).min(most))
    }

    fn kib_of(words: &str, key: &str) -> Option<u64> {
        let line = words.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// The largest cache of the first core.
    fn cache() -> Option<u64> {
        let caches = fs::read_dir("/sys/devices/system/cpu/cpu0/cache").ok()?.flatten();
        let size = |folder: &Path| {
            let words = fs::read_to_string(folder.join("size")).ok()?;
            words.trim().strip_suffix('K')?.parse::<u64>().ok().map(|kib| kib * 1024)
        };
        caches.filter_map(|entry| size(&entry.path())).max()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn this_machine_has_memory() {
            let machine = Machine::look();
            assert!(machine.available > 1e6 && machine.available < 1e15, "{machine:?}");
            assert_eq!(kib_of("MemFree: 1 kB\nMemAvailable:    7 kB\n", "MemAvailable:"), Some(7 * 1024));
        }

        #[test]
        fn the_limit_of_a_control_group_counts() {
            let folder = tempfile::tempdir().unwrap();
            let write = |name: &str, words: &str| fs::write(folder.path().join(name), words).unwrap();
            assert_eq!(left_in(folder.path()), None, "no such group");
            write("memory.max", "max\n");
            write("memory.current", "300\n");
            assert_eq!(left_in(folder.path()), None, "no limit");
            write("memory.max", "1000\n");
            write("memory.stat", "anon 5\ninactive_file 100\n");
            assert_eq!(left_in(folder.path()), Some(800));
        }

        #[test]
        fn copying_is_measured_only_beyond_the_cache() {
            let known = Machine { available: 1e9, cache: f64::from(1 << 20), ..Machine::default() };
            let mut machine = known;
            machine.measure_copying(2);
            assert!(machine.copy_gain > 0.0 && machine.copiers == 2.0, "{machine:?}");
            for mut other in [Machine { available: 1e6, ..known }, Machine { cache: 0.0, ..known }] {
                let before = other;
                other.measure_copying(2);
                assert_eq!(other, before, "not measured");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_survives_the_way_through_a_report() {
        let machine = Machine { available: 1.0, cache: 2.0, copy_gain: 3.0, copiers: 4.0 };
        let mut report = Report::new("choose/run");
        report.measures = machine.measures();
        assert_eq!(Machine::of_report(&report), machine);
        report.measures.pop();
        assert_eq!(Machine::of_report(&report), Machine { copiers: 0.0, ..machine }, "not known");
    }
}
