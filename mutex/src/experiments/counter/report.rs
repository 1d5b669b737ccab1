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
            "갱신 {made}번 가운데 {lost}번을 잃고, 둘이 한 번씩 더한 {rounds}회 가운데 {short}회에서 하나를 잃음",
            "{lost} of {made} updates lost; {short} of {rounds} rounds of two came out one short"
        ),
        (false, true) => text!(
            "갱신 {made}번과 둘이 한 번씩 더한 {rounds}회에서 잃은 것 없음",
            "none lost in {made} updates and {rounds} rounds of two"
        ),
        (false, false) => text!(
            "갱신 {made}번과 둘이 한 번씩 더한 {rounds}회에서 보이지 않음, 없다는 증명은 아님",
            "none seen in {made} updates and {rounds} rounds of two; that does not prove there is none"
        ),
    };
    let on = format!("Rust, {}", variant.on);
    if variant.protects() { Verdict::seen(KEPT, on, !any, evidence) } else { Verdict::seen(LOST, on, any, evidence) }
}

/// How to read the numbers, and what they do not say.
pub fn notes(rounds: u64, tallies: &[Tally], foreign: Option<f64>) -> Vec<Text> {
    let mut notes = vec![
        text!(
            "갱신 하나의 시간은 첫 스레드의 시작부터 마지막 스레드의 끝까지를 모든 스레드의 갱신 수로 나눈 것입니다. 그림에서 읽기와 쓰기 사이의 일은 덧셈 {THINK}번입니다.",
            "The time of one update is that from the first thread's start to the last one's end, divided by the updates of all threads. In the picture, the work between load and store is {THINK} additions."
        ),
        text!(
            "CPython 3.10부터 `counter += 1`은 GIL 덕분에 갱신을 잃지 않습니다. 인터프리터가 GIL을 뒤로 뛸 때와 호출할 때만 넘기기 때문입니다. 읽기와 쓰기 사이에 호출이 있으면(`counter += one()`) 다시 잃고, 3.9까지는 `counter += 1`도 잃습니다. 락 없이 맞은 답은 구현의 우연입니다.",
            "From CPython 3.10 on, `counter += 1` loses nothing under the GIL, because the interpreter hands it over only at backward jumps and at calls. With a call between load and store (`counter += one()`) it loses again, and up to 3.9 `counter += 1` loses too. A right answer without a lock is an accident of the implementation."
        ),
    ];
    notes.push(text!(
        "fetch_add에는 뮤텍스가 없습니다. 수 하나라면 원자적 한 걸음으로도 지켜지지만, 함께 바뀌어야 하는 값이 둘이면 락이 필요합니다.",
        "fetch_add has no mutex: one atomic step keeps a single number whole just as well. Two values that must change together need a lock."
    ));
    if let Some(least) = tallies.iter().map(Tally::rounds).min().filter(|least| *least < rounds) {
        notes.push(text!(
            "이 컴퓨터가 바빠, 둘이 한 번씩 더하는 시험은 시간 한도 안에 {rounds}회 대신 {least}회까지만 한 방식이 있습니다.",
            "This machine is busy: within the time limit, some variant came to {least} rounds of two instead of {rounds}."
        ));
    }
    if cfg!(debug_assertions) {
        notes.push(text!(
            "디버그 빌드입니다. 최적화되어 있는 std와 그렇지 않은 다른 락의 속도는 `cargo run --release`로 비교하십시오.",
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
        "스레드 {threads}개가 카운터 하나에 더했습니다. 읽기와 쓰기를 따로 하자 갱신 {made}번 가운데 {lost}번({share})을 잃었고, 락이나 원자적 연산 뒤에서는 {kept_made}번 가운데 {kept_lost}번을 잃었습니다.",
        "{threads} threads added to one counter. With load and store apart, {lost} of {made} updates ({share}) were lost; behind a lock or in an atomic step, {kept_lost} of {kept_made}."
    )
}
