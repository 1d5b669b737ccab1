//! What simulated threads do, and a run of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lab::lang::Text;
use lab::text;
use lab::trace::{State, Trace};

use super::lanes::Lanes;
use super::machine::{Machine, Speed};
use super::os::{Os, Path, Place, Task, Tid};
use super::protocol::{Gil, Kind};
use super::sync::Mutex;

/// One step of a thread's script. Times in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Computes with the GIL held.
    Run(u64),
    /// Waits for a timer, a disk, a network: the GIL is let go.
    Wait(u64),
    /// Native code that lets the GIL go.
    Native(u64),
    /// Native code that keeps it.
    NativeHeld(u64),
    /// Sends a message to a peer process, which answers after so long, and receives the answer: two calls that let the GIL go.
    Echo(u64),
    /// Takes a lock of the program's own, by its number: the GIL is let go while it waits.
    Lock(usize),
    /// Lets it go.
    Unlock(usize),
}

/// Threads that do the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they are called.
    pub name: Text,
    /// How many.
    pub count: usize,
    /// Their interpreter, each of which has a GIL of its own (PEP 684).
    pub interpreter: usize,
    /// What each does, again and again.
    pub steps: Vec<Step>,
    /// How often; None: until the end.
    pub times: Option<u64>,
}

/// What is simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The lock.
    pub kind: Kind,
    /// The switch interval in ns; for [`Kind::Ticks`] in ticks.
    pub interval: u64,
    /// The threads.
    pub groups: Vec<Group>,
    /// When it is cut off, in virtual ns.
    pub end: u64,
    /// Spans are kept up to then.
    pub keep: u64,
    /// The dice.
    pub seed: u64,
}

/// What came of one thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fate {
    /// Its group.
    pub group: usize,
    /// Rounds of its script that it has finished.
    pub rounds: u64,
    /// How long each round took, in ns.
    pub latencies: Vec<u64>,
    /// When it was done, in ns; None: it was still running at the end.
    pub done: Option<u64>,
    /// Holding the GIL, in ns.
    pub held: u64,
    /// Waiting for it.
    pub waited: u64,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Each thread's fate, in the order of the groups.
    pub threads: Vec<Fate>,
    /// How often a GIL changed hands, all interpreters together.
    pub switches: u64,
    /// How long it lasted, in virtual ns.
    pub lasted: u64,
    /// Events that it took.
    pub events: u64,
    /// The beginning of it.
    pub trace: Trace,
    /// Who went on when, from the beginning, as [`super::Stepper`] plays it again. Empty with more threads than there are letters.
    pub schedule: String,
}

/// A mailbox between a thread and its peer.
#[derive(Default)]
struct Mail {
    for_peer: Cell<bool>,
    for_thread: Cell<bool>,
    /// The thread sleeps for it. Otherwise it may be asleep for the GIL, and from that no message wakes it.
    awaited: Cell<bool>,
}

struct Shared {
    os: Rc<Os>,
    speed: Speed,
    locks: Vec<Mutex>,
    fates: RefCell<Vec<Fate>>,
    left: Cell<usize>,
}

/// Everything that a run needs, put together.
pub(super) struct Cast {
    pub(super) os: Rc<Os>,
    pub(super) gils: Vec<Rc<Gil>>,
    pub(super) tasks: Vec<Task>,
    shared: Rc<Shared>,
}

impl Cast {
    /// The threads of a setup and their peers, on a system.
    pub(super) fn new(setup: &Setup, os: Rc<Os>, speed: &Speed) -> Cast {
        let members: Vec<usize> =
            setup.groups.iter().enumerate().flat_map(|(g, group)| std::iter::repeat_n(g, group.count)).collect();
        let interpreters = setup.groups.iter().map(|g| g.interpreter + 1).max().unwrap_or(1);
        let interval = match setup.kind {
            Kind::Ticks => (setup.interval.saturating_mul(speed.hundred_ticks) / 100).max(1),
            _ => setup.interval,
        };
        let gils: Vec<Rc<Gil>> = (0..interpreters).map(|_| Rc::new(Gil::new(&os, setup.kind, interval))).collect();
        let locks = setup.groups.iter().flat_map(|g| &g.steps).map(|step| match step {
            Step::Lock(n) | Step::Unlock(n) => n + 1,
            _ => 0,
        });
        let shared = Rc::new(Shared {
            os: Rc::clone(&os),
            speed: speed.clone(),
            locks: (0..locks.max().unwrap_or(0)).map(|_| Mutex::default()).collect(),
            fates: RefCell::new(members.iter().map(|g| Fate { group: *g, ..Fate::default() }).collect()),
            left: Cell::new(members.len()),
        });
        let (mut tasks, mut peers): (Vec<Task>, Vec<Task>) = (Vec::new(), Vec::new());
        for (i, g) in members.iter().enumerate() {
            let group = setup.groups[*g].clone();
            // Threads are started one after another, as a program does.
            let me = os.spawn(20_000 * i as u64);
            let mail = Rc::new(Mail::default());
            let delay = group.steps.iter().find_map(|step| match step {
                Step::Echo(d) => Some(*d),
                _ => None,
            });
            let peer = delay.map(|delay| {
                let peer = members.len() + peers.len();
                peers.push(Box::pin(answer(Rc::clone(&shared), Rc::clone(&mail), peer, me, delay)));
                peer
            });
            let member =
                Member { shared: Rc::clone(&shared), gil: Rc::clone(&gils[group.interpreter]), me, peer, mail };
            tasks.push(Box::pin(member.live(group)));
        }
        peers.iter().for_each(|_| {
            os.spawn(0);
        });
        tasks.extend(peers);
        Cast { os, gils, tasks, shared }
    }
}

/// Lanes with the names of a setup's threads.
pub(super) fn lanes(setup: &Setup, until: u64) -> Lanes {
    let mut lanes = Lanes::until(until);
    for group in &setup.groups {
        for i in 0..group.count {
            let (ko, en) = (&group.name.ko, &group.name.en);
            lanes.add(if group.count > 1 { text!("{ko} {i}", "{en} {i}") } else { group.name.clone() });
        }
    }
    lanes
}

/// Runs it.
pub fn run(setup: &Setup, machine: &Machine, speed: &Speed) -> Outcome {
    let os = Os::new(machine.clone(), setup.seed, lanes(setup, setup.keep));
    let Cast { os, gils, tasks, shared } = Cast::new(setup, os, speed);
    os.run(tasks, setup.end);
    os.lanes.borrow_mut().finish(os.now());
    let mut threads = shared.fates.take();
    let lanes = os.lanes.borrow();
    for (i, fate) in threads.iter_mut().enumerate() {
        fate.held = lanes.total(i, State::Running);
        fate.waited = lanes.total(i, State::WaitingForLock) + lanes.total(i, State::Requesting);
    }
    let done = threads.iter().filter_map(|f| f.done).max().filter(|_| shared.left.get() == 0);
    Outcome {
        lasted: done.unwrap_or(setup.end),
        switches: gils.iter().map(|g| g.switches()).sum(),
        events: os.handled(),
        trace: lanes.trace(Text::default()),
        schedule: os.schedule.borrow().to_string(),
        threads,
    }
}

/// One simulated thread.
struct Member {
    shared: Rc<Shared>,
    gil: Rc<Gil>,
    me: Tid,
    peer: Option<Tid>,
    mail: Rc<Mail>,
}

impl Member {
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
            let mut fates = self.shared.fates.borrow_mut();
            fates[me].rounds = round;
            fates[me].latencies.push(os.now() - start);
        }
        self.gil.leave(me).await;
        self.shared.fates.borrow_mut()[me].done = Some(os.now());
        self.shared.left.set(self.shared.left.get() - 1);
    }

    async fn take_step(&self, step: Step) {
        let (os, gil, me) = (&*self.shared.os, &*self.gil, self.me);
        match step {
            Step::Run(ns) => gil.compute(me, ns).await,
            Step::NativeHeld(ns) => {
                // Nobody looks at the eval breaker meanwhile.
                os.work(me, ns).await;
                gil.compute(me, 0).await;
            }
            Step::Native(ns) => {
                gil.release(me).await;
                os.enter(me, State::Native);
                os.at(me, Place::Outside);
                os.work(me, ns).await;
                gil.take(me).await;
            }
            Step::Wait(ns) => {
                gil.release(me).await;
                os.enter(me, State::WaitingForIo);
                os.at(me, Place::Outside);
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
                os.at(me, Place::Outside);
                self.shared.locks[n].lock(os, me).await;
                gil.take(me).await;
            }
            Step::Unlock(n) => self.shared.locks[n].unlock(os, me).await,
        }
    }

    async fn send(&self) {
        let (os, gil, me) = (&*self.shared.os, &*self.gil, self.me);
        gil.compute(me, os.draw(&self.shared.speed.before_send, os.cold(me, Path::BeforeSend))).await;
        gil.release(me).await;
        os.enter(me, State::WaitingForIo);
        os.at(me, Place::Outside);
        os.work(me, os.talk(me, Path::Send)).await;
        self.mail.for_peer.set(true);
        if let Some(peer) = self.peer {
            os.signal(me, peer).await;
        }
        gil.take(me).await;
    }

    async fn receive(&self) {
        let (os, gil, me) = (&*self.shared.os, &*self.gil, self.me);
        gil.compute(me, os.draw(&self.shared.speed.before_receive, os.cold(me, Path::BeforeReceive))).await;
        gil.release(me).await;
        os.enter(me, State::WaitingForIo);
        os.at(me, Place::Outside);
        while !self.mail.for_thread.replace(false) {
            self.mail.awaited.set(true);
            os.sleep(me).await;
            self.mail.awaited.set(false);
        }
        os.work(me, os.talk(me, Path::Receive)).await;
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
        os.work(me, os.talk(me, Path::Receive)).await;
        if delay > 0 {
            os.sleep_at_most(me, delay).await;
        }
        os.work(me, os.talk(me, Path::Send)).await;
        mail.for_thread.set(true);
        if mail.awaited.get() {
            os.signal(me, thread).await;
        }
    }
}
