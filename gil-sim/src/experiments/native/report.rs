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
        text!("{ko}: GIL을 해제하는 네이티브 코드", "{en}: native code that releases the GIL")
    } else {
        text!("{ko}: GIL을 쥔 채 실행되는 네이티브 코드", "{en}: native code that holds the GIL")
    }
}

pub(super) fn loop_in_native() -> Text {
    let (ko, en) = (CALL / 10_000, CALL / 1_000_000);
    text!("루프 {ko}만 번", "{en} million iterations of a loop")
}

pub(super) fn measure(case: &Case, id: &str) -> Option<Measure> {
    let (ko, en) = (&case.on.ko, &case.on.en);
    let name = if case.lets_go {
        text!("{ko}, GIL을 해제함: 사용한 코어", "{en}, releases the GIL: cores busy")
    } else {
        text!("{ko}, GIL을 쥠: 사용한 코어", "{en}, holds the GIL: cores busy")
    };
    Some(Measure::new(format!("cores.{id}"), name, Unit::Times, vec![case.cores?]))
}

pub(super) fn table(cases: &[Case]) -> Table {
    let gil = |lets_go| if lets_go { text!("해제함", "released") } else { text!("쥠", "held") };
    let row = |case: &Case| {
        let cores = case.cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2}"));
        vec![case.on.clone(), case.what.clone(), gil(case.lets_go), Text::same(cores)]
    };
    Table {
        title: text!("스레드 둘이 사용한 코어", "Cores that two threads kept busy"),
        head: vec![
            text!("대상", "runs on"),
            text!("호출 한 번", "one call"),
            Text::same("GIL"),
            text!("사용한 코어", "cores"),
        ],
        rows: cases.iter().map(row).collect(),
    }
}

pub(super) fn notes(lasting: Duration) -> Vec<Text> {
    let lasting = unit::duration(ns(lasting) as f64);
    vec![
        text!(
            "스레드 둘이 {lasting} 동안 네이티브 코드를 반복해서 호출합니다. GIL을 쥔 네이티브 코드는 실행(█)으로 그렸습니다. 그동안 다른 스레드는 GIL을 획득하지 못합니다.",
            "Two threads call native code again and again for {lasting}. Native code that holds the GIL is drawn as running (█): no other thread gets the GIL meanwhile."
        ),
        text!(
            "hashlib은 2,048바이트부터 GIL을 해제합니다. OpenSSL 없이 빌드한 이전 버전 파이썬의 sha256은 길이와 상관없이 해제하지 않습니다. CPython의 GIL 열은 문서에 적힌 동작이므로, 사용한 코어 수와 맞지 않으면 그런 빌드인지 확인하십시오.",
            "hashlib releases the GIL from 2,048 bytes on; the sha256 of old Pythons built without OpenSSL never does. For CPython, the column GIL shows what is documented; if the busy cores disagree, check for such a build."
        ),
        text!(
            "글은 C 확장으로 병렬성을 확보할 수 있다고 합니다. 그러나 네이티브 코드라는 것만으로는 충분하지 않습니다. GIL을 해제하는 호출에서는 이 주장이 맞고, GIL을 쥔 채 실행되는 호출에서는 맞지 않습니다.",
            "The article says that C extensions can give parallelism. Native code alone is not enough: the claim holds for calls that release the GIL, and not for those that hold it."
        ),
    ]
}

pub(super) fn shows(cases: &[Case]) -> Text {
    let of = |lets_go| cases.iter().find(|case| case.lets_go == lets_go).and_then(|case| case.cores);
    let said = |cores: Option<f64>| cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2}"));
    let (released, kept) = (said(of(true)), said(of(false)));
    text!(
        "네이티브 코드와 GIL이 같아도, 호출하는 동안 GIL을 해제하면 스레드 둘이 평균 {released}개의 코어를 쓰고, 쥐고 있으면 {kept}개를 씁니다.",
        "The same native code under the same GIL: two threads keep {released} cores busy on average if the GIL is released during the call, and {kept} if it is held."
    )
}
