//! States with a turn from each to the next: so the exported page plays any schedule that was explored, without the program.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use gil_sim::sim::Schedule;
use gil_sim::vm::explore::World;
use serde::Serialize;

use crate::api::counter::{Listing, Move, Question, Run, State};
use crate::api::play::{self, After, OfStep};
use crate::refused::Refused;
use crate::scheduler::level::Level;

/// The states of a level. The first is the beginning.
#[derive(Debug, Serialize)]
pub struct Play {
    pub nodes: Vec<After>,
    /// For each state the turns that were explored.
    pub edges: Vec<Vec<Edge<OfStep>>>,
}

#[derive(Debug, Serialize)]
pub struct Edge<Step> {
    pub turn: String,
    /// The state after it.
    pub to: usize,
    pub step: Step,
}

/// Explores a level: first a schedule with every turn that is possible beside it, then everything else in the order of length, up to so many
/// states.
///
/// Two schedules lead to the same state if what is shared is the same, and each thread has seen the same at each of its turns: what a thread
/// knows follows from that, so no two different states are taken for one.
pub fn play(level: &Level, known_schedule: &str, most: usize) -> Play {
    let mut explorer = Explorer {
        level,
        graph: Play { nodes: Vec::new(), edges: Vec::new() },
        known: HashMap::new(),
        open: Vec::new(),
    };
    let first = play::of(level, &Schedule::default(), None);
    explorer.add(first.after, Reached { words: String::new(), seen: BTreeMap::new() });
    let mut at = 0;
    for turn in Schedule::read(known_schedule).expect("it is a schedule of ours").turns() {
        let reached = explorer.open[at].clone();
        explorer.expand(at, &reached, usize::MAX);
        let edge = explorer.graph.edges[at].iter().find(|edge| edge.turn == turn.to_string());
        at = edge.expect("the schedule can be played").to;
    }
    let mut number = 0;
    while number < explorer.open.len() {
        if explorer.graph.edges[number].is_empty() {
            let reached = explorer.open[number].clone();
            explorer.expand(number, &reached, most);
        }
        number += 1;
    }
    explorer.graph
}

struct Explorer<'a> {
    level: &'a Level,
    graph: Play,
    known: HashMap<String, usize>,
    /// How each state was reached, in the order of the nodes.
    open: Vec<Reached>,
}

#[derive(Clone)]
struct Reached {
    words: String,
    /// A number for what each thread has seen at its turns.
    seen: BTreeMap<usize, u64>,
}

impl Explorer<'_> {
    /// The number of a state, which may be new.
    fn add(&mut self, after: After, reached: Reached) -> usize {
        let identity = format!("{}|{:?}", serde_json::to_string(&after).expect("plain data"), reached.seen);
        if let Some(number) = self.known.get(&identity) {
            return *number;
        }
        let number = self.graph.nodes.len();
        self.known.insert(identity, number);
        self.graph.nodes.push(after);
        self.graph.edges.push(Vec::new());
        self.open.push(reached);
        number
    }

    /// Adds the turns that are possible in a state, unless there are too many states.
    fn expand(&mut self, from: usize, reached: &Reached, most: usize) {
        let node = &self.graph.nodes[from];
        if node.over || self.graph.nodes.len() >= most {
            return;
        }
        let before = node.memory();
        for turn in node.choices.clone() {
            let words = format!("{}{turn}", reached.words);
            let schedule = Schedule::read(&words).expect("choices are turns");
            let mut answer = play::of(self.level, &schedule, None);
            let step = answer.steps.pop().expect("the turn was possible");
            let mut seen = reached.seen.clone();
            let mine = seen.entry(step.thread()).or_default();
            let mut hasher = DefaultHasher::new();
            (*mine, &turn, &before).hash(&mut hasher);
            *mine = hasher.finish();
            let to = self.add(answer.after, Reached { words, seen });
            self.graph.edges[from].push(Edge { turn, to, step });
        }
    }
}

/// The states of `counter += 1`. A [`World`] is a whole state, so nothing is taken for another.
#[derive(Debug, Serialize)]
pub struct Counter {
    pub program: Listing,
    nodes: Vec<Node>,
    edges: Vec<Vec<Edge<Move>>>,
}

#[derive(Debug, Serialize)]
struct Node {
    #[serde(flatten)]
    state: State,
    choices: Vec<String>,
}

/// All states of a program under a version.
pub fn counter(question: &Question) -> Result<Counter, Refused> {
    let run = Run::new(question)?;
    let mut known: HashMap<World, usize> = HashMap::from([(run.start.clone(), 0)]);
    let mut open = VecDeque::from([run.start.clone()]);
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    while let Some(world) = open.pop_front() {
        let mut turns = Vec::new();
        for thread in (0..world.threads.len()).filter(|thread| world.threads[*thread].is_some()) {
            let (after, step) = run.go(&world, thread);
            let number = known.len();
            let to = *known.entry(after.clone()).or_insert(number);
            if to == number {
                open.push_back(after);
            }
            turns.push(Edge { turn: step.turn().to_owned(), to, step });
        }
        let choices = turns.iter().map(|edge| edge.turn.clone()).collect();
        nodes.push(Node { state: run.state(&world), choices });
        edges.push(turns);
    }
    Ok(Counter { program: run.listing, nodes, edges })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::counter;
    use crate::scheduler::level;
    use exercises::predict::random::Random;

    /// Follows random schedules through the graph and through the lock itself: they must agree to the letter.
    #[test]
    fn the_graph_says_what_the_lock_does() {
        for level in level::all() {
            let graph = play(&level, "", 150);
            let mut followed = 0;
            for seed in 0..20 {
                let (mut random, mut at, mut words) = (Random::new(seed), 0, String::new());
                let mut steps = Vec::new();
                while !graph.edges[at].is_empty() && steps.len() < 40 {
                    let edge = random.of(&graph.edges[at].iter().collect::<Vec<_>>());
                    words.push_str(&edge.turn);
                    steps.push(edge.step.clone());
                    at = edge.to;
                }
                let real = play::of(&level, &Schedule::read(&words).unwrap(), None);
                assert_eq!(real.after, graph.nodes[at], "{}: {words}", level.id);
                assert_eq!(real.steps, steps, "{}: {words}", level.id);
                followed += steps.len();
            }
            assert!(followed > 20, "{}: only {followed} turns", level.id);
        }
    }

    #[test]
    fn a_known_schedule_is_explored_to_its_end() {
        let level = level::all().into_iter().find(|level| level.id == "break-8").unwrap();
        let words = exercises::break_it::levels::SOLUTIONS[7];
        let graph = play(&level, words, 0);
        let (mut at, turns) = (0, Schedule::read(words).unwrap());
        for turn in turns.turns() {
            at = graph.edges[at].iter().find(|edge| edge.turn == turn.to_string()).unwrap().to;
        }
        assert!(graph.nodes[at].won.is_some());
        let beside = graph.edges.iter().map(Vec::len).sum::<usize>();
        assert!(beside > turns.turns().len(), "only the schedule itself");
    }

    #[test]
    fn all_outcomes_are_in_the_graph_of_the_counter() {
        for (version, _) in counter::VERSIONS {
            let question =
                Question { program: "plain".into(), version: version.into(), iterations: 1, schedule: String::new() };
            let graph = counter(&question).unwrap();
            let mut reached: Vec<i64> = graph.nodes.iter().filter_map(|node| node.state.reached).collect();
            reached.sort_unstable();
            reached.dedup();
            assert_eq!(reached, graph.program.values(), "{version}");
        }
    }
}
