//! Plays a schedule: real threads, one at a time, in the source that is shipped or in a copy with a bug. After each turn it is judged
//! whether the lock has broken a promise.

use std::thread;

use gil_sim::sim::{Phase, Schedule, Turn, letter};
use lab::lang::Text;
use lab::text;

use super::copies::scheduler::{Grain, Place, Scheduler, Spot};
use super::threads::{At, Event, Program, Told};

/// Something that a thread did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Operation(&'static str),
    Phase(Phase),
    Event(Event),
}

/// What a thread did in its turn.
#[derive(Clone, Debug)]
pub struct Step {
    pub turn: Turn,
    /// In order.
    pub acts: Vec<Act>,
    /// Where in the source its operations are.
    pub spots: Vec<Spot>,
    /// Where the thread is after it.
    pub place: Place,
}

/// What came of a schedule.
#[derive(Debug)]
pub struct Played {
    pub steps: Vec<Step>,
    /// The promise that was broken in the last turn.
    pub broken: Option<Text>,
    /// The first turn that was not possible, counted from 1, and why.
    pub refused: Option<(usize, Turn, Text)>,
    /// Where every thread is in the end.
    pub places: Vec<Place>,
    /// And where in the source.
    pub spots: Vec<Option<Spot>>,
    /// Who is in the critical section in the end.
    pub inside: Vec<usize>,
    /// Whether somebody has asked for the lock since it was last taken.
    pub asked: bool,
    /// What the threads share in the end, as [`Told::memory`] has it.
    pub memory: Vec<(&'static str, String)>,
}

/// Ends the threads whatever happens: the scope would wait for them for ever.
struct End<'a>(&'a Scheduler);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Plays a schedule up to its end, to the first turn that is not possible, or to the first broken promise.
pub fn play(programs: Vec<Program>, told: &Told, grain: Grain, schedule: &Schedule) -> Played {
    play_on(programs, told, grain, schedule, |_| None)
}

/// Plays a schedule and goes on after its end with the turns that `more` chooses, which is told where the threads are.
pub fn play_on(
    programs: Vec<Program>,
    told: &Told,
    grain: Grain,
    schedule: &Schedule,
    mut more: impl FnMut(&[Place]) -> Option<Turn>,
) -> Played {
    let threads = programs.len();
    let scheduler = Scheduler::new(threads, grain);
    thread::scope(|scope| {
        for (number, program) in programs.into_iter().enumerate() {
            let scheduler = &scheduler;
            scope.spawn(move || scheduler.run(number, program));
        }
        let _end = End(&scheduler);
        let places = || (0..threads).map(|thread| scheduler.place(thread)).collect::<Vec<Place>>();
        let mut played = Played {
            steps: Vec::new(),
            broken: None,
            refused: None,
            places: places(),
            spots: Vec::new(),
            inside: Vec::new(),
            asked: false,
            memory: Vec::new(),
        };
        let mut judge = Judge::default();
        let mut made = 0;
        let mut turns = schedule.turns().iter().copied();
        while let Some(turn) = turns.next().or_else(|| more(&played.places)) {
            if let Some(why) = why_not(&played.places, turn) {
                played.refused = Some((played.steps.len() + 1, turn, why));
                break;
            }
            let went = scheduler.go(turn, true);
            played.places = places();
            let (operations, _) = scheduler.operations();
            let acts = acts(&operations[made..], made, &scheduler.trail(), &told.take());
            let spots = scheduler.spots(made);
            let step = Step { turn, acts, spots, place: played.places[turn.thread] };
            made = operations.len();
            // A thread that panicked has found that the lock's own assertions do not hold.
            let panicked = went.err().map(Text::same);
            played.broken = panicked.or_else(|| judge.after(&step, &played.places));
            played.steps.push(step);
            if played.broken.is_some() {
                break;
            }
        }
        played.spots = (0..threads).map(|thread| scheduler.spot(thread)).collect();
        (played.inside, played.asked) = (judge.inside, judge.asked);
        // The threads wait for their turns, which do not come any more.
        played.memory = told.memory();
        played
    })
}

/// The operations, phases and events of a turn. Where each event stands among the others is known; phases come after their operations.
fn acts(operations: &[(usize, &'static str)], made: usize, trail: &[(usize, Phase)], events: &[At]) -> Vec<Act> {
    let (mut operations, mut trail) = (operations.iter().map(|(_, what)| *what), trail.iter().map(|(_, phase)| *phase));
    let (mut acts, mut phases, mut before) = (Vec::new(), 0, made);
    for ((reached, done), event) in events {
        acts.extend(operations.by_ref().take(done.saturating_sub(before)).map(Act::Operation));
        acts.extend(trail.by_ref().take(reached.saturating_sub(phases)).map(Act::Phase));
        acts.push(Act::Event(*event));
        (phases, before) = (*reached, (*done).max(before));
    }
    acts.extend(operations.map(Act::Operation));
    acts.extend(trail.map(Act::Phase));
    acts
}

/// Why a turn is not possible.
fn why_not(places: &[Place], turn: Turn) -> Option<Text> {
    let Some(place) = places.get(turn.thread) else {
        return Some(text!("그런 스레드는 없습니다", "there is no such thread"));
    };
    match (place, turn.by_time) {
        (Place::Ended, _) => Some(text!("이미 끝났습니다", "it has ended")),
        (Place::Ready { .. }, true) => Some(text!("만료될 대기가 없습니다", "it is in no wait that could time out")),
        (Place::Asleep { timed: false }, _) => {
            Some(text!("다른 스레드가 깨워야 실행됩니다", "it sleeps until another thread wakes it"))
        }
        (Place::Asleep { timed: true }, false) => Some(text!(
            "다른 스레드가 깨우거나 시간이 다 되어야(!) 실행됩니다",
            "it sleeps until it is woken, or its time is over (!)"
        )),
        (Place::Ready { .. }, false) | (Place::Asleep { timed: true }, true) => None,
    }
}

/// What the threads were promised, and where they stand.
#[derive(Debug, Default)]
struct Judge {
    inside: Vec<usize>,
    /// Whether somebody has asked since the lock was last taken.
    asked: bool,
    /// Who let go on request, as long as nobody else has taken the lock since.
    let_go: Option<usize>,
}

impl Judge {
    /// The promise that a turn has broken.
    fn after(&mut self, step: &Step, places: &[Place]) -> Option<Text> {
        let me = step.turn.thread;
        let act = |act: &Act| match act {
            Act::Event(event) => self.event(me, *event),
            Act::Phase(phase) => {
                self.phase(me, *phase);
                None
            }
            Act::Operation(_) => None,
        };
        let broken = step.acts.iter().find_map(act);
        broken.or_else(|| hang(places))
    }

    fn phase(&mut self, me: usize, phase: Phase) {
        match phase {
            Phase::Asked => self.asked = true,
            Phase::Took => {
                self.asked = false;
                // Whoever takes it ends the wait, also if it gives the lock back at once.
                self.let_go = self.let_go.filter(|other| *other == me);
            }
            _ => {}
        }
    }

    fn event(&mut self, me: usize, event: Event) -> Option<Text> {
        let name = name(me);
        match event {
            Event::Enters => {
                let back = self.let_go.take() == Some(me);
                let other = self.inside.first().copied();
                self.inside.push(me);
                if let Some(other) = other {
                    let other = self::name(other);
                    return Some(text!(
                        "{other}와 {name}가 동시에 락을 쥐고 있습니다",
                        "{other} and {name} hold the lock at the same time"
                    ));
                }
                back.then(|| {
                    text!(
                        "{name}가 요청을 받고 락을 놓았는데, 요청한 스레드보다 먼저 다시 획득했습니다",
                        "{name} let go on request, and took the lock again before the thread that had asked"
                    )
                })
            }
            Event::Leaves => {
                self.inside.retain(|inside| *inside != me);
                None
            }
            Event::SeesRequest if !self.asked => Some(text!(
                "{name}가 락을 획득한 뒤로는 아무도 요청하지 않았는데, 락을 놓으라는 요청을 받았습니다",
                "{name} is asked to let go, though nobody has asked since it took the lock"
            )),
            Event::LetsGo => {
                self.inside.retain(|inside| *inside != me);
                self.let_go = Some(me);
                None
            }
            Event::Takes(None) => Some(text!("{name}가 빈 버퍼에서 꺼냈습니다", "{name} took from an empty buffer")),
            Event::SeesRequest | Event::Puts(_) | Event::Takes(Some(_)) | Event::Ending | Event::GivesUp => None,
        }
    }
}

/// Nobody can go on, and somebody has not ended.
fn hang(places: &[Place]) -> Option<Text> {
    let asleep = |place: &Place| matches!(place, Place::Asleep { timed: false });
    let stuck: Vec<String> =
        (0..places.len()).filter(|thread| asleep(&places[*thread])).map(|thread| name(thread).to_string()).collect();
    let moves = places.iter().any(|place| *place != Place::Ended && !asleep(place));
    (!stuck.is_empty() && !moves).then(|| {
        let list = stuck.join(", ");
        text!("교착: {list}를 깨울 스레드가 없습니다", "a hang: no thread is left that could wake {list}")
    })
}

/// The letter of a thread.
pub fn name(thread: usize) -> char {
    letter(thread).unwrap_or('?')
}
