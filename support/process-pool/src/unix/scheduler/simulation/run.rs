//! One run: who does something next, and the passing of time, which follow from the seed; and what must be true at the end.

use std::cell::RefCell;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::outcomes;
use super::pool::SimPool;
use super::process::Universe;
use super::random::Random;
use super::universe::{Seen, Troubles};
use super::users::Users;
use super::world::{Shared, SimWorld};
use crate::unix::scheduler::{Handshake, Options, Scheduler};
use crate::unix::shm::{Arena, RemoteArena};

/// A run that takes longer has somebody who waits for ever: the worst worlds need a minute for each start.
const LONGEST: Duration = Duration::from_secs(3600);
const MOST_STEPS: usize = 300_000;

/// The memory that all runs share.
pub struct Memory {
    pub arena: Arc<Arena>,
    pub remote: Arc<RemoteArena>,
}

/// All of one run.
pub struct Run {
    universe: Shared,
    pool: SimPool,
    users: Users,
    /// Other threads do what the leader does, too.
    is_chaotic: bool,
    /// Other threads dispatch tasks, more often than they must.
    dispatches: bool,
    /// Whether to check that nothing was forgotten when the leader sleeps.
    checks_sleep: bool,
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
        let is_calm = guard.troubles == Troubles::default() && !guard.has_initializer && !guard.is_busy;
        let latest = is_calm.then_some(Duration::from_secs(2));
        let random = &mut guard.random;
        // What a seed means depends on the order of all that is drawn.
        let mut users = Users::new(Rc::clone(universe), Arc::clone(&memory.arena), random, &mut scheduler, latest);
        let is_chaotic = random.chance(400);
        users.choose_singles(random);
        let run = Run {
            universe: Rc::clone(universe),
            pool: SimPool::new(scheduler, Rc::clone(universe)),
            users,
            is_chaotic,
            dispatches: random.chance(300),
            checks_sleep: !is_chaotic && random.chance(700),
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

    fn go(&mut self) {
        for _ in 0..MOST_STEPS {
            if self.users.is_over() {
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
        format!("at {:?} these tasks are open: {open:?}; {:?}", universe.now, self.pool.scheduler.stats())
    }

    /// Who can do something: the leader, 0; other threads, from 1; worker processes, from 1000; and chaos, 999.
    fn ready(&self) -> Vec<usize> {
        let now = self.now();
        let mut ready = Vec::new();
        if self.pool.leads_now() {
            ready.push(0);
        }
        if self.users.next().is_some_and(|next| next <= now) {
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

    fn act(&mut self, who: usize) {
        self.tell(who);
        match who {
            0 => self.pool.lead(),
            1 => self.users.act(&mut self.pool),
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
                0 => format!("the leader: {}", self.pool.does()),
                1 => "a user".to_owned(),
                999 => "another thread interferes".to_owned(),
                n => format!("worker process {}: {:?}", n - 999, universe.processes[n - 1000].borrow()),
            };
            let stats = self.pool.scheduler.stats();
            eprintln!(
                "{:?} queued {} running {} workers {}: {does}",
                universe.now, stats.queued, stats.running, stats.workers
            );
        }
    }

    /// Nobody can do anything now: time passes until somebody can.
    fn sleep(&mut self) {
        if self.checks_sleep && !self.users.is_closed {
            self.pool.check_sleep();
            if self.pool.leads_now() {
                return;
            }
        }
        let mut next = [self.users.next(), self.pool.wakes_at()].into_iter().flatten().min();
        for process in &self.universe.borrow().processes {
            next = [next, process.borrow().next_wake()].into_iter().flatten().min();
        }
        let next = next.expect("the leader always wakes");
        self.advance(next);
    }

    fn advance(&mut self, to: Duration) {
        let mut universe = self.universe.borrow_mut();
        universe.now = universe.now.max(to);
    }

    /// Another thread does something that is the leader's, or that is never needed.
    fn interfere(&mut self) {
        let n = self.random(|random| random.below(self.pool.scheduler.slots.len()));
        match self.random(|random| if self.is_chaotic { random.below(8) } else { 3 }) {
            0 => self.pool.with(Scheduler::look_at_workers),
            1 => self.pool.with(|scheduler| scheduler.flush(n)),
            2 => self.pool.with(|scheduler| _ = scheduler.receive(n)),
            3 => self.pool.dispatch_early(),
            4 => self.pool.with(Scheduler::release),
            5 => self.pool.with(|scheduler| _ = (scheduler.stats(), scheduler.is_busy(), scheduler.next_look())),
            _ => {}
        }
    }

    /// Everything has ended: looks at how.
    fn finish(mut self) {
        let stats = self.pool.scheduler.stats();
        let universe = self.universe.borrow();
        if let Some(latest) = self.users.latest {
            assert!(universe.now <= latest, "it took {:?}, at most {latest:?} were needed", universe.now);
        }
        let are_all_cancelled = self.users.is_closed || self.users.has_cancelled_all;
        let check = |(n, task)| outcomes::check(n, task, universe.troubles, are_all_cancelled);
        let kinds: Vec<_> = universe.tasks.iter().enumerate().map(check).collect();
        assert_eq!(stats.done + stats.failed + stats.cancelled, self.users.outcomes() as u64, "{stats:?}");
        assert_eq!(stats.started, universe.processes.len() as u64, "{stats:?}");
        if !self.users.is_closed {
            assert_eq!(stats.started, stats.deaths + stats.recycled + stats.workers as u64, "{stats:?}");
        }
        let repeated: u64 = universe.tasks.iter().map(|task| u64::from(task.runs.saturating_sub(1))).sum();
        assert!(stats.retried >= repeated, "{repeated} runs were repeated: {stats:?}");
        drop(universe);
        if !self.users.is_closed {
            self.users.close(&mut self.pool);
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
}
