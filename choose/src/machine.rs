//! What programs on one machine share: its cores' insides, memory and the way to it, and the disk.

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
    /// How many times as fast so many threads sync files of their own to the disk, together, as one alone does.
    pub disk_gain: f64,
    /// How many threads that was measured with.
    pub writers: f64,
    /// How many times as much CPU time the same computing takes while all cores compute: two of them may be threads of one core (SMT), and
    /// those of a virtual machine may be so from time to time. The least, the usual and the most of some rounds.
    pub slower: [f64; 3],
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

    /// The part of the waiting for the disk that several threads do one after another, by Amdahl's law; `None` if that was not measured.
    pub fn serial_disk(&self) -> Option<f64> {
        let known = self.writers > 1.0 && self.disk_gain > 0.0;
        known.then(|| ((self.writers / self.disk_gain - 1.0) / (self.writers - 1.0)).clamp(0.0, 1.0))
    }

    /// How much slower a core computes while all do, as [`Machine::slower`]; 1 where that was not measured.
    pub fn slowdown(&self) -> [f64; 3] {
        self.slower.map(|times| if times > 0.0 { times.max(1.0) } else { 1.0 })
    }

    fn parts_mut(&mut self) -> [(&'static str, Text, Unit, &mut f64); 9] {
        let [least, usual, most] = &mut self.slower;
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
            (
                "machine.disk_gain",
                text!("파일을 디스크에 확정(fsync): 여러 스레드 대 하나", "syncing files: several threads against one"),
                Unit::Times,
                &mut self.disk_gain,
            ),
            ("machine.writers", text!("파일을 쓴 스레드", "threads that wrote"), Unit::Count, &mut self.writers),
            (
                "machine.slower_least",
                text!("모든 코어가 계산할 때 느려지는 정도(최소)", "slower while all cores compute, at least"),
                Unit::Times,
                least,
            ),
            (
                "machine.slower",
                text!("모든 코어가 계산할 때 느려지는 정도", "slower while all cores compute"),
                Unit::Times,
                usual,
            ),
            (
                "machine.slower_most",
                text!("모든 코어가 계산할 때 느려지는 정도(최대)", "slower while all cores compute, at most"),
                Unit::Times,
                most,
            ),
        ]
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::hint::black_box;
    use std::io::{self, Write};
    use std::path::Path;
    use std::sync::Barrier;
    use std::thread;
    use std::time::Instant;

    use lab::{clock, stats};

    use super::Machine;

    /// All buffers together are so many times as large as the cache.
    const BEYOND: f64 = 4.0;
    /// And no larger than this, or this part of the memory that is available.
    const LARGEST: f64 = (1_u64 << 30) as f64;
    const PART: f64 = 0.125;
    const ROUNDS: usize = 3;
    /// Threads that write at the same time, and how often each syncs a page.
    const WRITERS: usize = 4;
    const SYNCS: usize = 12;
    /// Rounds of computing, and the steps of each: 5 to 10 ms.
    const CORE_ROUNDS: usize = 7;
    const STEPS: u64 = 1_000_000;

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

    impl Machine {
        /// Measures in the folder for temporary files whether the disk does several things at once: takes a few hundred syncs, a second of
        /// waiting at most on a usual disk. What cannot be written to is not measured.
        pub fn measure_disk(&mut self) {
            if let Some(gain) = disk_gain().ok().flatten() {
                (self.disk_gain, self.writers) = (gain, WRITERS as f64);
            }
        }
    }

    impl Machine {
        /// Measures how much slower a core computes while so many do: takes a tenth of a second.
        pub fn measure_cores(&mut self, threads: usize) {
            if threads < 2 {
                return;
            }
            if let Some(mut rounds) = (0..CORE_ROUNDS).map(|_| slower(threads)).collect::<Option<Vec<f64>>>() {
                rounds.sort_by(f64::total_cmp);
                self.slower = [rounds[0], rounds[CORE_ROUNDS / 2], rounds[CORE_ROUNDS - 1]];
            }
        }
    }

    /// CPU time of the same computing in all threads at once, the median of the threads, in relation to one alone.
    fn slower(threads: usize) -> Option<f64> {
        let alone = compute()?;
        let start = Barrier::new(threads);
        let all = thread::scope(|scope| {
            let one = |_| {
                scope.spawn(|| {
                    start.wait();
                    compute()
                })
            };
            let all: Vec<_> = (0..threads).map(one).collect();
            all.into_iter().map(|one| one.join().ok().flatten()).collect::<Option<Vec<f64>>>()
        })?;
        stats::median(&all).map(|together| together / alone).filter(|times| times.is_finite())
    }

    /// CPU time of some computing, in ns: as in an interpreter, jumps that depend on data, and a table.
    fn compute() -> Option<f64> {
        let mut table = [0_u64; 512];
        let mut word = 1_u64;
        let before = clock::thread_cpu()?;
        for n in 0..black_box(STEPS) {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n);
            let slot = &mut table[(word >> 55) as usize];
            match word >> 62 {
                0 => *slot += word & 7,
                1 => word ^= *slot,
                2 => *slot = slot.rotate_left(3) ^ n,
                _ => word = word.wrapping_add(*slot),
            }
        }
        black_box((word, table));
        Some(clock::thread_cpu()?.saturating_sub(before) as f64)
    }

    /// The same syncs by one thread and by all; each thread has a file of its own. It is waiting, so the clock on the wall counts.
    fn disk_gain() -> io::Result<Option<f64>> {
        // Files without a name: nothing is left behind, whatever happens.
        let files = (0..WRITERS).map(|_| tempfile::tempfile()).collect::<io::Result<Vec<File>>>()?;
        let mut gains = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            files.iter().try_for_each(sync)?;
            let alone = start.elapsed();
            let start = Instant::now();
            thread::scope(|scope| {
                let all: Vec<_> = files.iter().map(|file| scope.spawn(|| sync(file))).collect();
                all.into_iter().try_for_each(|one| one.join().unwrap_or(Ok(())))
            })?;
            gains.push(alone.as_secs_f64() / start.elapsed().as_secs_f64());
        }
        Ok(stats::median(&gains).filter(|gain| gain.is_finite()))
    }

    fn sync(mut file: &File) -> io::Result<()> {
        for _ in 0..SYNCS {
            file.write_all(&[1; 4096])?;
            file.sync_all()?;
        }
        Ok(())
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
        fn cores_that_compute_at_once_are_measured() {
            let mut machine = Machine::default();
            machine.measure_cores(1);
            assert_eq!(machine.slowdown(), [1.0; 3], "nothing to measure");
            machine.measure_cores(2);
            let [least, usual, most] = machine.slower;
            assert!(0.0 < least && least <= usual && usual <= most, "{machine:?}");
        }

        #[test]
        fn a_disk_is_measured_where_files_can_be_written() {
            let mut machine = Machine::default();
            machine.measure_disk();
            assert!(machine.disk_gain > 0.0 && machine.serial_disk().is_some(), "{machine:?}");
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
    fn a_disk_that_gains_nothing_is_serial() {
        let of = |disk_gain| Machine { disk_gain, writers: 4.0, ..Machine::default() }.serial_disk();
        assert_eq!((of(4.0), of(1.0), of(0.5), of(0.0)), (Some(0.0), Some(1.0), Some(1.0), None));
        let half = of(1.6).unwrap();
        assert!((half - 0.5).abs() < 1e-9, "1 / (0.5 + 0.5 / 4): {half}");
    }

    #[test]
    fn a_machine_survives_the_way_through_a_report() {
        let machine = Machine {
            available: 1.0,
            cache: 2.0,
            copy_gain: 3.0,
            copiers: 4.0,
            disk_gain: 5.0,
            writers: 6.0,
            slower: [7.0, 8.0, 9.0],
        };
        let mut report = Report::new("choose/run");
        report.measures = machine.measures();
        assert_eq!(Machine::of_report(&report), machine);
        report.measures.pop();
        assert_eq!(Machine::of_report(&report), Machine { slower: [7.0, 8.0, 0.0], ..machine }, "not known");
    }
}
