//! One run: the part of the driver, of threads that bring tasks, cancel and use results, and of time.

use std::cell::RefCell;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::process::{Process, Universe};
use super::random::Random;
use super::universe::{Act, Checked, Inner, Seen, Task, Troubles};
use super::world::{Shared, SimWorld};
use crate::Failure;
use crate::observer::Observer;
use crate::unix::results::{Many, One};
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{Job, Sink};
use crate::unix::scheduler::source::Source;
use crate::unix::scheduler::worker::Worker;
use crate::unix::scheduler::{Handshake, Options, Scheduler};
use crate::unix::shm::{Arena, RemoteArena};
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire;

/// A run that takes longer has somebody who waits for ever: the worst worlds need a minute for each start.
const LONGEST: Duration = Duration::from_secs(3600);
const MOST_STEPS: usize = 300_000;

/// The memory that all runs share.
pub struct Memory {
    pub arena: Arc<Arena>,
    pub remote: Arc<RemoteArena>,
}

/// A call with many tasks: its producer and its consumer.
struct Caller {
    checked: Arc<Checked>,
    many: Arc<Many<u64>>,
    job: Arc<Job>,
    /// How many tasks are still to be put, and how many there are.
    left: usize,
    all: usize,
    /// How many results were used.
    used: usize,
    has_ended: bool,
    /// Whether the producer's iterator knows its length.
    knows_length: bool,
    next_put: Duration,
    put_pause: usize,
    /// Results are used one by one.
    is_consumed: bool,
    next_use: Duration,
    use_pause: usize,
    drop_at: Option<Duration>,
}

/// The handle of a single task.
struct Owner {
    task: usize,
    index: usize,
    checked: Arc<Checked>,
    cancel_at: Option<Duration>,
    kill_at: Option<Duration>,
}

/// What the leader polls: places and their workers, and whether for room to write.
type Polled = Vec<(usize, Rc<RefCell<Process>>, bool)>;

fn is_ready(process: &RefCell<Process>, is_full: bool) -> bool {
    if is_full { process.borrow().is_writable() } else { process.borrow().is_readable() }
}

/// Where the leader is.
enum Leader {
    /// About to begin a round.
    Step,
    /// It has let others run before it reads from its only worker.
    Yielded(usize, Polled),
    /// It waits for these workers, until then at most.
    Polling(Duration, Polled),
}

/// All of one run.
pub struct Run {
    scheduler: Scheduler<SimWorld>,
    universe: Shared,
    arena: Arc<Arena>,
    submitted: Arc<Source>,
    leader: Leader,
    is_hungry: bool,
    is_rung: bool,
    callers: Vec<Caller>,
    owners: Vec<Owner>,
    /// How many single tasks are still to be submitted, and when the next one is.
    singles: usize,
    next_single: Duration,
    jobs: Vec<Arc<Job>>,
    close_at: Option<Duration>,
    cancel_all_at: Option<Duration>,
    is_closed: bool,
    has_cancelled_all: bool,
    /// Other threads do what the leader does, too.
    is_chaotic: bool,
    /// Other threads dispatch tasks, more often than they must.
    dispatches: bool,
    /// How often in a row the leader has looked again as soon as it may, and nothing had happened.
    vain_looks: u32,
    starts: u64,
    /// Whether to check that nothing was forgotten when the leader sleeps.
    checks_sleep: bool,
    /// If only tasks cause trouble: when all will have ended, even if one runs after the other.
    latest: Option<Duration>,
}

/// Runs one seed.
pub fn run(seed: u64, memory: &Memory, tells: bool) -> Seen {
    let mut random = Random(seed);
    let troubles = match random.below(10) {
        0..4 => Troubles::default(),
        4..8 => Troubles { start: 50, hello: 50, initializer: 50, batch: 50, idle: 50 },
        8 => Troubles { start: 300, hello: 0, initializer: 0, batch: 0, idle: 100 },
        _ => Troubles { start: 500, hello: 950, initializer: 900, batch: 200, idle: 0 },
    };
    let has_initializer = random.chance(250);
    let universe = Universe {
        now: Duration::ZERO,
        tells,
        troubles,
        has_initializer,
        is_busy: random.chance(200),
        most_tasks: random.chance(200).then(|| random.between(1, 6) as u64),
        hello: b"pool 1 simulated".to_vec(),
        processes: Vec::new(),
        tasks: Vec::new(),
        seen: Seen::default(),
        random,
    };
    let universe = Rc::new(RefCell::new(universe));
    if let Some(mut run) = Run::start(&universe, memory) {
        run.go();
        run.finish();
    }
    take(&mut universe.borrow_mut().seen)
}

impl Run {
    fn start(universe: &Shared, memory: &Memory) -> Option<Run> {
        let world =
            SimWorld { universe: Rc::clone(universe), base: Instant::now(), memory: Arc::clone(&memory.remote) };
        let mut guard = universe.borrow_mut();
        let random = &mut guard.random;
        let workers = random.between(1, 4);
        let most_memory = random.chance(100).then_some(5000);
        let initializer = guard.has_initializer.then(|| (7, b"argument".to_vec()));
        let handshake = Handshake { hello: guard.hello.clone(), initializer };
        let options = Options { most_tasks: guard.most_tasks, most_memory, records: true, tells: true };
        drop(guard);
        let started = Scheduler::start(world, workers, Arc::clone(&memory.arena), handshake, options);
        let mut guard = universe.borrow_mut();
        let Ok(mut scheduler) = started else {
            assert!(guard.processes.is_empty(), "a pool was refused although a worker was started");
            guard.seen.note("pools that were refused");
            return None;
        };
        assert!(!guard.processes.is_empty());
        let (has_initializer, is_busy, is_calm) =
            (guard.has_initializer, guard.is_busy, guard.troubles == Troubles::default());
        let submitted = Arc::new(Source::lasting());
        scheduler.add_source(Arc::clone(&submitted));
        let random = &mut guard.random;
        let new_job = |random: &mut Random| {
            let limit = random.chance(400).then(|| random.pick(&[20, 80, 400, 3000]));
            Arc::new(Job {
                task: random.below(3) as u64,
                retries: random.pick(&[0, 1, 1, 2, 3]),
                timeout: limit.map(Duration::from_millis),
                label: random.chance(300).then(|| "label".into()),
                retries_last: random.chance(300),
                ..Job::default()
            })
        };
        let jobs = (0..random.between(1, 3)).map(|_| new_job(random)).collect();
        let mut callers = Vec::new();
        for _ in 0..random.below(4) {
            let job = new_job(random);
            callers.push(Caller::new(random, job, &mut scheduler));
        }
        let moment = |random: &mut Random, chance| random.chance(chance).then(|| random.micros(0, 100_000));
        let (close_at, cancel_all_at) = (moment(random, 80), moment(random, 80));
        let is_chaotic = random.chance(400);
        let latest = (!has_initializer && !is_busy && is_calm).then_some(Duration::from_secs(2));
        let run = Run {
            singles: random.below(if callers.is_empty() { 30 } else { 10 }),
            next_single: random.micros(0, 5000),
            is_chaotic,
            dispatches: random.chance(300),
            vain_looks: 0,
            starts: 0,
            checks_sleep: !is_chaotic && random.chance(700),
            latest,
            scheduler,
            universe: Rc::clone(universe),
            arena: Arc::clone(&memory.arena),
            submitted,
            leader: Leader::Step,
            is_hungry: true,
            is_rung: false,
            callers,
            owners: Vec::new(),
            jobs,
            close_at,
            cancel_all_at,
            is_closed: false,
            has_cancelled_all: false,
        };
        drop(guard);
        Some(run)
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

    fn go(&mut self) {
        for _ in 0..MOST_STEPS {
            if self.is_over() {
                return;
            }
            assert!(self.now() < LONGEST, "somebody waits for ever: {}", self.description());
            let ready: Vec<usize> = self.ready();
            let is_busy = self.universe.borrow().is_busy;
            if is_busy && self.random(|random| random.chance(30)) {
                let late = self.random(|random| random.micros(0, 3000));
                self.advance(self.now() + late);
            } else if ready.is_empty() {
                self.sleep();
            } else {
                let n = self.random(|random| random.pick(&ready));
                self.act(n);
            }
        }
        panic!("no end of steps: {}", self.description());
    }

    fn description(&self) -> String {
        let universe = self.universe.borrow();
        let open: Vec<usize> = (0..universe.tasks.len()).filter(|n| !universe.tasks[*n].has_ended()).collect();
        format!("at {:?} these tasks are open: {open:?}; {:?}", universe.now, self.scheduler.stats())
    }

    /// Who can do something: the leader, 0; other threads, from 1; worker processes, from 1000; and chaos, 999.
    fn ready(&self) -> Vec<usize> {
        let now = self.now();
        let mut ready = Vec::new();
        if self.leads_now() {
            ready.push(0);
        }
        if self.next_user().is_some_and(|next| next <= now) {
            ready.push(1);
        }
        let universe = self.universe.borrow();
        let is_ready = |n: &usize| universe.processes[*n].borrow().is_ready(now);
        ready.extend((0..universe.processes.len()).filter(is_ready).map(|n| 1000 + n));
        if (self.is_chaotic || self.dispatches) && !ready.is_empty() {
            ready.push(999);
        }
        ready
    }

    fn leads_now(&self) -> bool {
        match &self.leader {
            Leader::Step | Leader::Yielded(..) => true,
            Leader::Polling(until, polled) => {
                let is_any_ready = || polled.iter().any(|(_, process, is_full)| is_ready(process, *is_full));
                self.is_rung || self.now() >= *until || is_any_ready()
            }
        }
    }

    fn act(&mut self, who: usize) {
        self.tell(who);
        match who {
            0 => self.lead(),
            1 => self.use_pool(),
            999 => self.interfere(),
            n => {
                let process = Rc::clone(&self.universe.borrow().processes[n - 1000]);
                process.borrow_mut().step(&mut self.universe.borrow_mut());
            }
        }
    }

    /// For whoever replays a seed.
    fn tell(&self, who: usize) {
        let universe = self.universe.borrow();
        if universe.tells {
            let does = match who {
                0 => format!(
                    "the leader: {}",
                    match &self.leader {
                        Leader::Step => "begins a round".to_owned(),
                        Leader::Yielded(n, _) => format!("reads from worker {n}"),
                        Leader::Polling(until, polled) => {
                            let polled: Vec<_> = polled.iter().map(|(n, _, is_full)| (n, is_full)).collect();
                            format!("polled {polled:?} until {until:?}, rung: {}", self.is_rung)
                        }
                    }
                ),
                1 => "a user".to_owned(),
                999 => "another thread interferes".to_owned(),
                n => format!("worker process {}: {:?}", n - 999, universe.processes[n - 1000].borrow()),
            };
            let stats = self.scheduler.stats();
            eprintln!(
                "{:?} queued {} running {} workers {}: {does}",
                universe.now, stats.queued, stats.running, stats.workers
            );
        }
    }

    /// Nobody can do anything now: time passes until somebody can.
    fn sleep(&mut self) {
        if self.checks_sleep && !self.is_closed {
            self.check_sleep();
            if self.leads_now() {
                return;
            }
        }
        let mut next = self.next_user();
        for process in &self.universe.borrow().processes {
            next = [next, process.borrow().next_wake()].into_iter().flatten().min();
        }
        if let Leader::Polling(until, _) = &self.leader {
            next = [next, Some(*until)].into_iter().flatten().min();
        }
        let next = next.expect("the leader always wakes");
        self.advance(next);
    }

    fn advance(&mut self, to: Duration) {
        let mut universe = self.universe.borrow_mut();
        universe.now = universe.now.max(to);
    }

    /// The leader sleeps, and nobody else does anything: nothing may be left that could be done now.
    fn check_sleep(&mut self) {
        let Leader::Polling(until, polled) = &self.leader else { return };
        if *until <= self.now() + Duration::from_millis(1) {
            // It looks again soon enough: that often failed starts are repeated.
            return;
        }
        for (n, link) in self.scheduler.slots.links() {
            let process = link.worker.process.borrow();
            let is_polled = |for_room| {
                polled
                    .iter()
                    .any(|(place, its, full)| (*place, *full) == (n, for_room) && its.borrow().pid == process.pid)
            };
            let is_heard = !link.is_awaited() || !process.is_readable() || is_polled(false);
            assert!(is_heard, "worker {n} has written, and nobody reads");
            let is_fed = !link.has_unsent() || !process.is_writable() || is_polled(true);
            assert!(is_fed, "worker {n} has room, and nobody writes");
        }
        let started = self.universe.borrow().processes.len();
        let idle = self.idle_workers();
        // Else tasks wait for somebody to use results: for that no worker is needed.
        let may_need_workers = self.scheduler.queue.may_have_tasks();
        self.scheduler.dispatch();
        let has_started = started < self.universe.borrow().processes.len();
        assert!(!(may_need_workers && has_started), "a worker could have been started earlier");
        for (n, link) in self.scheduler.slots.links() {
            let was_forgotten = link.batches() > 0 && idle.contains(&(n, link.worker.pid()));
            assert!(!was_forgotten, "a task waited beside idle worker {n}");
        }
        self.leave();
    }

    fn idle_workers(&self) -> Vec<(usize, u32)> {
        let links = self.scheduler.slots.links();
        links.filter(|(_, link)| link.is_idle() && link.takes_more(0)).map(|(n, link)| (n, link.worker.pid())).collect()
    }

    /// As `Shared::leave` does for those that do not lead.
    fn leave(&mut self) {
        if matches!(self.leader, Leader::Polling(..)) && self.scheduler.take_must_look() {
            self.is_rung = true;
        }
        self.scheduler.take_after().run(&Observer::default());
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Scheduler<SimWorld>) -> T) -> T {
        let result = act(&mut self.scheduler);
        self.leave();
        result
    }

    /// As `Shared::nudge` does.
    fn nudge(&mut self) {
        if self.is_hungry {
            self.scheduler.dispatch();
            self.set_hungry();
            self.leave();
        }
    }

    fn set_hungry(&mut self) {
        loop {
            self.is_hungry = self.scheduler.is_hungry();
            if !self.is_hungry || !self.scheduler.dispatch() {
                return;
            }
        }
    }

    fn ring(&mut self) {
        self.is_rung |= matches!(self.leader, Leader::Polling(..));
    }

    /// The next part of a round of the leader: see `Shared::step`.
    fn lead(&mut self) {
        match std::mem::replace(&mut self.leader, Leader::Step) {
            Leader::Step => {
                self.scheduler.dispatch();
                self.set_hungry();
                let mut polled = Vec::new();
                self.scheduler.poll_each(|n, worker, is_full| {
                    polled.push((n, Rc::clone(&worker.process), false));
                    if is_full {
                        polled.push((n, Rc::clone(&worker.process), true));
                    }
                });
                if let [(n, _, false)] = polled[..] {
                    if self.scheduler.receive(n) {
                        return self.finish_step();
                    }
                    self.scheduler.take_after().run(&Observer::default());
                    self.leader = Leader::Yielded(n, polled);
                    return;
                }
                self.poll(polled);
            }
            Leader::Yielded(n, polled) => {
                if self.scheduler.receive(n) {
                    return self.finish_step();
                }
                self.poll(polled);
            }
            Leader::Polling(_, polled) => {
                self.is_rung = false;
                let ready = polled.iter().filter(|(_, process, is_full)| is_ready(process, *is_full));
                let mut ready: Vec<(usize, bool)> = ready.map(|(n, _, is_full)| (*n, *is_full)).collect();
                ready.sort_by_key(|(_, is_full)| !is_full);
                for (n, is_full) in ready {
                    if is_full {
                        self.scheduler.flush(n);
                    } else {
                        self.scheduler.receive(n);
                    }
                }
                self.finish_step();
            }
        }
    }

    fn poll(&mut self, polled: Polled) {
        let limit = self.scheduler.next_look();
        self.check_looks(limit);
        let has_changed = self.scheduler.take_must_look();
        self.scheduler.take_after().run(&Observer::default());
        self.leader = match has_changed {
            true => Leader::Polling(self.now(), Vec::new()),
            false => Leader::Polling(self.now() + limit, polled),
        };
    }

    /// The leader looks again so soon only if a worker is to be started: then it tries to.
    fn check_looks(&mut self, limit: Duration) {
        let starts = {
            let universe = self.universe.borrow();
            universe.processes.len() as u64 + universe.seen.0.get("starts that failed").copied().unwrap_or(0)
        };
        let is_vain = limit <= Duration::from_millis(1) && starts == self.starts;
        self.vain_looks = if is_vain { self.vain_looks + 1 } else { 0 };
        self.starts = starts;
        assert!(self.vain_looks < 100, "the leader wakes again and again for nothing");
    }

    fn finish_step(&mut self) {
        self.scheduler.look_at_workers();
        self.scheduler.take_after().run(&Observer::default());
    }

    /// Another thread does something that is the leader's, or that is never needed.
    fn interfere(&mut self) {
        let n = self.random(|random| random.below(self.scheduler.slots.len()));
        match self.random(|random| if self.is_chaotic { random.below(8) } else { 3 }) {
            0 => self.with(Scheduler::look_at_workers),
            1 => self.with(|scheduler| scheduler.flush(n)),
            2 => self.with(|scheduler| _ = scheduler.receive(n)),
            3 => {
                self.is_hungry = true;
                self.nudge();
            }
            4 => self.with(Scheduler::release),
            5 => self.with(|scheduler| _ = (scheduler.stats(), scheduler.is_busy(), scheduler.next_look())),
            _ => {}
        }
    }

    /// When a thread that uses the pool does something next.
    fn next_user(&self) -> Option<Duration> {
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
    fn use_pool(&mut self) {
        let now = self.now();
        let is_due = |moment: Option<Duration>| moment.is_some_and(|moment| moment <= now);
        if is_due(self.close_at) {
            self.close_at = None;
            self.note("pools that were closed early");
            return self.close();
        }
        if is_due(self.cancel_all_at) {
            self.cancel_all_at = None;
            self.has_cancelled_all = true;
            self.note("times that all was cancelled");
            return self.with(Scheduler::cancel_all);
        }
        let is_open = |owner: &Owner| !owner.checked.has_outcome(owner.index);
        let owner = |at: fn(&Owner) -> Option<Duration>| move |owner: &Owner| is_open(owner) && is_due(at(owner));
        if let Some(n) = self.owners.iter().position(owner(|owner| owner.cancel_at)) {
            self.owners[n].cancel_at = None;
            return self.cancel(n, false);
        }
        if let Some(n) = self.owners.iter().position(owner(|owner| owner.kill_at)) {
            self.owners[n].kill_at = Some(now + Duration::from_millis(5));
            return self.cancel(n, true);
        }
        let callers =
            (0..self.callers.len()).filter(|n| self.callers[*n].moments().into_iter().any(is_due)).collect::<Vec<_>>();
        if self.singles > 0
            && self.next_single <= now
            && (callers.is_empty() || self.random(|random| random.chance(500)))
        {
            return self.submit();
        }
        let n = self.random(|random| random.pick(&callers));
        self.call(n);
    }

    fn close(&mut self) {
        self.is_closed = true;
        self.with(Scheduler::close);
        self.is_rung = true;
    }

    /// As a handle does it.
    fn cancel(&mut self, n: usize, kills: bool) {
        let Owner { checked, task, .. } = &mut self.owners[n];
        let (checked, task) = (Arc::clone(checked), *task);
        self.universe.borrow_mut().tasks[task].is_cancelled = true;
        if checked.cancel() {
            self.note("tasks that were cancelled by their handles");
            return self.ring();
        }
        self.cancel_sink(&checked, kills);
    }

    /// Cancels what has not begun, and kills what runs: no other worker may be killed.
    fn cancel_sink(&mut self, checked: &Arc<Checked>, kills: bool) {
        let running = |run: &Run| -> Vec<Option<Option<usize>>> {
            let universe = run.universe.borrow();
            let running = |process: &Rc<RefCell<Process>>| {
                let process = process.borrow();
                process.end.is_none().then(|| process.running())
            };
            universe.processes.iter().map(running).collect()
        };
        let before = running(self);
        let sink: Arc<dyn Sink> = checked.clone();
        let has_changed = self.with(|scheduler| scheduler.cancel(&sink, kills));
        for (before, after) in before.into_iter().zip(running(self)) {
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
    fn submit(&mut self) {
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
        self.nudge();
    }

    /// One thing that a call does: it is dropped, brings tasks, or uses a result.
    fn call(&mut self, n: usize) {
        let now = self.now();
        let caller = &mut self.callers[n];
        if caller.is_dropped() {
            // Its threads did this one after the other.
            caller.drop_at = None;
            let checked = Arc::clone(&caller.checked);
            self.cancel_sink(&checked, true);
            checked.set_gone();
            return;
        }
        if caller.drop_at.is_some_and(|at| at <= now) {
            caller.many.drop_all();
            return self.note("calls that were dropped");
        }
        let uses = caller.can_use() && caller.next_use <= now;
        if uses && (!caller.can_put(now) || self.random(|random| random.chance(500))) {
            return self.use_result(n);
        }
        let caller = &self.callers[n];
        if caller.left == 0 {
            self.callers[n].has_ended = true;
            let caller = &self.callers[n];
            caller.many.end(caller.all);
            return self.ring();
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
        self.nudge();
    }

    /// A user waits so long.
    fn pause(&mut self, pause: Duration) {
        self.latest = self.latest.map(|latest| latest + pause);
    }

    fn use_result(&mut self, n: usize) {
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
            self.nudge();
        }
    }

    fn is_over(&self) -> bool {
        let has_ended = |owner: &Owner| owner.checked.has_outcome(owner.index);
        self.singles == 0 && self.owners.iter().all(has_ended) && self.callers.iter().all(Caller::is_over)
    }

    /// Everything has ended: looks at how.
    fn finish(mut self) {
        let stats = self.scheduler.stats();
        let universe = self.universe.borrow();
        if let Some(latest) = self.latest {
            assert!(universe.now <= latest, "it took {:?}, at most {latest:?} were needed", universe.now);
        }
        let mut kinds = Vec::new();
        for n in 0..universe.tasks.len() {
            kinds.push(self.check_task(n, &universe));
        }
        let callers: usize = self.callers.iter().map(|caller| caller.checked.outcomes()).sum();
        let owners: usize = self.owners.iter().map(|owner| owner.checked.outcomes()).sum();
        assert_eq!(stats.done + stats.failed + stats.cancelled, (callers + owners) as u64, "{stats:?}");
        assert_eq!(stats.started, universe.processes.len() as u64, "{stats:?}");
        if !self.is_closed {
            assert_eq!(stats.started, stats.deaths + stats.recycled + stats.workers as u64, "{stats:?}");
        }
        let repeated: u64 = universe.tasks.iter().map(|task| u64::from(task.runs.saturating_sub(1))).sum();
        assert!(stats.retried >= repeated, "{repeated} runs were repeated: {stats:?}");
        drop(universe);
        if !self.is_closed {
            self.close();
        }
        let mut universe = self.universe.borrow_mut();
        assert!(universe.processes.iter().all(|process| process.borrow().is_reaped), "a worker was left");
        let tasks = universe.tasks.len() as u64;
        universe.seen.add("tasks", tasks);
        universe.seen.add("deaths of workers", stats.deaths);
        universe.seen.add("workers that were recycled", stats.recycled);
        kinds.into_iter().for_each(|kind| universe.seen.note(kind));
        // Tasks and universe refer to each other.
        universe.tasks.clear();
        universe.processes.clear();
    }

    /// Whether a task may have ended as it did; and how that was.
    fn check_task(&self, n: usize, universe: &Universe) -> &'static str {
        let task = &universe.tasks[n];
        let outcome = match task.sink.outcome(task.index) {
            Some(outcome) => outcome,
            None if task.sink.is_cancelled() => return "outcomes: cancelled",
            None => {
                assert!(task.sink.is_dropped(), "task {n} has no outcome");
                return "outcomes: of nobody's interest";
            }
        };
        let last = task.ended.last();
        let is_cancelled = matches!(&outcome, Err(failure) if *failure.reason() == Failure::Cancelled);
        assert!(!task.is_killed || is_cancelled, "task {n} was killed, and ended with {outcome:?}");
        let failure = match outcome {
            Ok(value) => {
                assert_eq!((value, last), ((n * n) as u64, Some(&Act::Value)), "task {n}");
                return "outcomes: values";
            }
            Err(failure) => failure,
        };
        assert_eq!(failure.label().is_some(), task.label, "task {n}: {failure}");
        let all_runs = |attempts: u32| {
            assert_eq!((attempts, task.runs), (task.retries + 1, task.retries + 1), "task {n}: {failure}");
        };
        match *failure.reason() {
            Failure::Panicked(_) => {
                assert_eq!(last, Some(&Act::Panic), "task {n}");
                "outcomes: panicked"
            }
            Failure::Unreadable(_) => {
                assert_eq!(last, Some(&Act::Refuse), "task {n}");
                "outcomes: unreadable"
            }
            Failure::Died { attempts, .. } => {
                all_runs(attempts);
                "outcomes: died"
            }
            Failure::Aborted { attempts, .. } => {
                all_runs(attempts);
                assert_eq!(last, Some(&Act::Abort), "task {n}");
                "outcomes: aborted"
            }
            Failure::TimedOut { attempts } => {
                all_runs(attempts);
                assert!(task.killed_after >= task.limit, "task {n} ran {:?}", task.killed_after);
                "outcomes: timed out"
            }
            Failure::NoWorker(_) => {
                let Troubles { start, hello, initializer, batch, idle } = universe.troubles;
                assert!(start + hello + initializer + batch + idle > 0, "task {n} had no worker");
                "outcomes: no worker"
            }
            Failure::Cancelled => {
                let is_wanted = task.is_cancelled || task.sink.is_gone() || self.is_closed || self.has_cancelled_all;
                assert!(is_wanted, "task {n} was not to be cancelled");
                "outcomes: cancelled"
            }
            Failure::Unknown(_) | Failure::Labelled { .. } => panic!("task {n}: {failure}"),
        }
    }
}

/// How long the `run`th run of a task can keep a worker, and its replacement can take to start.
fn longest(acts: &[(Act, Duration)], run: usize, limit: Option<Duration>) -> Duration {
    let (act, lasts) = acts[run.min(acts.len() - 1)];
    let until_noticed = match act {
        Act::Value | Act::Panic | Act::Refuse => Duration::from_millis(10),
        // A look each second at most; or if it must be silent for five.
        Act::Exit | Act::Abort | Act::Stop | Act::DieAfter | Act::DieInFrame => Duration::from_secs(3),
        Act::Garbage | Act::Withhold => Duration::from_secs(7),
        Act::Hang => limit.map_or(Duration::from_secs(1), |limit| 2 * limit),
    };
    lasts + until_noticed
}

/// What the runs of a task do.
fn acts(random: &mut Random, limit: Option<Duration>, may_hang: bool) -> Vec<(Act, Duration)> {
    let lasts = |random: &mut Random| match random.below(100) {
        0..70 => random.micros(0, 100),
        70..90 => random.micros(0, 3000),
        90..98 => random.micros(0, 30_000),
        _ => random.micros(0, 500_000),
    };
    let mut acts = Vec::new();
    while random.chance(if acts.is_empty() { 250 } else { 400 }) {
        use Act::{Abort, DieAfter, DieInFrame, Exit, Garbage, Hang, Panic, Refuse, Stop, Value, Withhold};
        let kinds = [
            Value, Panic, Panic, Refuse, Exit, Exit, Exit, Abort, Hang, Hang, Hang, Stop, DieAfter, DieInFrame,
            Garbage, Withhold,
        ];
        let act = random.pick(&kinds);
        let act = if act == Hang && limit.is_none() && !may_hang { Value } else { act };
        acts.push((act, lasts(random)));
    }
    // Mostly, it is right at last.
    if acts.is_empty() || random.chance(500) {
        acts.push((Act::Value, lasts(random)));
    }
    acts
}

impl Caller {
    fn new(random: &mut Random, job: Arc<Job>, scheduler: &mut Scheduler<SimWorld>) -> Caller {
        let is_consumed = random.chance(500);
        let source = Arc::new(if is_consumed { Source::ahead(random.between(1, 10)) } else { Source::default() });
        scheduler.add_source(Arc::clone(&source));
        let many = Arc::new(Many::new(source, !is_consumed));
        let all = if random.chance(100) { random.between(0, 150) } else { random.between(0, 25) };
        Caller {
            checked: Checked::new(Inner::Many(Arc::clone(&many))),
            many,
            job,
            left: all,
            all,
            used: 0,
            has_ended: false,
            knows_length: random.chance(500),
            next_put: random.micros(0, 3000),
            put_pause: random.pick(&[0, 0, 50, 2000, 40_000]),
            is_consumed,
            next_use: Duration::ZERO,
            use_pause: random.pick(&[0, 0, 50, 2000, 40_000]),
            drop_at: random.chance(150).then(|| random.micros(0, 50_000)),
        }
    }

    fn is_dropped(&self) -> bool {
        self.many.is_dropped()
    }

    fn can_use(&self) -> bool {
        self.is_consumed && self.used < self.checked.outcomes()
    }

    fn can_put(&self, now: Duration) -> bool {
        !self.has_ended && self.next_put <= now
    }

    /// When its threads do something.
    fn moments(&self) -> [Option<Duration>; 3] {
        if self.is_dropped() {
            return [self.drop_at, None, None];
        }
        [self.drop_at, (!self.has_ended).then_some(self.next_put), self.can_use().then_some(self.next_use)]
    }

    fn is_over(&self) -> bool {
        if self.is_dropped() {
            return self.drop_at.is_none();
        }
        self.has_ended && self.checked.outcomes() == self.all && (!self.is_consumed || self.used == self.all)
    }
}
