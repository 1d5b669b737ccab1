//! What was measured in each kitchen, and what it says.

use std::time::Duration;

use lab::claims::Verdict;
use lab::lang::Text;
use lab::report::{Measure, Report, Table, Unit, unit};
use lab::text;
use lab::trace::{State, Trace};

use crate::in_flight;
use crate::kitchens::Kitchen;
use crate::verdicts::{self, MANY_COOKS, TASKS_WAIT};

/// The verdicts on the two kitchens of the article.
pub fn judge(kitchen: Kitchen, trace: &Trace, foreign: Option<f64>) -> Vec<Verdict> {
    match kitchen {
        Kitchen::Switches => {
            vec![verdicts::wait_together(TASKS_WAIT, "Rust", trace, foreign), verdicts::in_turn("Rust", trace, foreign)]
        }
        Kitchen::Several => {
            let cutting = verdicts::cutting(trace, foreign);
            vec![cutting.threads(Some(false), "Rust"), cutting.parallel(MANY_COOKS, "Rust")]
        }
        _ => Vec::new(),
    }
}

/// How long it took, and how much went on at the same time.
pub fn measures(kitchen: Kitchen, trace: &Trace) -> [Measure; 4] {
    let (id, Text { ko, en }) = (kitchen.id(), kitchen.name());
    let at_once = |state| in_flight::at_once(trace, state);
    let makespan = text!("{ko}: 모두 끝날 때까지", "{en}: until all are done");
    let dishes = text!("{ko}: 동시에 진행 중인 요리(최대)", "{en}: dishes in flight at once, at most");
    let cutting = text!("{ko}: 동시에 써는 요리(평균)", "{en}: dishes cut at once, on average");
    let simmering = text!("{ko}: 동시에 끓는 요리(평균)", "{en}: dishes that simmer at once, on average");
    [
        Measure::new(format!("makespan.{id}"), makespan, Unit::Ns, vec![trace.duration() as f64]),
        Measure::new(format!("dishes.{id}"), dishes, Unit::Count, vec![in_flight::dishes(trace) as f64]),
        Measure::new(format!("cutting.{id}"), cutting, Unit::Times, vec![at_once(State::Running)]),
        Measure::new(format!("simmering.{id}"), simmering, Unit::Times, vec![at_once(State::WaitingForIo)]),
    ]
}

/// A row for each kitchen, from its trace by dish.
pub fn table<'a>(kitchens: impl IntoIterator<Item = &'a Trace>) -> Table {
    let row = |trace: &Trace| {
        let at_once = |state| Text::same(format!("{:.1}", in_flight::at_once(trace, state)));
        let dishes = Text::same(in_flight::dishes(trace).to_string());
        let makespan = Text::same(unit::duration(trace.duration() as f64));
        vec![trace.title.clone(), makespan, dishes, at_once(State::Running), at_once(State::WaitingForIo)]
    };
    Table {
        title: text!("동시에 몇 개인가", "how many dishes at once"),
        head: vec![
            text!("주방", "kitchen"),
            text!("걸린 시간", "time"),
            text!("진행 중(최대)", "in flight, most"),
            text!("써는 요리(평균)", "cut, mean"),
            text!("끓는 요리(평균)", "simmer, mean"),
        ],
        rows: kitchens.into_iter().map(row).collect(),
    }
}

/// A measurement as a reader sees it: numbers of dishes without a unit.
fn number(report: &Report, what: &str, kitchen: Kitchen) -> String {
    let measure = report.measure(&format!("{what}.{}", kitchen.id()));
    measure.map_or(String::new(), |measure| match measure.unit {
        Unit::Times => format!("{:.1}", measure.median()),
        unit => unit::value(measure.median(), unit),
    })
}

pub fn shows(report: &Report, kitchens: &[Kitchen], dishes: usize) -> Text {
    let of = |what, kitchen| number(report, what, kitchen);
    if let [kitchen] = *kitchens {
        let Text { ko, en } = kitchen.name();
        let time = of("makespan", kitchen);
        let (most, cut, simmer) = (of("dishes", kitchen), of("cutting", kitchen), of("simmering", kitchen));
        return text!(
            "{ko}. 요리 {dishes}개에 {time}. 진행 중인 요리는 동시에 최대 {most}개, 써는 요리는 평균 {cut}개, 끓는 요리는 평균 {simmer}개였습니다.",
            "{en}. {dishes} dishes took {time}: up to {most} in flight at once, {cut} cut at once and {simmer} simmering at once on average."
        );
    }
    let (waits, switches) = (of("makespan", Kitchen::Waits), of("makespan", Kitchen::Switches));
    let (several, knife) = (of("makespan", Kitchen::Several), of("makespan", Kitchen::OneKnife));
    let (most, one) = (of("dishes", Kitchen::Switches), of("cutting", Kitchen::Switches));
    let (cut, turns) = (of("cutting", Kitchen::Several), of("cutting", Kitchen::OneKnife));
    text!(
        "한 요리사가 기다리면 {waits}, 번갈아 하면 {switches}(진행 중 {most}개, 동시에 썬 요리 {one}개). 요리사 {dishes}명이면 {several}({cut}개), 칼이 하나면(GIL) {knife}({turns}개).",
        "One cook: {waits} waiting, {switches} switching ({most} dishes in flight, {one} cut at once). {dishes} cooks: {several} ({cut} cut at once); one knife, the GIL: {knife} ({turns})."
    )
}

pub fn note(lasts: Duration) -> Text {
    let minute = unit::duration(lasts.as_nanos() as f64);
    text!(
        "요리 하나는 3분 썰고 4분 끓이고 1분 더 썹니다. 레시피의 1분은 {minute}입니다. 써는 일은 글의 루프(count += i)이고, 아무도 방해하지 않을 때 이만큼 걸리는 반복 횟수를 먼저 잽니다. █는 써는 중, ╌는 끓는 중, ░는 화구나 칼을 기다림, ·는 요리사(코어)를 기다림입니다. 요리사의 손 그림은 같은 실행을 요리사마다 그린 것입니다.",
        "A dish is 3 minutes of cutting, 4 of simmering and 1 more of cutting; a minute of the recipe is {minute}. Cutting is the article's loop (count += i): the number of iterations that takes this long undisturbed is measured first. █ is cutting, ╌ simmering, ░ waiting for the stove or the knife, · waiting for the cook or a core. The drawing of the cooks' hands is the same run by cook."
    )
}
