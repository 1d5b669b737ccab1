//! The threads that use the pool: they bring tasks, use results, cancel, and close the pool.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::acts::{acts, longest};
use super::caller::Caller;
use super::pool::SimPool;
use super::process::Process;
use super::random::Random;
use super::universe::{Checked, Inner, Task};
use super::world::{Shared, SimWorld};
use crate::unix::results::One;
use crate::unix::scheduler::Scheduler;
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{Job, Sink};
use crate::unix::scheduler::source::Source;
use crate::unix::shm::Arena;
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire;

/// The handle of a single task.
struct Owner {
    task: usize,
    index: usize,
    checked: Arc<Checked>,
    cancel_at: Option<Duration>,
    kill_at: Option<Duration>,
}

/// All of them.
pub struct Users {
    universe: Shared,
    arena: Arc<Arena>,
    submitted: Arc<Source>,
    callers: Vec<Caller>,
    owners: Vec<Owner>,
    /// How many single tasks are still to be submitted, and when the next one is.
    singles: usize,
    next_single: Duration,
    jobs: Vec<Arc<Job>>,
    close_at: Option<Duration>,
    cancel_all_at: Option<Duration>,
    pub is_closed: bool,
    pub has_cancelled_all: bool,
    /// If only tasks cause trouble: when all will have ended, even if one runs after the other.
    pub latest: Option<Duration>,
}

fn job(random: &mut Random) -> Arc<Job> {
    let limit = random.chance(400).then(|| random.pick(&[20, 80, 400, 3000]));
    Arc::new(Job {
        task: random.below(3) as u64,
        retries: random.pick(&[0, 1, 1, 2, 3]),
        timeout: limit.map(Duration::from_millis),
        label: random.chance(300).then(|| "label".into()),
        retries_last: random.chance(300),
        ..Job::default()
    })
}

impl Users {
    pub fn new(
        universe: Shared,
        arena: Arc<Arena>,
        random: &mut Random,
        scheduler: &mut Scheduler<SimWorld>,
        latest: Option<Duration>,
    ) -> Users {
        let submitted = Arc::new(Source::lasting());
        scheduler.add_source(Arc::clone(&submitted));
        let jobs = (0..random.between(1, 3)).map(|_| job(random)).collect();
        let mut callers = Vec::new();
        for _ in 0..random.below(4) {
            let job = job(random);
            callers.push(Caller::new(random, job, scheduler));
        }
        let moment = |random: &mut Random, chance| random.chance(chance).then(|| random.micros(0, 100_000));
        let (close_at, cancel_all_at) = (moment(random, 80), moment(random, 80));
        Users {
            universe,
            arena,
            submitted,
            callers,
            owners: Vec::new(),
            singles: 0,
            next_single: Duration::ZERO,
            jobs,
            close_at,
            cancel_all_at,
            is_closed: false,
            has_cancelled_all: false,
            latest,
        }
    }

    /// How many single tasks there will be, and when the first.
    pub fn choose_singles(&mut self, random: &mut Random) {
        self.singles = random.below(if self.callers.is_empty() { 30 } else { 10 });
        self.next_single = random.micros(0, 5000);
    }

    fn now(&self) -> Duration {
        self.universe.borrow().now
    }

    fn random<T>(&self, choose: impl FnOnce(&mut Random) -> T) -> T {
        choose(&mut self.universe.borrow_mut().random)
    }

    fn note(&self, event: &'static str) {
        self.universe.borrow_mut().seen.note(event);
    }

    /// How many outcomes they have got.
    pub fn outcomes(&self) -> usize {
        let callers: usize = self.callers.iter().map(|caller| caller.checked.outcomes()).sum();
        let owners: usize = self.owners.iter().map(|owner| owner.checked.outcomes()).sum();
        callers + owners
    }

    /// When a thread that uses the pool does something next.
    pub fn next(&self) -> Option<Duration> {
        let single = (self.singles > 0).then_some(self.next_single);
        let moments = [single, self.close_at, self.cancel_all_at];
        let owners = self.owners.iter().flat_map(|owner| match owner.checked.has_outcome(owner.index) {
            true => [None, None],
            false => [owner.cancel_at, owner.kill_at],
        });
        let callers = self.callers.iter().flat_map(Caller::moments);
        moments.into_iter().chain(owners).chain(callers).flatten().min()
    }

    /// Does one of the things that are due.
    pub fn act(&mut self, pool: &mut SimPool) {
        let now = self.now();
        let is_due = |moment: Option<Duration>| moment.is_some_and(|moment| moment <= now);
        if is_due(self.close_at) {
            self.close_at = None;
            self.note("pools that were closed early");
            return self.close(pool);
        }
        if is_due(self.cancel_all_at) {
            self.cancel_all_at = None;
            self.has_cancelled_all = true;
            self.note("times that all was cancelled");
            return pool.with(Scheduler::cancel_all);
        }
        let is_open = |owner: &Owner| !owner.checked.has_outcome(owner.index);
        let owner = |at: fn(&Owner) -> Option<Duration>| move |owner: &Owner| is_open(owner) && is_due(at(owner));
        if let Some(n) = self.owners.iter().position(owner(|owner| owner.cancel_at)) {
            self.owners[n].cancel_at = None;
            return self.cancel(n, false, pool);
        }
        if let Some(n) = self.owners.iter().position(owner(|owner| owner.kill_at)) {
            self.owners[n].kill_at = Some(now + Duration::from_millis(5));
            return self.cancel(n, true, pool);
        }
        let callers =
            (0..self.callers.len()).filter(|n| self.callers[*n].moments().into_iter().any(is_due)).collect::<Vec<_>>();
        if self.singles > 0
            && self.next_single <= now
            && (callers.is_empty() || self.random(|random| random.chance(500)))
        {
            return self.submit(pool);
        }
        let n = self.random(|random| random.pick(&callers));
        self.call(n, pool);
    }

    pub fn close(&mut self, pool: &mut SimPool) {
        self.is_closed = true;
        pool.close();
    }

    /// As a handle does it.
    fn cancel(&mut self, n: usize, kills: bool, pool: &mut SimPool) {
        let Owner { checked, task, .. } = &mut self.owners[n];
        let (checked, task) = (Arc::clone(checked), *task);
        self.universe.borrow_mut().tasks[task].is_cancelled = true;
        if checked.cancel() {
            self.note("tasks that were cancelled by their handles");
            return pool.ring();
        }
        self.cancel_sink(&checked, kills, pool);
    }

    /// Cancels what has not begun, and kills what runs: no other worker may be killed.
    fn cancel_sink(&self, checked: &Arc<Checked>, kills: bool, pool: &mut SimPool) {
        let running = || -> Vec<Option<Option<usize>>> {
            let universe = self.universe.borrow();
            let running = |process: &Rc<RefCell<Process>>| {
                let process = process.borrow();
                process.end.is_none().then(|| process.running())
            };
            universe.processes.iter().map(running).collect()
        };
        let before = running();
        let sink: Arc<dyn Sink> = checked.clone();
        let has_changed = pool.with(|scheduler| scheduler.cancel(&sink, kills));
        for (before, after) in before.into_iter().zip(running()) {
            let Some(ran) = before.filter(|_| after.is_none()) else { continue };
            let mut universe = self.universe.borrow_mut();
            let task = ran.map(|n| &mut universe.tasks[n]).filter(|task| kills && Arc::ptr_eq(&task.sink, checked));
            task.unwrap_or_else(|| panic!("a worker was killed that ran {ran:?}")).is_killed = true;
            drop(universe);
            self.note("workers that were killed for their task");
        }
        if has_changed {
            self.note("cancellations by the scheduler");
        }
    }

    /// A new task of this job and sink, put into a batch.
    fn add_task(
        &mut self,
        job: &Arc<Job>,
        checked: &Arc<Checked>,
        index: usize,
        may_hang: bool,
        batch: &mut Batch,
    ) -> usize {
        let mut universe = self.universe.borrow_mut();
        let n = universe.tasks.len();
        let acts = acts(&mut universe.random, job.timeout, may_hang);
        if let Some(latest) = &mut self.latest {
            *latest += (0..=job.retries as usize).map(|run| longest(&acts, run, job.timeout)).sum::<Duration>();
        }
        let padding = if universe.random.chance(200) { universe.random.below(300) } else { 0 };
        universe.tasks.push(Task {
            acts,
            retries: job.retries,
            limit: job.timeout,
            label: job.label.is_some(),
            sink: Arc::clone(checked),
            index,
            runs: 0,
            began: Duration::ZERO,
            ended: Vec::new(),
            killed_after: None,
            is_cancelled: false,
            is_killed: false,
            is_written: false,
        });
        drop(universe);
        let transfer = TransferScope::new(TransferContext::encode(&self.arena));
        let sink: Arc<dyn Sink> = checked.clone();
        let argument = (n as u64, "x".repeat(padding));
        let encode = |out: &mut Vec<u8>| wire::encode(&argument, out);
        batch.encode((job, &sink, index), &self.arena, &transfer, encode).expect("it is short");
        n
    }

    /// Submits a single task.
    fn submit(&mut self, pool: &mut SimPool) {
        self.singles -= 1;
        let now = self.now();
        let (job, pause, cancel_at, kill_at) = self.random(|random| {
            let pause = if random.chance(600) { Duration::ZERO } else { random.micros(0, 20_000) };
            let mut moment = |chance| random.chance(chance).then(|| now + random.micros(0, 10_000));
            let (cancel_at, kill_at) = (moment(150), moment(150));
            (random.pick(&self.jobs), pause, cancel_at, kill_at)
        });
        self.next_single = now + pause;
        self.pause(pause);
        let index = self.owners.len();
        let checked = Checked::new(Inner::One(One::new(None, None)));
        let mut batch = Batch::default();
        let task = self.add_task(&job, &checked, index, kill_at.is_some(), &mut batch);
        self.owners.push(Owner { task, index, checked, cancel_at, kill_at });
        self.submitted.add(&mut batch, None);
        pool.nudge();
    }

    /// One thing that a call does: it is dropped, brings tasks, or uses a result.
    fn call(&mut self, n: usize, pool: &mut SimPool) {
        let now = self.now();
        let caller = &mut self.callers[n];
        if caller.is_dropped() {
            // Its threads did this one after the other.
            caller.drop_at = None;
            let checked = Arc::clone(&caller.checked);
            self.cancel_sink(&checked, true, pool);
            checked.set_gone();
            return;
        }
        if caller.drop_at.is_some_and(|at| at <= now) {
            caller.many.drop_all();
            return self.note("calls that were dropped");
        }
        let uses = caller.can_use() && caller.next_use <= now;
        if uses && (!caller.can_put(now) || self.random(|random| random.chance(500))) {
            return self.use_result(n, pool);
        }
        let caller = &self.callers[n];
        if caller.left == 0 {
            self.callers[n].has_ended = true;
            let caller = &self.callers[n];
            caller.many.end(caller.all);
            return pool.ring();
        }
        let (job, checked, first) = (Arc::clone(&caller.job), Arc::clone(&caller.checked), caller.all - caller.left);
        let most = caller.left;
        let (count, whole) = self.random(|random| (random.between(1, most.min(12)), random.chance(500)));
        let mut batch = Batch::default();
        for index in first..first + count {
            self.add_task(&job, &checked, index, false, &mut batch);
        }
        let pause = self.random(|random| random.micros(0, 1));
        let caller = &mut self.callers[n];
        caller.left -= count;
        let pause = pause * caller.put_pause as u32;
        caller.next_put = now + pause;
        let to_come = caller.knows_length.then_some(caller.left);
        match whole {
            true => caller.many.source.put(batch, to_come),
            false => caller.many.source.add(&mut batch, to_come),
        }
        self.pause(pause);
        pool.nudge();
    }

    /// A user waits so long.
    fn pause(&mut self, pause: Duration) {
        self.latest = self.latest.map(|latest| latest + pause);
    }

    fn use_result(&mut self, n: usize, pool: &mut SimPool) {
        let now = self.now();
        let pause = self.random(|random| random.micros(0, 1));
        let caller = &mut self.callers[n];
        let (next, _) = caller.many.take();
        let (_, _, size) = next.expect("there is one");
        caller.used += 1;
        let pause = pause * caller.use_pause as u32;
        caller.next_use = now + pause;
        self.latest = self.latest.map(|latest| latest + pause);
        let caller = &self.callers[n];
        if caller.many.source.used(size) {
            self.note("tasks that were held back");
            pool.nudge();
        }
    }

    pub fn is_over(&self) -> bool {
        let has_ended = |owner: &Owner| owner.checked.has_outcome(owner.index);
        self.singles == 0 && self.owners.iter().all(has_ended) && self.callers.iter().all(Caller::is_over)
    }
}
