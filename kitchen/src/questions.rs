//! The three questions of the book on the six kitchens, for `--ask`.

use lab::ask::{self, Outcome, Question};
use lab::lang::Text;
use lab::report::{Measure, Report, unit};
use lab::trace::{Lane, State};
use lab::{machine, text};

use crate::kitchens::Kitchen;

/// More than this at once, on average, is an overlap; up to the second there is none. Between the two a run decides nothing.
const OVERLAP: f64 = 1.2;
const NONE: f64 = 1.05;

/// All three.
pub fn all() -> Vec<Question> {
    vec![
        Question::new(
            text!(
                "한 요리사가 요리 셋을 번갈아 조리합니다. 동시에 진행 중인 요리는 몇 개일까요? 동시에 써는 요리는 몇 개일까요?",
                "One cook switches between three dishes. How many dishes are in progress at the same time? How many are cut at the same time?"
            ),
            vec![
                text!("진행 중 하나, 써는 것 하나", "one in progress, one cut"),
                text!("진행 중 여럿, 써는 것 하나", "several in progress, one cut"),
                text!("진행 중 여럿, 써는 것 여럿", "several in progress, several cut"),
            ],
            one_cook,
        ),
        Question::new(
            text!(
                "요리사 셋에게 칼이 하나뿐일 때와 화구가 하나뿐일 때, 썰기와 끓이기 가운데 겹치는 것은 각각 어느 쪽일까요?",
                "Three cooks have one knife, or one stove. Which of the two steps overlaps, and which does not?"
            ),
            vec![
                text!(
                    "칼이 하나면 끓이기만, 화구가 하나면 썰기만",
                    "one knife: only simmering; one stove: only cutting"
                ),
                text!(
                    "칼이 하나면 썰기만, 화구가 하나면 끓이기만",
                    "one knife: only cutting; one stove: only simmering"
                ),
                text!("언제나 둘 다", "both, with either"),
                text!("어느 것도 겹치지 않음", "neither, with either"),
            ],
            |report| one_of_each(report, machine::cores()),
        ),
        Question::new(
            text!(
                "한 요리사가 번갈아 조리하면서 요리 2의 냄비 앞에서만 기다립니다. 요리 1의 냄비가 다 끓으면 어떻게 될까요?",
                "One cook switches between the dishes, but waits beside the pot of dish 2. What happens to dish 1 when its pot is done?"
            ),
            vec![
                text!("곧바로 마저 썹니다", "it is cut at once"),
                text!("요리사가 올 때까지 기다립니다", "it waits until the cook comes"),
            ],
            dish_1,
        ),
    ]
}

/// A measurement of a kitchen, if that kitchen ran.
fn of(report: &Report, what: &str, kitchen: Kitchen) -> Result<f64, Text> {
    ask::measure(report, &format!("{what}.{}", kitchen.id())).map(Measure::median)
}

fn one_cook(report: &Report) -> Outcome {
    let (dishes, cut) = (of(report, "dishes", Kitchen::Switches)?, of(report, "cutting", Kitchen::Switches)?);
    let evidence = text!(
        "진행 중 최대 {dishes}개, 동시에 써는 요리 평균 {cut:.1}개",
        "up to {dishes} in progress, {cut:.1} cut at once on average"
    );
    match (dishes > 1.0, cut) {
        (false, _) => Ok((0, evidence)),
        (true, cut) if cut <= NONE => Ok((1, evidence)),
        (true, cut) if cut > OVERLAP => Ok((2, evidence)),
        _ => Err(evidence),
    }
}

fn one_of_each(report: &Report, cores: usize) -> Outcome {
    let steps = |kitchen| Ok::<_, Text>((of(report, "cutting", kitchen)?, of(report, "simmering", kitchen)?));
    let (knife, stove) = (steps(Kitchen::OneKnife)?, steps(Kitchen::OneStove)?);
    let ((cut, simmer), (stove_cut, stove_simmer)) = (knife, stove);
    let evidence = text!(
        "칼 하나: 써는 요리 {cut:.1}개, 끓는 요리 {simmer:.1}개; 화구 하나: {stove_cut:.1}개, {stove_simmer:.1}개",
        "one knife: {cut:.1} cut, {simmer:.1} simmer; one stove: {stove_cut:.1}, {stove_simmer:.1}"
    );
    if cores < 2 {
        return Err(text!("코어가 하나뿐입니다", "there is only one core"));
    }
    let overlaps = |value: f64| if value > OVERLAP { Some(true) } else { (value <= NONE).then_some(false) };
    let all = [knife.0, knife.1, stove.0, stove.1].map(overlaps);
    match all {
        [Some(false), Some(true), Some(true), Some(false)] => Ok((0, evidence)),
        [Some(true), Some(false), Some(false), Some(true)] => Ok((1, evidence)),
        [Some(true), Some(true), Some(true), Some(true)] => Ok((2, evidence)),
        [Some(false), Some(false), Some(false), Some(false)] => Ok((3, evidence)),
        _ => Err(evidence),
    }
}

/// Of the kitchen in which dish 2 blocks the cook: how long dish 1 waits for the cook after its pot, compared with the time on the stove.
fn dish_1(report: &Report) -> Outcome {
    let by_dish = report.traces.iter().find(|trace| trace.title == Kitchen::Blocks.name());
    let lane = by_dish.and_then(|trace| trace.lanes.first()).ok_or_else(|| ask::not_in_this_run("blocks"))?;
    let (simmered, waited) = (lane.time_in(State::WaitingForIo) as f64, after_the_pot(lane) as f64);
    let shown = [simmered, waited].map(unit::duration);
    let [pot, wait] = shown;
    let evidence = text!("{pot} 끓고 나서 {wait} 기다렸습니다", "after {pot} on the stove it waited for {wait}");
    match waited / simmered.max(1.0) {
        share if share > 0.25 => Ok((1, evidence)),
        share if share < 0.05 => Ok((0, evidence)),
        _ => Err(evidence),
    }
}

fn after_the_pot(lane: &Lane) -> u64 {
    let after = lane.spans.iter().skip_while(|span| span.state != State::WaitingForIo);
    after.filter(|span| span.state == State::Ready).map(|span| span.end - span.start).sum()
}

#[cfg(test)]
mod tests {
    use lab::report::Unit;
    use lab::trace::{Span, Trace};

    use super::*;

    fn measured(values: &[(&str, f64)]) -> Report {
        let measure = |(id, value): &(&str, f64)| Measure::new(*id, Text::default(), Unit::Times, vec![*value]);
        Report { measures: values.iter().map(measure).collect(), ..Report::default() }
    }

    #[test]
    fn one_cook_is_concurrent_and_not_parallel_if_the_run_says_so() {
        let option = |dishes, cut| {
            one_cook(&measured(&[("dishes.switches", dishes), ("cutting.switches", cut)]))
                .map(|(option, _)| option)
                .ok()
        };
        assert_eq!(
            [option(1.0, 1.0), option(3.0, 1.0), option(3.0, 1.9), option(3.0, 1.1)],
            [Some(0), Some(1), Some(2), None]
        );
        assert!(one_cook(&Report::default()).is_err(), "another kitchen ran alone");
    }

    #[test]
    fn the_steps_that_overlap_are_those_of_the_run() {
        let option = |[a, b, c, d]: [f64; 4], cores| {
            let names = ["cutting.one-knife", "simmering.one-knife", "cutting.one-stove", "simmering.one-stove"];
            let values: Vec<(&str, f64)> = names.into_iter().zip([a, b, c, d]).collect();
            one_of_each(&measured(&values), cores).map(|(option, _)| option).ok()
        };
        assert_eq!(option([1.0, 2.1, 1.8, 1.0], 2), Some(0));
        assert_eq!(option([1.8, 1.0, 1.0, 2.1], 2), Some(1));
        assert_eq!(option([1.0, 2.1, 1.1, 1.0], 2), None, "a busy machine");
        assert_eq!(option([1.0, 2.1, 1.8, 1.0], 1), None, "one core");
    }

    #[test]
    fn dish_1_waits_if_the_run_says_so() {
        let option = |ready: u64| {
            let span = |state, start, end| Span { state, start, end };
            let spans = vec![
                span(State::Ready, 0, 50),
                span(State::Running, 50, 80),
                span(State::WaitingForIo, 80, 120),
                span(State::Ready, 120, 120 + ready),
            ];
            let lanes = vec![Lane { name: Text::default(), spans }];
            let traces = vec![Trace::new(Kitchen::Blocks.name(), lanes)];
            dish_1(&Report { traces, ..Report::default() }).map(|(option, _)| option).ok()
        };
        assert_eq!([option(0), option(30), option(5)], [Some(0), Some(1), None]);
    }
}
