//! A cluster, as an estimate: nothing of it runs here. The program's own pieces, and what engines were measured to cost.

use lab::lang::Text;
use lab::text;

use super::way::{Plan, Prediction, Way};
use crate::recording::Recording;

/// What an engine costs: Celery 5.7 with Redis, Dask 2026.8 and Ray 2.60, measured in November 2026 with two workers on one virtual
/// machine of two cores.
#[derive(Clone, Copy, Debug)]
struct Engine {
    /// Until it takes tasks, in ns.
    ready: f64,
    /// A task that does nothing, in ns: the one that hands them out does one after another.
    task: f64,
    /// What the network carries, in bytes per ns. Not measured: 10, 1 and 0.4 Gbit/s.
    network: f64,
}

/// One that is there already, as Ray is reached; one that is started, as Dask is; and the slowest of each.
const FAST: Engine = Engine { ready: 0.8e9, task: 0.7e6, network: 1.25 };
const MIDDLE: Engine = Engine { ready: 2.0e9, task: 2.0e6, network: 0.125 };
const SLOW: Engine = Engine { ready: 5.0e9, task: 3.4e6, network: 0.05 };
/// A piece that takes so many times what its task costs is long enough.
const LONG_ENOUGH: f64 = 10.0;
/// A cluster must gain so much over the best way on one machine.
const WORTH: f64 = 1.5;

/// How long the pieces take, in ns, on the fastest of these engines, the middle and the slowest: `run` on the machine that has most to do,
/// `bytes` in all that go through the network, and `pickling` of them.
pub(super) fn times(pieces: u64, run: f64, bytes: f64, pickling: f64) -> [f64; 3] {
    [FAST, MIDDLE, SLOW].map(|Engine { ready, task, network }| {
        let handing_out = task * pieces as f64 + bytes / network + pickling;
        ready + run.max(handing_out) + task
    })
}

/// What the estimate rests on.
pub(super) fn doubt(hosts: u64) -> Text {
    let (task_low, task_high) = (FAST.task / 1e6, SLOW.task / 1e6);
    let (ready_low, ready_high) = (FAST.ready / 1e9, SLOW.ready / 1e9);
    text!(
        "여기서는 클러스터가 실행되지 않았습니다. 이 컴퓨터와 같은 {hosts}대, 작업 하나에 {task_low:.1}–{task_high:.1} ms, 준비에 {ready_low:.1}–{ready_high:.1}초(2코어 가상 머신에서 Celery, Dask, Ray로 잰 값), 네트워크 0.4–10 Gbit/s로 계산했습니다",
        "no cluster ran here. It takes {hosts} machines like this one, {task_low:.1} to {task_high:.1} ms a task and {ready_low:.1} to {ready_high:.1} s until it is ready (Celery, Dask and Ray, as measured on a virtual machine of two cores), and a network of 0.4 to 10 Gbit/s"
    )
}

/// Whether a cluster is worth a thought: its pieces are long enough, and even at the lower end it is clearly better than what one
/// machine can do.
pub fn is_worth(recording: &Recording, predictions: &[Prediction], plan: Plan) -> bool {
    let Some(cluster) = predictions.iter().find(|one| one.way == Way::Cluster) else { return false };
    let here = [Way::Threads, Way::Asyncio, Way::Processes, Way::Interpreters];
    let best = predictions.iter().filter(|one| here.contains(&one.way)).map(|one| one.factor).fold(1.0, f64::max);
    let piece = recording.work.judged() / plan.pieces as f64;
    piece >= LONG_ENOUGH * MIDDLE.task && cluster.low >= WORTH * best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::Costs;
    use crate::predict::{predict, predict_one};
    use crate::recording::{Interpreter, Sums};

    const S: f64 = 1e9;
    const PLAN: Plan = Plan { pieces: 1000, cores: 4, payload: 0, hosts: 10 };

    fn recorded(seconds: f64) -> Recording {
        let work = Sums { python: seconds * S, busy: seconds * S, ..Sums::default() };
        let interpreter = Interpreter::CPython { minor: 14, free_threaded: false };
        Recording { interpreter, gil_seen: true, work, work_samples: 1e4, ..Recording::default() }
    }

    fn estimate(recording: &Recording, plan: Plan) -> Option<Prediction> {
        predict_one(recording, &Costs::typical(), plan, Way::Cluster)
    }

    fn is_suggested(recording: &Recording, plan: Plan) -> bool {
        is_worth(recording, &predict(recording, &Costs::typical(), plan), plan)
    }

    #[test]
    fn ten_machines_are_up_to_ten_times_as_fast_as_one() {
        let hour = recorded(3600.0);
        let cluster = estimate(&hour, PLAN).unwrap();
        assert!((30.0..41.0).contains(&cluster.factor), "40 cores, and next to no costs: {cluster:?}");
        assert!(cluster.low < cluster.factor && cluster.factor < cluster.high);
        assert_eq!(cluster.workers, 40);
        assert!(is_suggested(&hour, PLAN));
    }

    #[test]
    fn what_is_short_is_not_worth_a_cluster() {
        assert!(estimate(&recorded(4.0), PLAN).unwrap().factor < 2.0, "until it is ready the work is done");
        assert!(!is_suggested(&recorded(4.0), PLAN));
        let fine = Plan { pieces: 1_000_000, ..PLAN };
        assert!(estimate(&recorded(3600.0), fine).unwrap().factor < 2.0, "3.6 ms a piece, and 2 ms to hand it out");
        assert!(!is_suggested(&recorded(3600.0), fine));
    }

    #[test]
    fn data_must_get_there() {
        let hour = recorded(3600.0);
        let loaded = estimate(&hour, Plan { payload: 1 << 30, ..PLAN }).unwrap();
        assert!(loaded.factor < 1.0, "a TiB through one network: {loaded:?}");
    }

    #[test]
    fn where_one_machine_is_enough_there_is_none() {
        let hour = recorded(3600.0);
        assert_eq!(estimate(&hour, Plan { pieces: 4, ..PLAN }), None, "a core for each piece");
        assert_eq!(estimate(&hour, Plan { hosts: 1, ..PLAN }), None);
        assert_eq!(estimate(&Recording { interpreter: Interpreter::Other, ..hour }, PLAN), None);
    }
}
