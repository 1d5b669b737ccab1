//! How the calls are shown.

use lab::lang::Text;
use lab::report::unit::{duration, value};
use lab::report::{Table, Unit};
use lab::text;

use super::call::{Call, Gil};
use crate::environment::Library;
use crate::overlap::shown;

/// A table for each interpreter; without any, one that says what was not measured.
pub(super) fn tables(calls: &[Call]) -> Vec<Table> {
    let of_one = |calls: &[Call]| {
        let on = calls.first().map_or("CPython", |call| &call.on);
        let title = text!("{on}: 두 스레드가 같은 호출을 반복", "{on}: two threads make the same call again and again");
        table(title, calls.iter().map(row).collect())
    };
    if calls.is_empty() {
        let title = text!("두 스레드가 같은 호출을 반복", "two threads make the same call again and again");
        return vec![table(title, Library::ALL.iter().map(|library| not_measured(library.name())).collect())];
    }
    calls.chunk_by(|a, b| a.on == b.on).map(of_one).collect()
}

fn table(title: Text, rows: Vec<Vec<Text>>) -> Table {
    let head = vec![
        text!("호출", "call"),
        Text::same("GIL"),
        text!("겹침", "overlap"),
        text!("호출 한 번", "one call"),
        text!("속도", "speed"),
    ];
    Table { title, head, rows }
}

fn row(call: &Call) -> Vec<Text> {
    let gil = match (call.has_gil, call.gil()) {
        (Some(true), Gil::Released) => text!("해제함", "released"),
        (Some(true), Gil::Held) => text!("쥠", "held"),
        (Some(true), Gil::InPart) => text!("일부만 해제", "in part"),
        _ => text!("없음", "none"),
    };
    vec![
        call.name.clone(),
        gil,
        Text::same(shown(call.overlap)),
        Text::same(duration(call.alone)),
        Text::same(value(call.speedup, Unit::Times)),
    ]
}

fn not_measured(library: &str) -> Vec<Text> {
    let name = text!("{library}: 측정하지 않음", "{library}: not measured");
    [vec![name], vec![Text::same("–"); 4]].concat()
}

pub(super) fn shows(calls: &[Call]) -> Text {
    let with_gil = || calls.iter().filter(|call| call.has_gil == Some(true));
    let count = |gil| with_gil().filter(|call| call.gil() == gil).count();
    let (all, released, held) = (with_gil().count(), count(Gil::Released), count(Gil::Held));
    if all == 0 {
        return text!(
            "GIL이 있는 파이썬에서 측정해야 알 수 있습니다. 라이브러리가 아니라 호출마다 다릅니다.",
            "It takes a Python with a GIL to tell. It differs from call to call, not from library to library."
        );
    }
    text!(
        "GIL을 해제하는지는 라이브러리가 아니라 호출마다 다릅니다. 측정한 호출 {all}개 가운데 {released}개는 해제했고 {held}개는 쥐고 있었습니다.",
        "Whether the GIL is released differs from call to call, not from library to library: of {all} calls {released} released it, and {held} held it."
    )
}

pub(super) fn notes(failed: &[String]) -> Vec<Text> {
    let mut notes = vec![
        text!(
            "판정 방법: 시각 기록, 호출, 시각 기록을 C 함수 호출 하나로 묶습니다. 그 사이에 바이트코드가 실행되지 않으므로 GIL을 쥔 스레드는 두 기록 사이에서 GIL을 잃지 않고, 그런 두 호출은 한순간도 겹치지 않습니다(0 %). 절반 넘게 겹치면 호출이 GIL을 해제한 것입니다. 컴퓨터가 바빠도 이 판정은 달라지지 않습니다.",
            "The rule: a stamp, the call and a stamp are one call of C code. No bytecode runs in between, so a thread that holds the GIL does not lose it between its stamps, and two such calls never share an instant (0 %). If they overlap by more than half, the call released the GIL. This does not depend on how busy the machine is."
        ),
        text!(
            "속도는 스레드 하나가 혼자 호출할 때와 비교한 것입니다. 겹쳐도 빨라지지 않을 수 있습니다. 메모리 대역폭이 모자라거나, 호출이 짧아 GIL을 다시 획득하는 시간이 더 길 때입니다. 라이브러리의 스레드 풀은 스레드 하나로 제한했습니다. 풀까지 쓰면 어떻게 되는지는 oversubscription이 보여 줍니다.",
            "Speed is compared with one thread that calls alone. Calls that overlap need not be faster: memory may be the limit, or the call is so short that getting the GIL back takes longer. The libraries' own pools are limited to one thread; oversubscription shows what they do."
        ),
        text!(
            "라이브러리가 C 함수를 감싼 파이썬 코드는 빼고 C 함수만 호출합니다. json은 파서의 C 부분, Pillow는 디코더와 크기 변경의 C 부분입니다. hashlib은 2,048바이트부터 GIL을 해제합니다.",
            "Only the functions in C are called, without the Python code around them: of json the scanner, of Pillow the decoder and the resampler. hashlib releases the GIL from 2,048 bytes on."
        ),
    ];
    notes.extend(failed.iter().map(|line| text!("측정하지 못함: {line}", "could not be measured: {line}")));
    notes
}
