//! What simulated threads do, and a run of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lab::lang::Text;
use lab::trace::State;

use super::ids::Tid;
use super::kind::Kind;
use super::lanes::Lanes;
use super::machine::{Machine, Speed};
use super::os::{CodePath, Os, Task};
use super::phase::{Phase, Phases};
use super::protocol::Gil;
use super::setup::{Group, Outcome, Setup, Step, ThreadOutcome};
use super::sync::Mutex;

/// A mailbox between a thread and its peer.
#[derive(Default)]
struct Mail {
    for_peer: Cell<bool>,
    for_thread: Cell<bool>,
    /// The thread sleeps for a message. Otherwise it may be asleep for the GIL, from which no message may wake it.
    awaited: Cell<bool>,
}

struct Shared {
    os: Rc<Os>,
    speed: Speed,
    locks: Vec<Mutex>,
    outcomes: RefCell<Vec<ThreadOutcome>>,
    left: Cell<usize>,
}

/// Everything that a run needs, put together.
pub(super) struct Simulation {
    pub(super) os: Rc<Os>,
    pub(super) gils: Vec<Rc<Gil>>,
    pub(super) phases: Rc<Phases>,
    pub(super) tasks: Vec<Task>,
    shared: Rc<Shared>,
}

impl Simulation {
    /// The threads of a setup and their peers, on a system.
    pub(super) fn new(setup: &Setup, os: Rc<Os>, speed: &Speed, with_trail: bool) -> Simulation {
        let members: Vec<usize> =
            setup.groups.iter().enumerate().flat_map(|(g, group)| std::iter::repeat_n(g, group.count)).collect();
        let echoing = members.iter().filter(|g| delay(&setup.groups[**g]).is_some()).count();
        let phases = Rc::new(Phases::new(members.len() + echoing, with_trail));
        let gils = gils(setup, &os, &phases, speed);
        let shared = Rc::new(Shared::new(setup, &members, Rc::clone(&os), speed));
        let (mut tasks, mut peers): (Vec<Task>, Vec<Task>) = (Vec::new(), Vec::new());
        for (i, g) in members.iter().enumerate() {
            let group = setup.groups[*g].clone();
            // Threads are started one after another, as a program does.
            let me = os.spawn(20_000 * i as u64);
            let mail = Rc::new(Mail::default());
            let peer = delay(&group).map(|delay| {
                let peer = members.len() + peers.len();
                peers.push(Box::pin(answer(Rc::clone(&shared), Rc::clone(&mail), peer, me, delay)));
                peer
            });
            let (shared, gil, phases) = (Rc::clone(&shared), Rc::clone(&gils[group.interpreter]), Rc::clone(&phases));
            tasks.push(Box::pin(SimulatedThread { shared, gil, phases, me, peer, mail }.live(group)));
        }
        peers.iter().for_each(|_| {
            os.spawn(0);
        });
        tasks.extend(peers);
        Simulation { os, gils, phases, tasks, shared }
    }
}

impl Shared {
    fn new(setup: &Setup, members: &[usize], os: Rc<Os>, speed: &Speed) -> Shared {
        let locks = setup.groups.iter().flat_map(|g| &g.steps).map(|step| match step {
            Step::Lock(n) | Step::Unlock(n) => n + 1,
            _ => 0,
        });
        let outcome = |group: &usize| ThreadOutcome { group: *group, ..ThreadOutcome::default() };
        Shared {
            os,
            speed: speed.clone(),
            locks: (0..locks.max().unwrap_or(0)).map(|_| Mutex::default()).collect(),
            outcomes: RefCell::new(members.iter().map(outcome).collect()),
            left: Cell::new(members.len()),
        }
    }
}

/// A GIL for each interpreter.
fn gils(setup: &Setup, os: &Rc<Os>, phases: &Rc<Phases>, speed: &Speed) -> Vec<Rc<Gil>> {
    let interpreters = setup.groups.iter().map(|g| g.interpreter + 1).max().unwrap_or(1);
    let interval = match setup.kind {
        Kind::Ticks => (setup.interval.saturating_mul(speed.hundred_ticks) / 100).max(1),
        _ => setup.interval,
    };
    (0..interpreters).map(|_| Rc::new(Gil::new(os, phases, setup.kind, interval))).collect()
}

/// How long a group's peers take to answer; `None` if the group has none.
fn delay(group: &Group) -> Option<u64> {
    group.steps.iter().find_map(|step| match step {
        Step::Echo(delay) => Some(*delay),
        _ => None,
    })
}

/// Runs a setup on a machine, with threads of this speed.
pub fn run(setup: &Setup, machine: &Machine, speed: &Speed) -> Outcome {
    run_at_most(setup, machine, speed, u64::MAX).0
}

/// The same for a setup that a stranger wrote: stops after so many events, which a short step repeated for a long virtual time needs. Whether it
/// came to its end; otherwise the outcome is that of the time until then.
pub fn run_at_most(setup: &Setup, machine: &Machine, speed: &Speed, most: u64) -> (Outcome, bool) {
    let os = Os::new(machine.clone(), setup.seed, Lanes::of_setup(setup, setup.keep));
    let Simulation { os, gils, tasks, shared, .. } = Simulation::new(setup, os, speed, false);
    let whole = os.run(tasks, setup.end, most);
    os.lanes.borrow_mut().finish(os.now());
    let mut threads = shared.outcomes.take();
    let lanes = os.lanes.borrow();
    for (i, one) in threads.iter_mut().enumerate() {
        // A holder that waits for a core keeps the lock.
        one.held = lanes.total(i, State::Running) + lanes.total(i, State::Ready);
        one.waited = lanes.total(i, State::WaitingForLock) + lanes.total(i, State::Requesting);
    }
    let done = threads.iter().filter_map(|f| f.done).max().filter(|_| shared.left.get() == 0);
    let outcome = Outcome {
        lasted: if whole { done.unwrap_or(setup.end) } else { os.now() },
        switches: gils.iter().map(|g| g.switches()).sum(),
        events: os.handled(),
        trace: lanes.trace(Text::default()),
        schedule: os.schedule.borrow().to_string(),
        threads,
    };
    (outcome, whole)
}

struct SimulatedThread {
    shared: Rc<Shared>,
    gil: Rc<Gil>,
    phases: Rc<Phases>,
    me: Tid,
    peer: Option<Tid>,
    mail: Rc<Mail>,
}

impl SimulatedThread {
    async fn live(self, group: Group) {
        let (os, me) = (Rc::clone(&self.shared.os), self.me);
        self.gil.take(me).await;
        let mut round = 0;
        while group.times.is_none_or(|times| round < times) {
            let start = os.now();
            for step in &group.steps {
                self.take_step(*step).await;
            }
            round += 1;
            let mut outcomes = self.shared.outcomes.borrow_mut();
            outcomes[me].rounds = round;
            outcomes[me].latencies.push(os.now() - start);
        }
        self.gil.leave(me).await;
        self.shared.outcomes.borrow_mut()[me].done = Some(os.now());
        self.shared.left.set(self.shared.left.get() - 1);
        self.phases.end(me);
    }

    async fn take_step(&self, step: Step) {
        let (os, gil, me) = (&*self.shared.os, &*self.gil, self.me);
        match step {
            Step::Run(ns) => gil.compute(me, ns).await,
            Step::NativeHeld(ns) => {
                // The eval breaker is not checked meanwhile.
                os.work(me, ns).await;
                gil.compute(me, 0).await;
            }
            Step::Native(ns) => {
                gil.release(me).await;
                os.enter(me, State::Native);
                self.phases.enter(me, Phase::Outside);
                os.work(me, ns).await;
                gil.take(me).await;
            }
            Step::Wait(ns) => {
                gil.release(me).await;
                os.enter(me, State::WaitingForIo);
                self.phases.enter(me, Phase::Outside);
                os.sleep_at_most(me, ns).await;
                gil.take(me).await;
            }
            Step::Echo(_) => {
                self.send().await;
                self.receive().await;
            }
            Step::Lock(n) => {
                gil.release(me).await;
                os.enter(me, State::WaitingForLock);
                self.phases.enter(me, Phase::Outside);
                self.shared.locks[n].lock(os, me).await;
                gil.take(me).await;
            }
            Step::Unlock(n) => self.shared.locks[n].unlock(os, me).await,
        }
    }

    async fn send(&self) {
        let (os, gil, me) = (&*self.shared.os, &*self.gil, self.me);
        gil.compute(me, os.draw(&self.shared.speed.before_send, os.cold(me, CodePath::BeforeSend))).await;
        gil.release(me).await;
        os.enter(me, State::WaitingForIo);
        self.phases.enter(me, Phase::Outside);
        os.work(me, os.talk(me, CodePath::Send)).await;
        self.mail.for_peer.set(true);
        if let Some(peer) = self.peer {
            os.signal(me, peer).await;
        }
        gil.take(me).await;
    }

    async fn receive(&self) {
        let (os, gil, me) = (&*self.shared.os, &*self.gil, self.me);
        gil.compute(me, os.draw(&self.shared.speed.before_receive, os.cold(me, CodePath::BeforeReceive))).await;
        gil.release(me).await;
        os.enter(me, State::WaitingForIo);
        self.phases.enter(me, Phase::Outside);
        while !self.mail.for_thread.replace(false) {
            self.mail.awaited.set(true);
            os.sleep(me).await;
            self.mail.awaited.set(false);
        }
        os.work(me, os.talk(me, CodePath::Receive)).await;
        gil.take(me).await;
    }
}

/// The peer: a process of its own, without a GIL.
async fn answer(shared: Rc<Shared>, mail: Rc<Mail>, me: Tid, thread: Tid, delay: u64) {
    let os = Rc::clone(&shared.os);
    loop {
        while !mail.for_peer.replace(false) {
            os.sleep(me).await;
        }
        os.work(me, os.talk(me, CodePath::Receive)).await;
        if delay > 0 {
            os.sleep_at_most(me, delay).await;
        }
        os.work(me, os.talk(me, CodePath::Send)).await;
        mail.for_thread.set(true);
        if mail.awaited.get() {
            os.signal(me, thread).await;
        }
    }
}
