//! What is simulated, and what came of it.

use lab::lang::Text;
use lab::text;
use lab::trace::Trace;

use super::kind::Kind;

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
    pub kind: Kind,
    /// The switch interval in ns; for [`Kind::Ticks`] in ticks.
    pub interval: u64,
    pub groups: Vec<Group>,
    /// When it is cut off, in virtual ns.
    pub end: u64,
    /// Spans are kept up to then.
    pub keep: u64,
    /// Of the random draws: the same seed gives the same run.
    pub seed: u64,
}

impl Setup {
    /// What each thread is called, in the order of the groups.
    pub fn thread_names(&self) -> Vec<Text> {
        let of = |group: &Group| {
            let (ko, en) = (group.name.ko.clone(), group.name.en.clone());
            let numbered = group.count > 1;
            (0..group.count).map(move |i| if numbered { text!("{ko} {i}", "{en} {i}") } else { text!("{ko}", "{en}") })
        };
        self.groups.iter().flat_map(of).collect()
    }
}

/// What came of one thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThreadOutcome {
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
    /// What came of each thread, in the order of the groups.
    pub threads: Vec<ThreadOutcome>,
    /// How often a GIL changed hands, all interpreters together.
    pub switches: u64,
    /// How long it lasted, in virtual ns.
    pub lasted: u64,
    /// Events that it took.
    pub events: u64,
    /// The beginning of it.
    pub trace: Trace,
    /// Who went on when, from the beginning, as [`super::Stepper`] plays it again. Empty with more threads than there are
    /// letters.
    pub schedule: String,
}
