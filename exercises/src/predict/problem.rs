//! A problem: a scenario and three questions. Each has one right answer, which the rules given to the reader lead to and no microsecond
//! changes.

use gil_sim::sim::{Kind, Outcome};
use lab::ask::Question;
use lab::lang::Text;
use lab::report::unit;
use lab::text;
use lab::trace::{Lane, State};

use super::by_hand::ByHand;
use super::random::Random;
use super::scenario::{MS, Scenario, name};

/// The questions of a problem.
pub const QUESTIONS: usize = 3;

/// Draws of a scenario before a seed is given up. No seed comes near it: a test counts.
const MOST_DRAWS: u64 = 2000;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Who holds the GIL at this moment, in ms; without a GIL: how many threads compute.
    At(u64),
    /// When this thread is done.
    Done(usize),
    /// How often the GIL goes to another thread.
    Switches,
    /// How many times as fast it is as one thread after another.
    SpeedUp,
}

/// A question with its options and the right one.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub asked: Asked,
    pub words: Text,
    pub options: Vec<Text>,
    pub answer: usize,
    pub evidence: Text,
}

impl Item {
    /// For the reader.
    pub fn question(&self) -> Question {
        let (answer, evidence) = (self.answer, self.evidence.clone());
        Question::new(self.words.clone(), self.options.clone(), move |_| Ok((answer, evidence.clone())))
    }
}

/// A problem.
#[derive(Clone, Debug)]
pub struct Problem {
    pub level: u64,
    pub seed: u64,
    pub scenario: Scenario,
    pub items: Vec<Item>,
    pub outcome: Outcome,
    /// Scenarios that were drawn until one gave three questions.
    pub draws: u64,
}

impl Problem {
    /// The problem of a level, 1 to 5, and a seed: the same for ever.
    pub fn new(level: u64, seed: u64) -> Problem {
        let mut random = Random::new(seed.wrapping_mul(8).wrapping_add(level));
        // Drawn once: a lock under which fewer scenarios have clear answers must not become rare.
        let kind = Scenario::draw_kind(level, &mut random);
        for draws in 1..=MOST_DRAWS {
            let scenario = Scenario::draw(level, kind, &mut random);
            let runs = Runs { simulated: scenario.run(), by_hand: ByHand::of(&scenario) };
            if let Some(items) = items(&scenario, &runs, &mut random) {
                let [outcome, _] = runs.simulated;
                return Problem { level, seed, scenario, items, outcome, draws };
            }
        }
        unreachable!("a test draws thousands of seeds, and none takes a tenth of these draws")
    }
}

/// A scenario on a usual machine and on a very quick one, and by the rules that the reader has. A question is asked only if all three
/// answer it alike.
struct Runs {
    simulated: [Outcome; 2],
    by_hand: ByHand,
}

/// Three different questions whose answers are clear, or none.
fn items(scenario: &Scenario, runs: &Runs, random: &mut Random) -> Option<Vec<Item>> {
    let end = runs.simulated[0].lasted / MS;
    let mut left = vec![
        Asked::At(random.between(1, end.max(2) - 1)),
        Asked::Done(random.below(scenario.threads.len() as u64) as usize),
        Asked::SpeedUp,
    ];
    if scenario.kind != Kind::Free {
        left.push(Asked::Switches);
    }
    let mut items = Vec::new();
    while items.len() < QUESTIONS {
        let next = left.remove(random.below(left.len() as u64) as usize);
        items.push(item(next, scenario, runs, random)?);
    }
    Some(items)
}

fn item(asked: Asked, scenario: &Scenario, runs: &Runs, random: &mut Random) -> Option<Item> {
    match asked {
        Asked::At(ms) => at(ms, scenario, runs),
        Asked::Done(thread) => done(thread, scenario, runs, random),
        Asked::Switches => switches(runs, random),
        Asked::SpeedUp => speed_up(scenario, runs, random),
    }
}

fn computes(state: State) -> bool {
    matches!(state, State::Running | State::Ready | State::Native)
}

/// When the answer may change, in ns. Without a GIL only where a thread begins or ends to have something to compute: the turns that
/// threads take on a core are no change, and the last of them may be as short as any. Under a GIL wherever a lane changes; what is
/// shorter than a quarter of the margin is the lock's own work.
fn changes(kind: Kind, lane: &Lane, margin: u64) -> Vec<u64> {
    if kind != Kind::Free {
        let long = lane.spans.iter().filter(|span| span.end - span.start > margin / 4);
        return long.flat_map(|span| [span.start, span.end]).collect();
    }
    let mut stretches: Vec<[u64; 2]> = Vec::new();
    for span in lane.spans.iter().filter(|span| computes(span.state)) {
        match stretches.last_mut() {
            Some([_, end]) if *end == span.start => *end = span.end,
            _ => stretches.push([span.start, span.end]),
        }
    }
    stretches.concat()
}

/// Who computes at a moment or waits for a core, if nothing changes near it.
fn at_moment(kind: Kind, outcome: &Outcome, ms: u64, margin: u64) -> Option<Vec<(usize, State)>> {
    let lanes = &outcome.trace.lanes;
    let moment = ms * MS;
    if lanes.iter().flat_map(|lane| changes(kind, lane, margin)).any(|ns| ns.abs_diff(moment) < margin) {
        return None;
    }
    let there = |(n, lane): (usize, &Lane)| {
        let now = lane.spans.iter().find(|span| computes(span.state) && (span.start..span.end).contains(&moment))?;
        Some((n, now.state))
    };
    Some(lanes.iter().enumerate().filter_map(there).collect())
}

fn at(ms: u64, scenario: &Scenario, runs: &Runs) -> Option<Item> {
    let margin = if scenario.kind == Kind::Free { MS } else { (scenario.interval * MS / 4).min(MS) };
    let [here, there] = runs.simulated.each_ref().map(|outcome| at_moment(scenario.kind, outcome, ms, margin));
    let (here, there) = (here?, there?);
    let threads_of = |all: &[(usize, State)]| all.iter().map(|(thread, _)| *thread).collect::<Vec<_>>();
    if threads_of(&here) != threads_of(&there) {
        return None;
    }
    let threads = scenario.threads.len();
    let evidence = text!("{ms} ms", "at {ms} ms");
    if scenario.kind == Kind::Free {
        if runs.by_hand.at(ms * MS) != threads_of(&here) {
            return None;
        }
        return Some(Item {
            asked: Asked::At(ms),
            words: text!(
                "{ms} ms에 계산할 것이 있는 스레드는 몇 개입니까(코어를 기다리는 것도 포함)?",
                "How many threads have something to compute at {ms} ms (with or without a core)?"
            ),
            options: (0..=threads).map(|n| Text::same(n.to_string())).collect(),
            answer: here.len(),
            evidence,
        });
    }
    let mut options: Vec<Text> = (0..threads).map(|n| Text::same(name(n))).collect();
    options.push(text!("아무도 쥐지 않음", "nobody"));
    // Who waits for a core may be the holder or run C code: that is not to be asked.
    if here.iter().any(|(_, state)| *state == State::Ready) {
        return None;
    }
    let holders: Vec<usize> = here.iter().filter(|(_, state)| *state == State::Running).map(|(n, _)| *n).collect();
    if runs.by_hand.at(ms * MS) != holders {
        return None;
    }
    let answer = match holders.as_slice() {
        [] => threads,
        [one] => *one,
        _ => return None,
    };
    let words = text!("{ms} ms에 GIL을 쥔 스레드는 무엇입니까?", "Who holds the GIL at {ms} ms?");
    Some(Item { asked: Asked::At(ms), words, options, answer, evidence })
}

fn done(thread: usize, scenario: &Scenario, runs: &Runs, random: &mut Random) -> Option<Item> {
    let [slow, quick] = runs.simulated.each_ref().map(|outcome| outcome.threads[thread].done);
    let (slow, quick) = (slow?, quick?);
    let all: u64 = (0..scenario.threads.len()).map(|n| scenario.alone(n)).sum();
    let answer = (quick + MS / 2) / MS;
    let wrong =
        [scenario.alone(thread), all, answer + scenario.interval * 2, answer + answer / 3, answer * 2 / 3, answer * 2];
    let (values, place) = choices(answer, &wrong, 4.max(answer / 10), random)?;
    for measured in [slow, runs.by_hand.done[thread]] {
        nearest(&values, measured, MS)?.eq(&place).then_some(())?;
    }
    let who = name(thread);
    Some(Item {
        asked: Asked::Done(thread),
        words: text!("{who} 스레드는 언제 끝납니까?", "When is {who} done?"),
        options: values.iter().map(|ms| Text::same(format!("{ms} ms"))).collect(),
        answer: place,
        evidence: Text::same(unit::duration(slow as f64)),
    })
}

/// The first take is no switch.
fn switches(runs: &Runs, random: &mut Random) -> Option<Item> {
    let [slow, quick] = runs.simulated.each_ref().map(|outcome| outcome.switches.saturating_sub(1));
    if slow != quick || slow + 1 != runs.by_hand.switches {
        return None;
    }
    let wrong = [slow / 2, slow * 2, slow + 3, slow.saturating_sub(2), slow + 1, 0, 1];
    let (values, place) = choices(slow, &wrong, 2 + slow / 8, random)?;
    Some(Item {
        asked: Asked::Switches,
        words: text!(
            "GIL은 다른 스레드로 몇 번 넘어갑니까(처음 획득은 세지 않음)?",
            "How often does the GIL go to another thread (not counting the first take)?"
        ),
        options: values.iter().map(|n| text!("{n}번", "{n} times")).collect(),
        answer: place,
        evidence: text!("{slow}번", "{slow} times"),
    })
}

fn speed_up(scenario: &Scenario, runs: &Runs, random: &mut Random) -> Option<Item> {
    let all: u64 = (0..scenario.threads.len()).map(|n| scenario.alone(n)).sum();
    let ten_thousandths = |lasted: u64| 10_000 * all * MS / lasted;
    let [slow, quick] = runs.simulated.each_ref().map(|outcome| ten_thousandths(outcome.lasted));
    let threads = scenario.threads.len() as u64;
    let wrong = [10, 10 * threads, 10 * scenario.cores, 15, 20, 25, 5, 30, 40];
    // The options are in tenths.
    let (values, place) = choices((quick + 500) / 1000, &wrong, 4, random)?;
    for measured in [slow, quick, ten_thousandths(runs.by_hand.lasted())] {
        nearest(&values, measured, 1000)?.eq(&place).then_some(())?;
    }
    let show = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
    let lasted = unit::duration(runs.simulated[0].lasted as f64);
    Some(Item {
        asked: Asked::SpeedUp,
        words: text!(
            "스레드들을 하나씩 차례로 실행할 때보다 몇 배 빠릅니까?",
            "How many times as fast is it as running the threads one after another?"
        ),
        options: values.iter().map(|tenths| show(*tenths)).map(|times| text!("{times}배", "{times}×")).collect(),
        answer: place,
        evidence: text!("차례로 {all} ms, 함께 {lasted}", "one after another {all} ms, together {lasted}"),
    })
}

/// Four values in ascending order, the right one among them and no two nearer than `apart`; and its place.
fn choices(right: u64, wrong: &[u64], apart: u64, random: &mut Random) -> Option<(Vec<u64>, usize)> {
    let mut left = wrong.to_vec();
    let mut values = vec![right];
    while values.len() < 4 {
        if left.is_empty() {
            return None;
        }
        let value = left.remove(random.below(left.len() as u64) as usize);
        if values.iter().all(|other| other.abs_diff(value) >= apart) {
            values.push(value);
        }
    }
    values.sort_unstable();
    let place = values.iter().position(|value| *value == right)?;
    Some((values, place))
}

/// The place of the value that is clearly the nearest to a measurement: not half as far from it as from the next.
fn nearest(values: &[u64], measured: u64, unit: u64) -> Option<usize> {
    let mut distances: Vec<(u64, usize)> =
        values.iter().enumerate().map(|(n, value)| ((value * unit).abs_diff(measured), n)).collect();
    distances.sort_unstable();
    let [(first, place), (second, _), ..] = distances.as_slice() else { return None };
    (2 * first < *second).then_some(*place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The whole of a problem in a line of English: `*` is the right option.
    fn in_a_line(level: u64, seed: u64) -> String {
        let problem = Problem::new(level, seed);
        let scenario = &problem.scenario;
        let does: Vec<String> = (0..scenario.threads.len()).map(|n| scenario.does(n).en).collect();
        let option =
            |item: &Item, n: usize| format!("{}{}", if n == item.answer { "*" } else { "" }, item.options[n].en);
        let options = |item: &Item| (0..item.options.len()).map(|n| option(item, n)).collect::<Vec<_>>().join(" | ");
        let items: Vec<String> =
            problem.items.iter().map(|item| format!("{:?}: {}", item.asked, options(item))).collect();
        let (lock, interval, cores) = (scenario.kind, scenario.interval, scenario.cores);
        format!("{lock:?} {interval} ms, {cores} cores: {}. {}", does.join("; "), items.join("; "))
    }

    /// A teacher may have printed the problem of a seed: these must never change.
    #[test]
    fn a_seed_is_the_same_problem_for_ever() {
        for ((level, seed), golden) in GOLDEN {
            assert_eq!(in_a_line(level, seed), golden, "level {level}, seed {seed}");
        }
    }

    #[rustfmt::skip]
    const GOLDEN: [((u64, u64), &str); 10] = [
        ((1, 1), "Free 5 ms, 4 cores: compute 20 ms; compute 50 ms. SpeedUp: *1.4× | 2.0× | 2.5× | 3.0×; Done(0): 13 ms | *20 ms | 26 ms | 30 ms; At(49): 0 | *1 | 2"),
        ((1, 2026), "Shared 5 ms, 3 cores: compute 20 ms; compute 10 ms. Done(1): 13 ms | *20 ms | 30 ms | 40 ms; SpeedUp: *1.0× | 2.5× | 3.0× | 4.0×; At(13): *T1 | T2 | nobody"),
        ((2, 1), "Shared 5 ms, 1 cores: wait for I/O 45 ms → compute 45 ms; compute 20 ms; wait for I/O 20 ms → compute 20 ms. Switches: 1 times | 3 times | *5 times | 8 times; At(52): *T1 | T2 | T3 | nobody; Done(2): *45 ms | 55 ms | 60 ms | 90 ms"),
        ((2, 2026), "Shared 5 ms, 3 cores: compute 45 ms; compute 30 ms; compute 35 ms. SpeedUp: *1.0× | 2.5× | 3.0× | 4.0×; Switches: 0 times | 10 times | *20 times | 40 times; Done(1): 30 ms | 60 ms | *90 ms | 110 ms"),
        ((3, 1), "Addressed 5 ms, 3 cores: (compute 30 ms → wait for I/O 15 ms) × 3; (compute 15 ms) × 2; (compute 25 ms → wait for I/O 40 ms) × 2. Switches: 0 times | 12 times | *25 times | 50 times; Done(2): 130 ms | *190 ms | 253 ms | 380 ms; At(128): T1 | T2 | *T3 | nobody"),
        ((3, 2026), "Addressed 5 ms, 4 cores: (compute 35 ms) × 3; compute 25 ms → wait for I/O 10 ms; (compute 10 ms) × 2. At(104): *T1 | T2 | T3 | nobody; SpeedUp: *1.1× | 2.0× | 3.0× | 4.0×; Done(1): 56 ms | *85 ms | 113 ms | 160 ms"),
        ((4, 1), "Addressed 20 ms, 1 cores: C code with the GIL 50 ms → compute 10 ms; wait for I/O 50 ms → compute 15 ms; wait for I/O 50 ms → compute 15 ms. SpeedUp: 1.0× | *1.5× | 2.0× | 3.0×; Done(0): *60 ms | 80 ms | 120 ms | 190 ms; At(129): T1 | T2 | *T3 | nobody"),
        ((4, 2026), "Addressed 20 ms, 2 cores: C code without the GIL 50 ms → compute 50 ms; compute 40 ms; wait for I/O 35 ms → compute 30 ms. At(16): T1 | *T2 | T3 | nobody; Switches: 0 times | 4 times | *8 times | 16 times; SpeedUp: *1.6× | 2.0× | 2.5× | 3.0×"),
        ((5, 1), "Free 5 ms, 3 cores: (compute 15 ms → wait for I/O 45 ms) × 2; (compute 15 ms → C code 60 ms) × 2; (compute 25 ms → wait for I/O 25 ms) × 2; C code 30 ms → wait for I/O 25 ms. At(43): 0 | *1 | 2 | 3 | 4; SpeedUp: 1.0× | 1.5× | *2.7× | 4.0×; Done(0): 83 ms | *125 ms | 250 ms | 425 ms"),
        ((5, 2026), "Addressed 5 ms, 1 cores: compute 25 ms → wait for I/O 30 ms; (C code with the GIL 55 ms → wait for I/O 10 ms) × 2; (compute 45 ms) × 2; (C code with the GIL 25 ms → wait for I/O 35 ms) × 2. Switches: 0 times | 10 times | *21 times | 42 times; SpeedUp: 1.0× | *1.4× | 2.0× | 4.0×; Done(3): 120 ms | 151 ms | *227 ms | 302 ms"),
    ];

    /// Who holds the GIL at a moment in ns. Without a GIL: who computes or waits for a core.
    fn computing(kind: Kind, outcome: &Outcome, moment: u64) -> Vec<usize> {
        let computes = |span: &lab::trace::Span| {
            let is = match span.state {
                State::Running => true,
                State::Ready | State::Native => kind == Kind::Free,
                _ => false,
            };
            is && (span.start..span.end).contains(&moment)
        };
        let lanes = outcome.trace.lanes.iter().enumerate();
        lanes.filter(|(_, lane)| lane.spans.iter().any(computes)).map(|(n, _)| n).collect()
    }

    /// Checked anew from the outcome: one option is right, and no small delay makes another one right.
    fn is_clear(problem: &Problem, item: &Item) -> Result<(), String> {
        let number =
            |n: usize| item.options[n].en.split([' ', '×']).next().unwrap_or_default().replace('.', "").parse::<u64>();
        let values: Vec<u64> = (0..item.options.len()).map_while(|n| number(n).ok()).collect();
        let closest = |measured: u64, unit: u64| {
            let distance = |n: &usize| (values[*n] * unit).abs_diff(measured);
            let mut places: Vec<usize> = (0..values.len()).collect();
            places.sort_by_key(distance);
            let clear = places[0] == item.answer && 2 * distance(&places[0]) < distance(&places[1]);
            if clear { Ok(()) } else { Err(format!("{measured} among {values:?}")) }
        };
        let outcome = &problem.outcome;
        match item.asked {
            Asked::At(ms) => {
                let kind = problem.scenario.kind;
                let around: Vec<Vec<usize>> =
                    (0..=8).map(|n| computing(kind, outcome, ms * MS - 400_000 + n * 100_000)).collect();
                let same = around.iter().all(|there| *there == around[4]);
                let right = match (kind, around[4].as_slice()) {
                    (Kind::Free, all) => item.answer == all.len(),
                    (_, [holder]) => item.answer == *holder,
                    (_, all) => all.is_empty() && item.answer == problem.scenario.threads.len(),
                };
                (same && right).then_some(()).ok_or(format!("at {ms} ms: {around:?}"))
            }
            Asked::Done(thread) => closest(outcome.threads[thread].done.unwrap_or(0), MS),
            Asked::Switches => closest(outcome.switches - 1, 1),
            Asked::SpeedUp => {
                let alone: u64 = (0..problem.scenario.threads.len()).map(|n| problem.scenario.alone(n)).sum();
                closest(10_000 * alone * MS / outcome.lasted, 1000)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 300,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn every_problem_has_one_answer_away_from_a_boundary(level in 1..=5_u64, seed in 0..=1_u64 << 53) {
            let problem = Problem::new(level, seed);
            prop_assert!(problem.draws < MOST_DRAWS / 10, "{} draws", problem.draws);
            prop_assert_eq!(problem.items.len(), QUESTIONS);
            for (n, item) in problem.items.iter().enumerate() {
                prop_assert!(item.options.len() >= 3 && item.answer < item.options.len(), "{item:?}");
                let distinct = (1..item.options.len()).all(|n| !item.options[..n].contains(&item.options[n]));
                prop_assert!(distinct, "{item:?}");
                prop_assert!(problem.items[..n].iter().all(|other| other.words != item.words));
                prop_assert_eq!(is_clear(&problem, item), Ok(()), "{:?}", item);
            }
            // Printed for ever: the second time it is the same, whatever was drawn in between.
            Problem::new(level, seed ^ 1);
            prop_assert_eq!(Problem::new(level, seed).items, problem.items);
        }
    }

    /// On one core T2 is done soon after 30 ms, at the end of a short turn: 31 ms was asked.
    #[test]
    fn a_moment_near_the_end_of_a_short_turn_is_not_asked() {
        let problem = Problem::new(4, 5_993_940_435_345_964);
        for item in &problem.items {
            assert_eq!(is_clear(&problem, item), Ok(()), "{item:?}");
        }
    }

    #[test]
    fn a_moment_near_a_switch_is_not_asked() {
        let near = |end: u64| (end + MS / 2) / MS;
        let with_a_switch = |seed| {
            let problem = Problem::new(1, seed);
            let spans = &problem.outcome.trace.lanes[0].spans;
            let ends = spans.iter().filter(|span| span.state == State::Running).map(|span| span.end);
            let late = ends.filter(|end| *end > MS);
            let switch = late.filter(|end| end.abs_diff(near(*end) * MS) < 300_000).map(near).next()?;
            (problem.scenario.kind == Kind::Shared).then_some((problem, switch))
        };
        let (problem, switch) = (0..100).find_map(with_a_switch).unwrap();
        let runs = Runs { simulated: problem.scenario.run(), by_hand: ByHand::of(&problem.scenario) };
        assert!(at(switch, &problem.scenario, &runs).is_none(), "a switch at {switch} ms");
        let wrong = Item { asked: Asked::At(switch), ..problem.items[0].clone() };
        assert!(is_clear(&problem, &wrong).is_err());
        let mut wrong = problem.items.iter().find(|item| !matches!(item.asked, Asked::At(_))).unwrap().clone();
        wrong.answer = (wrong.answer + 1) % wrong.options.len();
        assert!(is_clear(&problem, &wrong).is_err());
    }
}
