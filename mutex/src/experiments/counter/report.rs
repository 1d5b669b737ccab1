//! Verdicts on the article's claims, notes, and the sentence.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::report::Unit;
use lab::report::unit;
use lab::{machine, text};

use super::critical_section::THINK;
use super::race::{self, Race};
use crate::claims::{KEPT, LOST};
use crate::counter_variant::CounterVariant;
use crate::outcomes::Tally;

/// The verdict on one Rust variant, by both races.
pub fn judge(variant: &CounterVariant, tally: &Tally, races: &[Race]) -> Verdict {
    let rounds = tally.rounds();
    let short = rounds - tally.seen("2");
    let (made, lost) = race::total(races);
    let any = lost + short > 0;
    let evidence = match (any, variant.protects()) {
        (true, _) => text!(
            "갱신 {made}번 가운데 {lost}번 유실. 두 스레드가 1씩 더한 시험에서는 {rounds}회 가운데 {short}회에서 하나 유실",
            "{lost} of {made} updates lost; one lost in {short} of {rounds} rounds of two threads"
        ),
        (false, true) => text!(
            "갱신 {made}번과 두 스레드가 1씩 더한 시험 {rounds}회에서 유실된 갱신 없음",
            "none lost in {made} updates and {rounds} rounds of two threads"
        ),
        (false, false) => text!(
            "갱신 {made}번과 두 스레드가 1씩 더한 시험 {rounds}회에서 나타나지 않음(없다는 증명은 아님)",
            "none seen in {made} updates and {rounds} rounds of two threads; that does not prove there is none"
        ),
    };
    let on = format!("Rust, {}", variant.on);
    match variant.protects() {
        true => Verdict::seen(KEPT, on, !any, evidence),
        false => Verdict::seen_once(LOST, on, any, evidence),
    }
}

/// How to read the numbers, and what they do not say.
pub fn notes(rounds: u64, tallies: &[Tally], foreign: Option<f64>) -> Vec<Text> {
    let mut notes = vec![
        text!(
            "갱신당 시간은 첫 스레드가 시작해서 마지막 스레드가 끝날 때까지의 시간을 모든 스레드의 갱신 횟수로 나눈 값입니다. 그림에서 읽기와 쓰기 사이의 작업은 덧셈 {THINK}번입니다.",
            "The time per update is the time from the first thread's start to the last one's end, divided by the updates of all threads. In the picture, the work between load and store is {THINK} additions."
        ),
        text!(
            "CPython 3.10부터 `counter += 1`의 갱신은 GIL 덕분에 유실되지 않습니다. 인터프리터가 역방향 점프와 호출에서만 GIL을 넘기기 때문입니다. 읽기와 쓰기 사이에 호출이 있으면(`counter += one()`) 다시 유실되고, 3.9까지는 `counter += 1`에서도 유실됩니다. 락 없이 올바른 결과가 나오는 것은 구현에 따른 우연입니다.",
            "From CPython 3.10 on, `counter += 1` loses nothing under the GIL, because the interpreter hands it over only at backward jumps and at calls. With a call between load and store (`counter += one()`) it loses again, and up to 3.9 `counter += 1` loses too. A correct result without a lock is an accident of the implementation."
        ),
    ];
    notes.push(text!(
        "fetch_add는 뮤텍스를 쓰지 않습니다. 값 하나는 원자적 연산만으로도 보호되지만, 함께 바뀌어야 하는 값이 둘이면 락이 필요합니다.",
        "fetch_add uses no mutex: an atomic operation protects a single number just as well. Two values that must change together need a lock."
    ));
    if let Some(least) = tallies.iter().map(Tally::rounds).min().filter(|least| *least < rounds) {
        notes.push(text!(
            "컴퓨터가 바빠서, 두 스레드가 1씩 더하는 시험을 시간 한도 안에 {rounds}회가 아니라 {least}회만 마친 방식이 있습니다.",
            "The machine was busy: within the time limit, one variant finished {least} of {rounds} rounds of two threads."
        ));
    }
    if cfg!(debug_assertions) {
        notes.push(text!(
            "디버그 빌드입니다. std는 최적화되어 있고 다른 락은 그렇지 않으므로, 속도는 `cargo run --release`로 비교하십시오.",
            "This is a debug build. Compare the speed of std, which is optimized, and of the other locks, which are not, with `cargo run --release`."
        ));
    }
    notes.push(machine::others_used(foreign));
    notes
}

/// The sentence, from the measurements of the big race.
pub fn shows(threads: usize, variants: &[CounterVariant], races: &[Vec<Race>]) -> Text {
    let sum = |protects: bool| {
        let chosen = variants.iter().zip(races).filter(|(variant, _)| variant.protects() == protects);
        chosen.map(|(_, races)| race::total(races)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    };
    let ((made, lost), (kept_made, kept_lost)) = (sum(false), sum(true));
    let share = unit::value(lost as f64 / made as f64, Unit::Share);
    text!(
        "스레드 {threads}개가 카운터 하나에 더했습니다. 읽기와 쓰기를 따로 하면 갱신 {made}번 가운데 {lost}번({share})이 유실되었고, 락이나 원자적 연산을 쓰면 {kept_made}번 가운데 {kept_lost}번이 유실되었습니다.",
        "{threads} threads added to one counter. With separate load and store, {lost} of {made} updates ({share}) were lost; with a lock or an atomic operation, {kept_lost} of {kept_made}."
    )
}
