//! What each way of doing several things at once would give the program, and how sure that is.
//!
//! The model: the work is cut into pieces that do not depend on each other; each piece does its part of the computing and of the
//! waiting. `makespan` plays the pieces through: with threads under the GIL of the version, by the simulator of `gil-sim`.

mod choice;
mod cluster;
mod disk;
mod doubt;
mod makespan;
mod memory;
mod way;
mod work;

use crate::costs::Costs;
use crate::recording::{Interpreter, Recording};
pub use choice::choice;
pub use cluster::is_worth;
use disk::{Serial, perhaps_serial, serial_part};
use doubt::doubt;
use makespan::{Rules, makespan};
pub use memory::{Needed, may_not_fit, needed};
pub use way::{Plan, Prediction, Way};
use work::{Side, Work};

/// A pool has no more threads than this.
const MOST_THREADS: u64 = 32;
/// How far the model itself is off, as a factor: of its own measurements, see `verify`.
const MODEL: f64 = 1.15;
/// Kernel work of several at once takes so much longer than alone: page faults, file systems and pipes have locks of their own. Measured
/// on 2 cores, of the time as the kernel counts it: 1.0 (random numbers), 1.2 (copies of lists), 1.3 (copies of files), 3 (many small
/// files). One after another is what the interval allows for.
const KERNEL: f64 = 1.2;
/// Threads that let the GIL go and take it again meet, in this share of the times, another one that holds it: a constant times the square
/// of the share of time in which one thread holds it. Measured with `os.stat`, sqlite3, small files and hashlib. At best they
/// never meet: on one core, for instance.
const MEET: [f64; 3] = [0.0, 13.0, 40.0];
/// SQLite counts what it allocates under one lock for the whole process (`SQLITE_CONFIG_MEMSTATUS`, on by default). Whether threads that
/// run queries get into each other's way by that depends on how near their cores are: measured between 1.6 times as fast and 1.3 times as
/// slow as one after another, on the same machine; the interval allows for a little more.
const ONE_ALLOCATOR: f64 = 1.4;
/// Without a GIL, collecting garbage stops all threads and looks at the objects of all: it takes so many times as long. Measured with a
/// group-by on CPython 3.13: 3.2 in 8 threads, 4.5 in 2, and up to 9 in a real-time class.
const COLLECTING: [f64; 3] = [1.0, 3.5, 8.0];

/// Predicts every way that the program could take.
pub fn predict(recording: &Recording, costs: &Costs, plan: Plan) -> Vec<Prediction> {
    Way::ALL.into_iter().filter_map(|way| predict_one(recording, costs, plan, way)).collect()
}

/// Predicts one way; `None` where it does not exist.
pub fn predict_one(recording: &Recording, costs: &Costs, plan: Plan, way: Way) -> Option<Prediction> {
    if way == Way::Cluster {
        return predict_cluster(recording, costs, plan);
    }
    let doubt = doubt(recording, plan, way)?;
    let before = total(recording);
    if before <= 0.0 {
        return None;
    }
    let (time, workers) = time(Side::Middle, recording, costs, plan, way);
    // An event loop waits for a disk one after another in any case.
    let overlaps = !matches!(way, Way::Native | Way::Asyncio);
    let one_after_another = if overlaps { perhaps_serial(recording) } else { 0.0 };
    let with_disk = |time: f64, share: f64| time + share * one_after_another;
    let Serial { least, likely, most } = serial_part(recording);
    // A disk may do several things at once, or one: nobody knows who has not tried. Then the prediction is in the middle.
    let likely = likely.map_or_else(|| (time * with_disk(time, 1.0)).sqrt(), |share| with_disk(time, share));
    let factor = before / likely;
    // What the samples could have missed, in both directions.
    let others = [Side::Best, Side::Worst, Side::WaitsForMemory];
    let others = others.map(|side| before / with_disk(self::time(side, recording, costs, plan, way).0, least));
    let all = || others.into_iter().chain([factor, before / with_disk(time, most)]);
    let spread = MODEL * (1.0 + 0.45 * disturbed(recording));
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let (low, high) = match way {
        // Nobody knows how fast code will be that is not written: at best its part takes no time.
        Way::Native => (1.0, high),
        _ => (low / spread, high * spread),
    };
    Some(Prediction { way, factor, low, high, workers, doubt })
}

/// A cluster: `None` for what is no Python, and where the cores of one machine are enough for all pieces.
fn predict_cluster(recording: &Recording, costs: &Costs, plan: Plan) -> Option<Prediction> {
    let Plan { pieces, cores, hosts, .. } = plan;
    let before = total(recording);
    if recording.interpreter == Interpreter::Other || hosts < 2 || pieces <= cores || before <= 0.0 {
        return None;
    }
    let work = Work::of(recording, Side::Middle);
    let piece = work.piece(pieces, rounds(recording, pieces));
    // All machines do the same: the one with the most pieces is played through.
    let run = makespan(piece, Rules::NoGil, pieces.div_ceil(hosts), cores, cores as usize);
    let bytes = passed(recording, plan);
    let times = cluster::times(pieces, run, bytes, bytes / f64::from(1 << 20) * costs.mib);
    let [fast, middle, slow] = times.map(|time| before / (recording.start.judged() + work.terminal + time));
    let (low, high) = (slow / MODEL, fast * MODEL);
    let workers = (hosts * cores).min(pieces);
    Some(Prediction { way: Way::Cluster, factor: middle, low, high, workers, doubt: cluster::doubt(hosts) })
}

/// The program's time as it is, start and all, on an idle machine.
fn total(recording: &Recording) -> f64 {
    recording.start.judged() + recording.work.judged()
}

/// The share of its time in which the program waited for a core: how much the machine was busy with others.
fn disturbed(recording: &Recording) -> f64 {
    let delayed = recording.work.delayed + recording.start.delayed;
    let all = delayed + total(recording);
    if all > 0.0 { delayed / all } else { 0.0 }
}

/// How often a piece waits tells how finely its computing and its waiting alternate.
fn rounds(recording: &Recording, pieces: u64) -> u64 {
    (recording.waits as u64 / pieces).clamp(1, 50)
}

/// What is passed between processes, all pieces together, in bytes.
fn passed(recording: &Recording, plan: Plan) -> f64 {
    if plan.payload > 0 { plan.payload as f64 * plan.pieces as f64 } else { recording.passed }
}

/// How long the program would take, and with how many workers.
fn time(side: Side, recording: &Recording, costs: &Costs, plan: Plan, way: Way) -> (f64, u64) {
    let work = &Work::of(recording, side);
    let start = recording.start.judged() + work.terminal;
    let rounds = rounds(recording, plan.pieces);
    let kernel = |workers: u64| side.of([1.0, KERNEL, plan.cores.max(1) as f64]).min(workers as f64).max(1.0);
    let run_of = |work: &Work, rules: Rules, workers: u64| {
        let work = work.with_kernel(recording, kernel(workers), rules);
        let work = match side {
            Side::WaitsForMemory => work.bound_by_memory(recording, workers.min(plan.cores)),
            _ => work,
        };
        let run =
            |work: &Work| makespan(work.piece(plan.pieces, rounds), rules, plan.pieces, workers, plan.cores as usize);
        let alone = run(&work);
        // While several cores compute, each is slower.
        let together = together(work.cpu(), alone, plan.cores);
        let slower = side.of(recording.machine.slowdown());
        if together > 0.0 && slower > 1.0 { run(&work.slower(1.0 + (slower - 1.0) * together)) } else { alone }
    };
    let run = |rules: Rules, workers: u64| run_of(work, rules, workers);
    let threads = plan.pieces.min(MOST_THREADS);
    let version = match recording.interpreter {
        Interpreter::CPython { minor, free_threaded } => (minor, free_threaded),
        _ => (0, false),
    };
    // At worst the threads meet at SQLite's lock: that is a GIL of its own.
    let in_threads = |work: &Work, rules: Rules| match side {
        Side::Worst if recording.sqlite > 0.0 => {
            run_of(&work.under_a_lock(ONE_ALLOCATOR), Rules::Gil(version.0), threads)
        }
        _ => run_of(work, rules, threads),
    };
    let imported_again = |workers: u64| {
        let imports = (recording.start.judged() - costs.start).max(0.0);
        if version.0 >= 14 { imports * workers.div_ceil(plan.cores.max(1)) as f64 } else { 0.0 }
    };
    match way {
        Way::Threads if !recording.has_gil() => {
            let collecting = recording.collecting * (work.python + work.native);
            let run = in_threads(&work.without(collecting), Rules::NoGil);
            (start + costs.import_threads + run + collecting * side.of(COLLECTING), threads)
        }
        Way::Threads => {
            let run = in_threads(work, Rules::Gil(version.0));
            // Each time that one meets another, the GIL goes from hand to hand instead of being taken in passing.
            let meet = (side.of(MEET) * work.held().powi(2)).min(1.0);
            let handed = recording.releases * costs.handoff - run;
            let storm = if threads > 1 { meet * handed.max(0.0) } else { 0.0 };
            (start + costs.import_threads + run + storm, threads)
        }
        Way::Asyncio => (start + costs.import_asyncio + run(Rules::EventLoop, plan.pieces), 1),
        Way::FreeThreaded => {
            let slower = Work { python: work.python * slowdown(version.0), ..*work };
            let run = run_of(&slower, Rules::NoGil, threads);
            (start * slowdown(version.0) + costs.import_threads + run, threads)
        }
        // From 3.14 on a worker is not forked off the program: it imports the program's modules again, all workers at the same time.
        Way::Processes => best(&[plan.cores.min(plan.pieces), threads], |workers| {
            let pool = costs.import_processes + costs.first_worker + costs.next_worker * (workers - 1) as f64;
            let passing = passed(recording, plan) / f64::from(1 << 20) * costs.mib;
            start + pool + passing + imported_again(workers) + run(Rules::NoGil, workers)
        }),
        Way::Interpreters => best(&[plan.cores.min(plan.pieces), threads], |workers| {
            let pool = costs.import_threads + costs.interpreter * workers as f64;
            start + pool + run(Rules::NoGil, workers)
        }),
        Way::Cluster => unreachable!("`cluster` has its own time"),
        Way::Native => {
            let rest = start - work.terminal + recording.work.judged() - work.python.min(recording.work.busy);
            // Where the start could not be told apart, an interpreter has to start all the same.
            (rest.max(costs.start.min(total(recording))), 1)
        }
    }
}

/// The share of the time in which more than one core computes, if so much CPU time is spent in `time` on so many cores: 0 where it is never
/// more than one on average, 1 where all compute all the time.
fn together(cpu: f64, time: f64, cores: u64) -> f64 {
    if cores < 2 || time <= 0.0 {
        return 0.0;
    }
    ((cpu / time - 1.0) / (cores - 1) as f64).clamp(0.0, 1.0)
}

/// The number of workers with which it is fastest; more than the first only if they gain something.
fn best(numbers: &[u64], time: impl Fn(u64) -> f64) -> (f64, u64) {
    /// What is gained by less cannot be told from nothing.
    const GAIN: f64 = 0.95;
    let all = numbers.iter().map(|workers| (time((*workers).max(1)), (*workers).max(1)));
    all.reduce(|a, b| if b.0 < a.0 * GAIN { b } else { a }).expect("there are numbers")
}

/// How much slower one thread is on a build without a GIL: facts of the versions (3.13 measured; from 3.14 on its documentation).
fn slowdown(minor: u8) -> f64 {
    if minor <= 13 { 1.4 } else { 1.08 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::recording::Sums;
    use crate::wait::Wait;

    const S: f64 = 1e9;

    fn recorded(python: f64, native: f64, waiting: f64) -> Recording {
        let mut work = Sums { python: python * S, native: native * S, busy: (python + native) * S, ..Sums::default() };
        work.add_wait(Wait::Socket, waiting * S);
        let interpreter = Interpreter::CPython { minor: 14, free_threaded: false };
        let (threads, work_samples, waits) = (1.0, 200.0, 40.0);
        Recording { interpreter, gil_seen: true, work, threads, work_samples, waits, ..Recording::default() }
    }

    fn factors(recording: &Recording, plan: Plan) -> Vec<(Way, f64)> {
        let all = predict(recording, &Costs::typical(), plan);
        assert!(all.iter().all(|one| one.low <= one.factor && one.factor <= one.high), "{all:?}");
        all.iter().map(|one| (one.way, one.factor)).collect()
    }

    fn factor(recording: &Recording, plan: Plan, way: Way) -> f64 {
        factors(recording, plan).into_iter().find(|(one, _)| *one == way).unwrap().1
    }

    const PLAN: Plan = Plan { pieces: 8, cores: 2, payload: 0, hosts: 4 };

    fn chosen(recording: &Recording) -> Option<Way> {
        choice(recording, &predict(recording, &Costs::typical(), PLAN)).map(|one| one.way)
    }

    #[test]
    fn the_article_s_rule_follows_from_the_model() {
        assert_eq!(chosen(&recorded(2.0, 0.0, 0.0)), Some(Way::Processes), "CPU-bound");
        assert_eq!(chosen(&recorded(0.0, 2.0, 0.0)), Some(Way::Threads), "native code lets go of the GIL");
        assert_eq!(chosen(&recorded(0.02, 0.0, 2.0)), Some(Way::Threads), "I/O-bound; asyncio is as good");
        assert_eq!(chosen(&recorded(0.01, 0.0, 0.0)), None, "too short for anything");
    }

    #[test]
    fn threads_do_not_speed_up_what_holds_the_gil_and_a_build_without_does() {
        let python = recorded(2.0, 0.0, 0.0);
        let threads = factor(&python, PLAN, Way::Threads);
        assert!((0.9..1.05).contains(&threads), "{threads}");
        assert!(factor(&python, PLAN, Way::FreeThreaded) > 1.5);
        assert!(factor(&python, PLAN, Way::Processes) > 1.6);
        assert!(factor(&python, PLAN, Way::Asyncio) < 1.05);
    }

    #[test]
    fn waiting_overlaps_on_any_number_of_cores() {
        let waiting = recorded(0.01, 0.0, 2.0);
        for cores in [1, 2, 16] {
            let plan = Plan { cores, ..PLAN };
            for way in [Way::Threads, Way::Asyncio, Way::Processes] {
                assert!(factor(&waiting, plan, way) > 5.0, "{way:?} {cores}");
            }
        }
    }

    #[test]
    fn a_disk_may_do_one_thing_at_a_time() {
        let mut files = recorded(0.01, 0.0, 0.0);
        files.work.add_wait(Wait::Disk, 2.0 * S);
        let threads = predict_one(&files, &Costs::typical(), PLAN, Way::Threads).unwrap();
        assert!(threads.low < 1.0 && threads.high > 5.0 && (2.0..4.0).contains(&threads.factor), "{threads:?}");
        let mut measured = |disk_gain| {
            files.machine = Machine { disk_gain, writers: 4.0, ..Machine::default() };
            predict_one(&files, &Costs::typical(), PLAN, Way::Threads).unwrap()
        };
        let [one, several] = [1.0, 4.0].map(&mut measured);
        assert!(one.high < 1.5 && several.low > 2.0 && several.factor > 5.0, "{one:?} {several:?}");
    }

    #[test]
    fn a_gil_that_is_let_go_at_every_call_goes_from_hand_to_hand() {
        let often = |releases| Recording { releases, ..recorded(0.8, 1.2, 0.0) };
        assert!(factor(&often(100.0), PLAN, Way::Threads) > 1.3);
        assert_eq!(chosen(&often(100.0)), Some(Way::Threads));
        let storm = often(600_000.0);
        assert!(factor(&storm, PLAN, Way::Threads) < 0.8, "each takes microseconds");
        assert_eq!(chosen(&storm), Some(Way::Processes));
        // Hardly ever held, it is hardly ever in another's hand.
        let hash = Recording { releases: 600_000.0, ..recorded(0.04, 1.96, 0.0) };
        assert!(factor(&hash, PLAN, Way::Threads) > 1.5);
    }

    #[test]
    fn two_threads_of_one_core_are_no_two_cores() {
        let on = |slower, recording: Recording| {
            let machine = Machine { slower, ..Machine::default() };
            [Way::Threads, Way::Processes].map(|way| {
                predict_one(&Recording { machine, ..recording.clone() }, &Costs::typical(), PLAN, way).unwrap()
            })
        };
        let [_, cores] = on([1.0; 3], recorded(2.0, 0.0, 0.0));
        let [threads, half] = on([1.0, 1.5, 1.6], recorded(2.0, 0.0, 0.0));
        assert!(half.factor < 0.72 * cores.factor && half.high > 0.95 * cores.high, "{half:?} {cores:?}");
        assert!(threads.factor > 0.9, "under the GIL one core computes: {threads:?}");
        let [waits, _] = on([1.0, 1.5, 1.6], recorded(0.01, 0.0, 2.0));
        assert!(waits.factor > 5.0, "{waits:?}");
    }

    #[test]
    fn of_two_ways_that_are_as_good_the_surer_one_is_advised() {
        let native = recorded(0.02, 1.98, 0.0);
        assert_eq!(chosen(&native), Some(Way::Threads));
        let queries = Recording { sqlite: 1.0, ..native.clone() };
        let [sure, unsure] =
            [&native, &queries].map(|one| predict_one(one, &Costs::typical(), PLAN, Way::Threads).unwrap());
        assert_eq!((sure.factor, sure.high), (unsure.factor, unsure.high));
        assert!(unsure.low < 0.8, "its threads may meet at SQLite's lock: {unsure:?}");
        assert_eq!(chosen(&queries), Some(Way::Processes));
    }

    #[test]
    fn without_a_gil_collecting_garbage_stops_all_threads() {
        let interpreter = Interpreter::CPython { minor: 13, free_threaded: true };
        let of = |collecting| Recording { interpreter, collecting, ..recorded(0.0, 2.0, 0.0) };
        let threads = |collecting| predict_one(&of(collecting), &Costs::typical(), PLAN, Way::Threads).unwrap();
        assert!(threads(0.0).factor > 1.7 && threads(0.16).factor < 1.1, "{:?}", threads(0.16));
        assert!(threads(0.16).low < 0.7 && threads(0.16).high > 1.5, "{:?}", threads(0.16));
        assert_eq!((chosen(&of(0.0)), chosen(&of(0.16))), (Some(Way::Threads), Some(Way::Processes)));
    }

    #[test]
    fn kernel_work_may_be_done_one_after_another() {
        let of = |kernel| {
            let files = Recording { kernel, ..recorded(0.2, 1.8, 0.0) };
            predict_one(&files, &Costs::typical(), PLAN, Way::Processes).unwrap()
        };
        assert!(of(0.9).low < 1.0 && of(0.9).high > 1.7, "{:?}", of(0.9));
        assert!(of(0.0).low > 1.4 && of(0.9).factor < of(0.0).factor, "{:?}", of(0.0));
    }

    #[test]
    fn workers_that_are_not_forked_import_again() {
        let start = Sums { busy: 0.5 * S, ..Sums::default() };
        let imports = Recording { start, ..recorded(4.0, 0.0, 0.0) };
        let forked = Interpreter::CPython { minor: 13, free_threaded: false };
        let of = |recording: &Recording| factor(recording, PLAN, Way::Processes);
        let again = of(&imports);
        assert!(again < 0.9 * of(&Recording { interpreter: forked, ..imports }), "{again}");
        let without = recorded(4.0, 0.0, 0.0);
        assert_eq!(of(&without), of(&Recording { interpreter: forked, ..without.clone() }));
    }

    #[test]
    fn waiting_with_the_gil_held_needs_processes() {
        let mut held = recorded(0.01, 0.0, 2.0);
        held.work.held = 2.0 * S;
        assert!(factor(&held, PLAN, Way::Threads) < 1.1 && factor(&held, PLAN, Way::Asyncio) < 1.1);
        assert_eq!(chosen(&held), Some(Way::Processes));
        held.interpreter = Interpreter::CPython { minor: 14, free_threaded: true };
        assert!(factor(&held, PLAN, Way::Threads) > 5.0, "there is no GIL to hold");
    }

    #[test]
    fn more_workers_than_cores_only_where_they_gain_something() {
        let workers =
            |recording: &Recording| predict_one(recording, &Costs::typical(), PLAN, Way::Processes).unwrap().workers;
        assert_eq!(workers(&recorded(2.0, 0.0, 0.02)), 2);
        assert_eq!(workers(&recorded(0.1, 0.0, 2.0)), 8);
    }

    #[test]
    fn nobody_answers_two_questions_at_once() {
        let mut asks = recorded(0.01, 0.0, 0.0);
        asks.work.add_wait(Wait::Terminal, 2.0 * S);
        assert!(factors(&asks, PLAN).into_iter().all(|(_, factor)| factor < 1.1));
    }

    #[test]
    fn more_cores_help_processes_and_more_data_hurts_them() {
        let python = recorded(4.0, 0.0, 0.0);
        let of = |cores, payload| factor(&python, Plan { pieces: 16, cores, payload, hosts: 4 }, Way::Processes);
        assert!(of(16, 0) > 2.0 * of(4, 0) && of(4, 0) > 1.5 * of(2, 0));
        assert!(of(16, 32 << 20) < of(16, 0) / 2.0);
    }

    #[test]
    fn what_processes_were_seen_to_pass_is_counted() {
        let python = recorded(4.0, 0.0, 0.0);
        let of = |passed: f64, payload| {
            let recording = Recording { passed, ..python.clone() };
            factor(&recording, Plan { pieces: 16, cores: 16, payload, hosts: 4 }, Way::Processes)
        };
        let sixteen = 16.0 * f64::from(32 << 20);
        assert!((of(sixteen, 0) - of(0.0, 32 << 20)).abs() < 1e-9, "a sixteenth of it for each piece");
        assert!((of(sixteen, 1) - of(0.0, 1)).abs() < 1e-9, "what the reader says counts");
    }

    #[test]
    fn native_code_on_much_memory_may_gain_less() {
        let machine = Machine { available: 1e10, cache: 1e7, copy_gain: 1.1, copiers: 2.0, ..Machine::default() };
        let recording = Recording { memory: 1e9, machine, ..recorded(0.0, 2.0, 0.0) };
        let known = predict_one(&recording, &Costs::typical(), PLAN, Way::Threads).unwrap();
        let small = Recording { memory: 1e6, ..recording };
        let other = predict_one(&small, &Costs::typical(), PLAN, Way::Threads).unwrap();
        assert_eq!((known.factor, known.high), (other.factor, other.high), "whether it waits is not known");
        assert!(known.low < 1.1 && other.low > 1.4, "{known:?} {other:?}");
    }

    #[test]
    fn fewer_samples_are_a_wider_interval() {
        let few = Recording { work_samples: 8.0, ..recorded(1.0, 1.0, 0.0) };
        let width = |recording: &Recording| {
            let one = predict_one(recording, &Costs::typical(), PLAN, Way::Threads).unwrap();
            one.high / one.low
        };
        assert!(width(&few) > 1.1 * width(&recorded(1.0, 1.0, 0.0)));
    }

    #[test]
    fn native_code_has_to_start_as_well() {
        let one = predict_one(&recorded(2.0, 0.0, 0.0), &Costs::typical(), PLAN, Way::Native).unwrap();
        assert!(one.factor.is_finite() && one.high.is_finite() && one.factor > 50.0, "{one:?}");
    }

    #[test]
    fn a_gil_that_cannot_be_seen_is_an_interval() {
        let mut old = recorded(0.0, 0.0, 0.0);
        old.work.unsplit = 2.0 * S;
        old.work.busy = 2.0 * S;
        old.interpreter = Interpreter::CPython { minor: 11, free_threaded: false };
        let threads = predict_one(&old, &Costs::typical(), PLAN, Way::Threads).unwrap();
        assert!(threads.low < 1.0 && threads.high > 1.7, "{threads:?}");
    }
}
