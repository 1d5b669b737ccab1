//! Three sentences: what to use and what to expect, why, and where the article and this workspace show it.

use lab::lang::Text;
use lab::text;

use crate::classify::{self, Class};
use crate::predict::{Prediction, Way};
use crate::recording::{Hot, Recording};

/// The advice.
pub fn advice(recording: &Recording, class: Class, choice: Option<&Prediction>, pieces: u64) -> Text {
    let parts = [what(recording, class, choice, pieces), why(recording, class), place(recording, class, choice)];
    let join = |of: fn(&Text) -> &str| parts.iter().map(of).collect::<Vec<_>>().join(" ");
    Text { ko: join(|text| &text.ko), en: join(|text| &text.en) }
}

fn what(recording: &Recording, class: Class, choice: Option<&Prediction>, pieces: u64) -> Text {
    let cores = recording.parallelism();
    match (class, choice) {
        (Class::Convoy, _) => text!(
            "계산하는 스레드를 다른 프로세스로 옮기십시오. 그러면 기다리던 스레드는 GIL을 기다리지 않습니다.",
            "Move the computing thread into a process of its own: then the thread that waits does not wait for the GIL too."
        ),
        (Class::LockBound, _) => text!(
            "스레드를 더 늘려도 빨라지지 않습니다. 락을 쥐고 하는 일을 줄이거나 데이터를 스레드마다 나누십시오.",
            "More threads will not help. Do less while the lock is held, or give each thread data of its own."
        ),
        (Class::Parallel, _) => text!(
            "이미 코어를 평균 {cores:.1}개 쓰고 있어, 코어가 늘지 않으면 더 얻을 것이 적습니다.",
            "It uses {cores:.1} cores on average already; without more cores there is little to gain."
        ),
        (Class::Overlapping, _) => text!(
            "기다림은 이미 겹쳐 있습니다. 더 줄이려면 한꺼번에 더 많이 보내거나, 기다리는 상대가 빨라져야 합니다.",
            "Its waiting overlaps already. What is left is to have more of it in flight, or a faster other side."
        ),
        (_, Some(Prediction { way, factor, low, high, workers, .. })) => {
            let Text { ko, en } = way.name();
            let of =
                if *workers > 1 { text!("(워커 {workers}개)", " with {workers} workers") } else { Text::default() };
            let (of_ko, of_en) = (of.ko, of.en);
            text!(
                "조각 {pieces}개로 나눌 수 있다면 {ko}{of_ko}: {factor:.1}배 빨라질 것으로 봅니다(열에 아홉은 {low:.1}–{high:.1}배).",
                "If it can be cut into {pieces} pieces: {en}{of_en}, {factor:.1} times as fast (nine in ten: {low:.1} to {high:.1})."
            )
        }
        (Class::Start, None) => text!(
            "시간이 대부분 시작과 임포트에 듭니다. 병렬 처리 대신 임포트를 줄이십시오(python -X importtime).",
            "Most of the time is start and imports: instead of parallelism, import less (python -X importtime)."
        ),
        (_, None) => text!(
            "이대로 두십시오. 어떤 방법도 드는 비용만큼 빨라지지 않습니다.",
            "Leave it as it is: no way gains what it costs."
        ),
    }
}

fn why(recording: &Recording, class: Class) -> Text {
    let (Text { ko, en }, shares) = (class.name(), classify::in_words(recording));
    let (shares_ko, shares_en) = (shares.ko, shares.en);
    let line = recording.lines.first().map(|hot| hot.place.clone());
    let line = line
        .map_or_else(Text::default, |line| text!(" 시간이 가장 많이 드는 줄: {line}.", " The hottest line: {line}."));
    let (line_ko, line_en) = (line.ko, line.en);
    let en = capitalized(&en);
    text!("{ko}: {shares_ko}.{line_ko}", "{en}: {shares_en}.{line_en}")
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The section of the article, the program of this workspace, and the call.
fn place(recording: &Recording, class: Class, choice: Option<&Prediction>) -> Text {
    let function = hot_function(recording);
    let (section, program, call) = match (class, choice.map(|one| (one.way, one.workers))) {
        (Class::Convoy, _) => ("GIL(Global Interpreter Lock)", "gil-sim -- convoy", String::new()),
        (Class::LockBound, _) => ("뮤텍스(Mutex)", "mutex -- contention", String::new()),
        (Class::Overlapping, _) => ("asyncio", "asyncio", String::new()),
        (Class::Parallel, _) => ("병렬 처리 기법 비교", "compare", String::new()),
        (_, Some((Way::Threads, workers))) => {
            ("멀티스레딩", "threading", format!("list(ThreadPoolExecutor({workers}).map({function}, pieces))"))
        }
        (_, Some((Way::Asyncio, _))) => {
            ("asyncio", "asyncio", format!("await asyncio.gather(*map({function}, pieces))"))
        }
        (_, Some((Way::Processes, workers))) => (
            "멀티프로세싱",
            "multiprocessing -- cpu",
            format!("list(ProcessPoolExecutor({workers}).map({function}, pieces))"),
        ),
        _ => ("언제, 무엇을 써야 할까?", "compare", String::new()),
    };
    let call = if call.is_empty() { call } else { format!(", {call}") };
    text!(
        "글의 '{section}', cargo run -p {program}{call}.",
        "In the article: '{section}'; here: cargo run -p {program}{call}."
    )
}

/// The function with the hottest line; `work` where that is none that could be called with a piece.
fn hot_function(recording: &Recording) -> String {
    let name = recording.lines.first().map(Hot::function).unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name { name.to_owned() } else { "work".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(place: &str) -> Recording {
        Recording { lines: vec![Hot { place: place.into(), ..Hot::default() }], ..Recording::default() }
    }

    fn chosen(way: Way) -> Prediction {
        Prediction { way, factor: 1.9, low: 1.6, high: 2.2, workers: 2, doubt: Text::default() }
    }

    #[test]
    fn the_call_is_that_of_the_program() {
        let said = |place: &str, way| advice(&recorded(place), Class::Python, Some(&chosen(way)), 8);
        let processes = said("a.py:3 crunch", Way::Processes);
        for words in [&processes.ko, &processes.en] {
            assert!(
                words.contains("ProcessPoolExecutor(2).map(crunch, pieces)") && words.contains("a.py:3"),
                "{words}"
            );
            assert!(words.contains("1.9") && words.contains("1.6") && words.contains("2.2"));
        }
        assert!(said("a.py:3 <module>", Way::Threads).en.contains("ThreadPoolExecutor(2).map(work, pieces)"));
    }

    #[test]
    fn where_nothing_helps_nothing_is_advised() {
        let said = advice(&Recording::default(), Class::Start, None, 8);
        assert!(said.en.contains("importtime") && !said.en.contains("Executor"), "{said:?}");
        let convoy = advice(&Recording::default(), Class::Convoy, Some(&chosen(Way::Threads)), 8);
        assert!(convoy.en.contains("gil-sim -- convoy") && !convoy.en.contains("ThreadPoolExecutor"));
        assert!(convoy.en.contains("A thread that waits"), "{}", convoy.en);
    }
}
