//! Samples a program while it runs: `/proc` for every thread of it and of its children, and the GIL for a CPython that publishes it.
//!
//! `process` and `thread` are what is watched, `reason` what a thread waits for, `peers` who is at the other end, `passed` what processes
//! pass to each other. `sums` turns the samples into a recording (`gil_time` divides its CPU time, `hindered` finds threads in each other's
//! way), `lanes` into a drawing.

mod gil_time;
mod hindered;
mod lanes;
mod passed;
mod peers;
mod process;
mod reason;
mod sample;
mod sums;
mod thread;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use lab::clock;
use lab::trace::Trace;

use crate::procfs;
use crate::recording::{Interpreter, Recording};
use hindered::convoy_and_contention;
use lanes::Lanes;
use passed::Passed;
use peers::Peers;
use process::Process;
use sums::Totals;
use thread::ThreadTotals;

/// At the beginning samples are taken this often, so that a program of 20 ms has some.
const FIRST: Duration = Duration::from_millis(1);
/// Each pause is so much longer than the last, until the chosen rate is reached.
const GROWTH: f64 = 1.1;
/// A sample may take no more than this share of the time until the next.
const MOST_OVERHEAD: f64 = 0.02;
/// Children are looked for in each of the first samples, later in every so many; those of all threads less often, and so is what processes have passed.
const FIRST_SAMPLES: u64 = 40;
const OFTEN: u64 = 4;
const RARELY: u64 = 16;
/// Memory and cores are looked at every so many samples, and after the first, second, fourth and so on.
const SELDOM: u64 = 64;

/// Watches one program.
#[derive(Debug)]
pub struct Sampler {
    processes: HashMap<u32, Process>,
    /// The process whose GIL counts: the first that is a Python, else the first.
    main: u32,
    totals: Totals,
    lanes: Lanes,
    passed: Passed,
    peers: Peers,
    began: u64,
    last: u64,
    samples: u64,
    pause: Duration,
    slowest: Duration,
    cpu_before: u64,
    lists_children: bool,
    is_attached: bool,
    /// Of the main process, while it was there.
    interpreter: (Interpreter, bool),
    program: Option<PathBuf>,
    memory: u64,
    cores: u64,
    /// Threads of the main process, once it has ended, and waits of processes that have.
    ended: Vec<ThreadTotals>,
    ended_waits: u64,
    /// For the random part of the pauses.
    random: u64,
}

impl Sampler {
    /// Begins with the process `pid`, which has just been started; or, with `is_attached`, which has been running before.
    pub fn new(pid: u32, rate: u64, is_attached: bool) -> Sampler {
        let now = clock::now();
        let mut sampler = Sampler {
            processes: HashMap::new(),
            main: pid,
            totals: Totals::new(is_attached),
            lanes: Lanes::default(),
            passed: Passed::new(is_attached),
            peers: Peers::default(),
            began: now,
            last: now,
            samples: 0,
            pause: FIRST,
            slowest: Duration::from_nanos(1_000_000_000 / rate.max(1)),
            cpu_before: own_cpu(),
            lists_children: procfs::lists_children(),
            is_attached,
            interpreter: (Interpreter::Other, false),
            program: None,
            memory: 0,
            cores: lab::machine::cores() as u64,
            ended: Vec::new(),
            ended_waits: 0,
            random: now | 1,
        };
        sampler.add(pid, !is_attached);
        if is_attached {
            sampler.look_for_children(true);
        }
        sampler
    }

    /// How long to wait before the next sample. Never quite regular: the GIL changes hands every 5 ms, and samples in the same beat
    /// would always see the same thread.
    pub fn pause(&mut self) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.pause.mul_f64(0.7 + 0.6 * (self.random % 1024) as f64 / 1024.0)
    }

    /// The program has been stopped and goes on, as after Ctrl-Z: what was not sampled since is not its time.
    pub fn skip(&mut self) {
        let now = clock::now();
        let length = now.saturating_sub(self.last);
        for process in self.processes.values_mut() {
            // For the counters to go on from here.
            process.sample(length, false, false, &mut self.peers);
        }
        (self.last, self.began) = (now, self.began + length);
    }

    /// Takes a sample.
    pub fn sample(&mut self) {
        let (now, cpu) = (clock::now(), own_cpu());
        let length = now.saturating_sub(self.last);
        self.last = now;
        self.samples += 1;
        self.look_for_children(false);
        let mut samples = Vec::new();
        let mut phase = None;
        let (mut count, mut search) = (0, 0);
        let has_main = self.processes.get(&self.main).is_some_and(Process::is_python);
        let looked = self.peers.spent();
        self.peers.begin(self.processes.keys().copied());
        for (pid, process) in &mut self.processes {
            let is_main = *pid == self.main;
            let seen = process.sample(length, is_main, is_main || !has_main, &mut self.peers);
            if *pid == self.main {
                phase = seen.phase;
                self.totals.changes.extend(seen.changes);
            }
            count += seen.count;
            search += seen.search;
            samples.extend(seen.threads);
        }
        samples.iter().for_each(|sample| self.lanes.add(now - length, now, sample));
        self.totals.most_threads = self.totals.most_threads.max(count);
        self.totals.add(length, phase, &samples);
        self.choose_main();
        self.look_at_main();
        self.drop_ended();
        if self.samples.is_power_of_two() || self.samples.is_multiple_of(RARELY) {
            self.passed.look(self.main, self.processes.keys().copied());
        }
        // Looking for the other ends has a limit of its own.
        let cost = Duration::from_nanos(own_cpu().saturating_sub(cpu + search));
        let cost = cost.saturating_sub(self.peers.spent() - looked);
        self.pause = self.pause.mul_f64(GROWTH).min(self.slowest).max(cost.div_f64(MOST_OVERHEAD));
    }

    /// The GIL that counts is that of the first process that has one: a shell or a launcher may stand before it.
    fn choose_main(&mut self) {
        let is_python = |pid: &u32| self.processes.get(pid).is_some_and(Process::is_python);
        if is_python(&self.main) {
            return;
        }
        if let Some(first) = self.processes.keys().copied().filter(is_python).min() {
            self.main = first;
            self.totals.main_changed();
        }
    }

    fn look_at_main(&mut self) {
        let Some(main) = self.processes.get(&self.main) else { return };
        self.interpreter = main.interpreter();
        if (self.samples.is_power_of_two() || self.samples.is_multiple_of(SELDOM))
            && let Some(limits) = main.limits()
        {
            self.program = procfs::program(self.main).or(self.program.take());
            self.memory = self.memory.max(limits.memory);
            self.cores = limits.cores.min(lab::machine::cores().max(1) as u64);
        }
    }

    fn drop_ended(&mut self) {
        let ended: Vec<u32> = self.processes.iter().filter(|(_, p)| p.has_ended()).map(|(pid, _)| *pid).collect();
        for pid in ended {
            let Some(process) = self.processes.remove(&pid) else { continue };
            self.ended_waits += process.waits();
            if pid == self.main {
                self.ended = process.thread_totals();
            }
        }
    }

    fn add(&mut self, pid: u32, is_new: bool) {
        if let Some(process) = Process::new(pid, is_new) {
            self.totals.processes += 1;
            self.processes.insert(pid, process);
        }
    }

    fn look_for_children(&mut self, everywhere: bool) {
        if self.samples > FIRST_SAMPLES && !self.samples.is_multiple_of(OFTEN) {
            return;
        }
        let all_threads = everywhere || self.samples.is_multiple_of(RARELY);
        let mut found: Vec<u32> = Vec::new();
        if self.lists_children {
            for process in self.processes.values() {
                found.extend(process.children(all_threads));
            }
        } else if all_threads {
            found = self.children_by_parent();
        }
        // Whoever watches its own parent is a child of it too.
        for pid in found.into_iter().filter(|pid| *pid != std::process::id()) {
            if !self.processes.contains_key(&pid) {
                // What it did before we attached does not count.
                self.add(pid, !everywhere);
            }
        }
    }

    /// Where the kernel does not list children, all processes are asked for their parent.
    fn children_by_parent(&self) -> Vec<u32> {
        let is_ours = |pid: &u32| procfs::Stat::of(*pid).is_some_and(|stat| self.processes.contains_key(&stat.parent));
        procfs::numbers_in("/proc").into_iter().filter(is_ours).collect()
    }

    /// What was seen. The program has ended and has not been waited for, or it goes on.
    pub fn finish(mut self) -> (Recording, Trace) {
        self.sample();
        let threads = self.processes.get(&self.main).map_or(self.ended, Process::thread_totals);
        let waits = self.ended_waits + self.processes.values().map(Process::waits).sum::<u64>();
        let stat = procfs::Stat::of(self.main);
        if !self.is_attached {
            self.totals.children = stat.map_or(0.0, |stat| stat.children_ticks as f64 * procfs::TICK);
        }
        self.totals.kernel = stat.map_or(0.0, |stat| stat.kernel_ticks as f64 / stat.ticks.max(1) as f64);
        let mut recording = self.totals.finish(self.interpreter);
        (recording.convoy, recording.contention) = convoy_and_contention(&threads);
        recording.waits = waits as f64;
        recording.memory = self.memory as f64;
        recording.passed = self.passed.bytes() as f64;
        recording.cores = self.cores as f64;
        recording.wall = self.last.saturating_sub(self.began) as f64;
        recording.samples = self.samples as f64;
        recording.sampling = own_cpu().saturating_sub(self.cpu_before) as f64;
        (recording, self.lanes.finish())
    }

    /// The program file of the main process, if that is a CPython.
    pub fn interpreter(&self) -> Option<PathBuf> {
        let is_python = matches!(self.interpreter.0, Interpreter::CPython { .. });
        self.program.clone().filter(|_| is_python)
    }

    /// Processes other than the first that are still there: what a daemon has left, or workers.
    pub fn others(&self, first: u32) -> usize {
        let goes_on = |pid: &&u32| **pid != first && procfs::Stat::of(**pid).is_some_and(|stat| stat.state != 'Z');
        self.processes.keys().filter(goes_on).count()
    }
}

/// CPU time of this process so far: all of it is the sampler's while the program runs.
fn own_cpu() -> u64 {
    clock::cpu().unwrap_or(0)
}
