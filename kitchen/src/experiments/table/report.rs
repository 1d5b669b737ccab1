//! The table of the section: its rows, and what was measured for each of the two columns.

use std::time::Duration;

use lab::lang::Text;
use lab::report::{Measure, Table, Unit, unit};
use lab::trace::{State, Trace};
use lab::{machine, text};

use super::cooked::{Pair, Rust, Twin, cut_at_once, in_flight};
use crate::in_flight;

/// The article's rows: the head is 의미, then 하드웨어, GIL 영향, and in the cells 예시.
pub fn table(rust: &Rust, twins: &[Twin]) -> Table {
    let pair =
        |Pair { several, switches }: &Pair| [threads(several), Text::same(format!("tokio {}", in_flight(switches)))];
    let one_core = rust.one_core.as_ref().map_or_else(|_| [Text::same("–"), Text::same("–")], pair);
    let cores = machine::cores();
    let row = |name: Text, [cut, in_flight]: [Text; 2]| vec![name, cut, in_flight];
    let mut rows = vec![
        row(text!("하드웨어: 코어 하나", "hardware: one core"), one_core),
        row(text!("하드웨어: 코어 {cores}개", "hardware: {cores} cores"), pair(&rust.all_cores)),
        row(
            text!("GIL 영향: 칼 하나", "GIL: one knife"),
            [threads(&rust.one_knife), in_flight_in_threads(&rust.one_knife)],
        ),
    ];
    rows.extend(twins.iter().map(of_twin));
    Table {
        title: text!("글의 표의 행마다 측정한 요리 수", "the rows of the article's table, measured in dishes"),
        head: vec![
            text!("구분", "row"),
            text!("병렬성: 동시에 써는 요리", "parallelism: cut at once"),
            text!("동시성: 진행 중인 요리", "concurrency: in flight"),
        ],
        rows,
    }
}

fn threads(trace: &Trace) -> Text {
    let cut = cut_at_once(trace);
    text!("스레드 {cut}", "threads {cut}")
}

fn in_flight_in_threads(trace: &Trace) -> Text {
    let dishes = in_flight(trace);
    text!("스레드 {dishes}", "threads {dishes}")
}

fn of_twin(Twin { name, cut: [threads, processes], in_flight: [waiting, tasks] }: &Twin) -> Vec<Text> {
    vec![
        Text::same(name),
        text!("프로세스 {processes}, 스레드 {threads}", "processes {processes}, threads {threads}"),
        text!("asyncio {tasks}, 스레드 {waiting}", "asyncio {tasks}, threads {waiting}"),
    ]
}

/// The traces of Rust, in the order of the rows, each with its cores in the title.
pub fn traces(rust: &Rust) -> Vec<Trace> {
    let titled = |trace: &Trace, cores: &Text| {
        let (Text { ko, en }, title) = (cores, &trace.title);
        Trace { title: Text { ko: format!("{ko}, {}", title.ko), en: format!("{en}, {}", title.en) }, ..trace.clone() }
    };
    let (one, all) = (text!("코어 하나", "one core"), text!("모든 코어", "all cores"));
    let on_one = rust.one_core.iter().flat_map(|pair| [&pair.several, &pair.switches]).map(|trace| titled(trace, &one));
    let on_all = [&rust.all_cores.several, &rust.all_cores.switches, &rust.one_knife];
    on_one.chain(on_all.map(|trace| titled(trace, &all))).collect()
}

/// Two numbers of each trace.
pub fn measures(rust: &Rust) -> Vec<Measure> {
    let one = rust.one_core.iter().flat_map(|pair| [("several.one", &pair.several), ("switches.one", &pair.switches)]);
    let all = &rust.all_cores;
    let all = [("several.all", &all.several), ("switches.all", &all.switches), ("one-knife.all", &rust.one_knife)];
    one.chain(all)
        .zip(traces(rust))
        .flat_map(|((id, trace), Trace { title: Text { ko, en }, .. })| {
            let (cut, dishes) = (in_flight::at_once(trace, State::Running), in_flight::dishes(trace) as f64);
            let cutting = text!("{ko}: 동시에 써는 요리(평균)", "{en}: dishes cut at once, on average");
            let flight = text!("{ko}: 동시에 진행 중인 요리(최대)", "{en}: dishes in flight at once, at most");
            [
                Measure::new(format!("cutting.{id}"), cutting, Unit::Times, vec![cut]),
                Measure::new(format!("dishes.{id}"), flight, Unit::Count, vec![dishes]),
            ]
        })
        .collect()
}

pub fn shows(rust: &Rust) -> Text {
    let (all, knife) = (cut_at_once(&rust.all_cores.several), cut_at_once(&rust.one_knife));
    let Ok(one) = &rust.one_core else {
        return text!(
            "여러 요리사가 동시에 써는 요리는 평균 {all}개, 칼이 하나면(GIL) {knife}개입니다. 코어 하나에서는 측정하지 않았습니다.",
            "Several cooks cut {all} dishes at once on average; with one knife, the GIL, {knife}. Nothing was measured on one core."
        );
    };
    let (cut, dishes) = (cut_at_once(&one.several), in_flight(&one.switches));
    text!(
        "동시성: 코어 하나에서도 요리 {dishes}개가 함께 진행됩니다. 병렬성: 동시에 써는 요리는 코어 하나에서 {cut}개, 모든 코어에서 {all}개, 칼이 하나면(GIL) {knife}개입니다.",
        "Concurrency: {dishes} dishes are in flight on one core, too. Parallelism: {cut} dishes are cut at once on one core, {all} on all cores, {knife} with one knife (the GIL)."
    )
}

pub fn note(lasts: Duration) -> Text {
    let minute = unit::duration(lasts.as_nanos() as f64);
    text!(
        "진행 중인 요리는 처음 썰기 시작해서 마지막으로 썰 때까지입니다. 레시피의 1분은 {minute}이고, 나머지는 cooks와 같습니다. 글의 예시 가운데 C 확장은 gil-sim -- native가 보여 줍니다.",
        "A dish is in flight from its first cut to its last. A minute of the recipe is {minute}; everything else is as in cooks. Of the article's examples, C extensions are shown by gil-sim -- native."
    )
}
