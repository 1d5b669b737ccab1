//! Every order in which threads can run: what a version allows, whatever a run happens to show.
//!
//! A thread that holds the lock goes on until the version looks; there, and nowhere else, another may take its place. So the
//! orders can all be tried, one after another, on one thread and without a lock. Bounded: so many threads, so many iterations.

use std::collections::{BTreeMap, HashMap};

use super::code::{Program, Value};
use super::heap::{Counting, Heap};
use super::thread::{Position, Step, Tally, Thread};
use super::version::Version;

/// All threads between two moves, and the global variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// `None` has ended.
    pub threads: Vec<Option<Thread>>,
    /// The global variables.
    pub numbers: Vec<i64>,
}

impl World {
    /// So many threads of the program that have not begun, each called with `iterations`.
    pub fn new(program: &Program, threads: usize, iterations: i64) -> World {
        let start = |value: &Value| if let Value::Int(n) = value { *n } else { 0 };
        World {
            threads: vec![Some(Thread::new(program, iterations)); threads],
            numbers: program.globals.iter().map(|global| start(&global.start)).collect(),
        }
    }

    /// Lets one thread run to the next point at which another may interrupt: what is then, and the instructions that it did.
    pub fn after(&self, next: usize, program: &Program, version: Version) -> (World, Vec<Position>) {
        let heap = Heap::of(program, Counting::Plain);
        for (id, number) in self.numbers.iter().enumerate() {
            heap.store(id, *number);
        }
        let mut thread = self.threads[next].clone().expect("chosen among those that have not ended");
        let mut done = Vec::new();
        let rest = loop {
            done.push(thread.next());
            let step = match thread.step(program, &heap, &mut Tally::default()) {
                Step::Native(native, argument) => thread.native_done((program.natives[native].work)(argument)),
                step => step,
            };
            match step {
                Step::End(_) => break None,
                Step::At(_, place) if version.interrupts(place) => break Some(thread),
                Step::At(..) | Step::Native(..) => {}
            }
        };
        let mut after = World { numbers: (0..self.numbers.len()).map(|id| heap.number(id)).collect(), ..self.clone() };
        after.threads[next] = rest;
        (after, done)
    }
}

/// Where the program's first global variable can end, and in how many orders it ends there.
pub type Ends = BTreeMap<i64, u128>;

/// Runs so many threads of the program, each called with `iterations`, in every order that the version allows.
pub fn ends(program: &Program, version: Version, threads: usize, iterations: i64) -> Ends {
    ends_of(&World::new(program, threads, iterations), program, version, &mut HashMap::new())
}

fn ends_of(world: &World, program: &Program, version: Version, known: &mut HashMap<World, Ends>) -> Ends {
    if let Some(ends) = known.get(world) {
        return ends.clone();
    }
    let mut ends = Ends::new();
    for next in (0..world.threads.len()).filter(|n| world.threads[*n].is_some()) {
        for (end, orders) in ends_of(&world.after(next, program, version).0, program, version, known) {
            *ends.entry(end).or_default() += orders;
        }
    }
    if ends.is_empty() {
        ends.insert(world.numbers[0], 1); // all have ended: one order
    }
    known.insert(world.clone(), ends.clone());
    ends
}
