//! How the cases are shown.

use std::time::Duration;

use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::text;

use super::cases::{CALL, Case};
use crate::convoy::workload::ns;

/// The first four cases, in measurements.
pub(super) const IDS: [&str; 4] = ["rust.lets_go", "rust.keeps", "simulator.lets_go", "simulator.keeps"];

pub(super) fn title(on: &str, lets_go: bool) -> Text {
    let on = match on {
        "simulator" => text!("시뮬레이터", "the simulator"),
        other => Text::same(other),
    };
    let (ko, en) = (on.ko, on.en);
    if lets_go {
        text!("{ko}: GIL을 놓는 네이티브 코드", "{en}: native code that lets go of the GIL")
    } else {
        text!("{ko}: GIL을 쥔 채 도는 네이티브 코드", "{en}: native code that keeps the GIL")
    }
}

pub(super) fn loop_in_native() -> Text {
    let (ko, en) = (CALL / 10_000, CALL / 1_000_000);
    text!("루프 {ko}만 바퀴", "{en} million iterations of a loop")
}

pub(super) fn measure(case: &Case, id: &str) -> Option<Measure> {
    let (ko, en) = (&case.on.ko, &case.on.en);
    let name = if case.lets_go {
        text!("{ko}, GIL을 놓음: 쓴 코어", "{en}, lets go of the GIL: cores busy")
    } else {
        text!("{ko}, GIL을 쥠: 쓴 코어", "{en}, keeps the GIL: cores busy")
    };
    Some(Measure::new(format!("cores.{id}"), name, Unit::Times, vec![case.cores?]))
}

pub(super) fn table(cases: &[Case]) -> Table {
    let gil = |lets_go| if lets_go { text!("놓음", "lets go") } else { text!("쥠", "keeps it") };
    let row = |case: &Case| {
        let cores = case.cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2}"));
        vec![case.on.clone(), case.what.clone(), gil(case.lets_go), Text::same(cores)]
    };
    Table {
        title: text!("스레드 둘이 쓴 코어", "Cores that two threads kept busy"),
        head: vec![
            text!("대상", "judge"),
            text!("한 번의 호출", "one call"),
            Text::same("GIL"),
            text!("쓴 코어", "cores"),
        ],
        rows: cases.iter().map(row).collect(),
    }
}

pub(super) fn notes(lasting: Duration) -> Vec<Text> {
    let lasting = unit::duration(ns(lasting) as f64);
    vec![
        text!(
            "스레드 둘이 {lasting} 동안 네이티브 코드를 되풀이해 부릅니다. GIL을 쥔 네이티브 코드는 실행(█)으로 그립니다. 그동안 아무도 GIL을 얻지 못합니다.",
            "Two threads call native code again and again for {lasting}. Native code that keeps the GIL is drawn as running (█): nobody else gets the GIL meanwhile."
        ),
        text!(
            "hashlib은 2,048바이트부터 GIL을 놓습니다. OpenSSL 없이 빌드한 옛 파이썬의 sha256은 길이와 상관없이 놓지 않습니다. 표에서 CPython의 GIL 열은 문서대로 적은 것이니, 쓴 코어와 어긋나면 그런 빌드인지 보십시오.",
            "hashlib lets go from 2,048 bytes on; the sha256 of old Pythons built without OpenSSL never does. Of CPython the column GIL says what is documented: where the cores disagree, look for such a build."
        ),
        text!(
            "글은 C 확장으로 병렬성을 '확보 가능'하다고 합니다. 네이티브 코드라는 것만으로는 되지 않습니다. GIL을 놓는 호출에서는 맞고, 쥔 채 도는 호출에서는 맞지 않습니다.",
            "The article says that C extensions can give parallelism. To be native code is not enough: the claim holds for calls that let go of the GIL, and not for those that keep it."
        ),
    ]
}

pub(super) fn shows(cases: &[Case]) -> Text {
    let of = |lets_go| cases.iter().find(|case| case.lets_go == lets_go).and_then(|case| case.cores);
    let said = |cores: Option<f64>| cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2}"));
    let (released, kept) = (said(of(true)), said(of(false)));
    text!(
        "같은 네이티브 코드, 같은 GIL: 부르는 동안 놓으면 스레드 둘이 평균 {released}개의 코어를 쓰고, 쥐고 있으면 {kept}개를 씁니다.",
        "The same native code, the same GIL: let go of during the call, two threads keep {released} cores busy on average; kept, {kept}."
    )
}
