//! What to use and what to expect, why, where the article and this workspace show it, and the lines of Python that do it.

use std::collections::BTreeMap;

use lab::lang::Text;
use lab::text;

use crate::classify::{self, Class};
use crate::predict::{Prediction, Way};
use crate::recording::{Hot, Interpreter, Recording};
use crate::wait::Wait;

/// The sentence: what to use and what to expect.
pub fn what(recording: &Recording, class: Class, choice: Option<&Prediction>, pieces: u64) -> Text {
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
            "이대로 두십시오. 이미 코어를 평균 {cores:.1}개 쓰고 있어, 코어가 늘지 않으면 더 얻을 것이 적습니다.",
            "Leave it as it is: it uses {cores:.1} cores on average already, and without more cores there is little to gain."
        ),
        (Class::Overlapping, _) => text!(
            "이대로 두십시오. 여럿을 이미 함께 기다립니다. 더 빨라지려면 한 번에 더 많이 요청하거나, 상대가 빨라져야 합니다.",
            "Leave it as it is: it waits for several things at once already. It gets faster only with more requests at once, or with a faster other side."
        ),
        (_, Some(Prediction { way, factor, low, high, workers, .. })) => {
            let Text { ko, en } = way.name();
            let with =
                if *workers > 1 { text!("워커 {workers}개로 ", " and {workers} workers") } else { Text::default() };
            let (with_ko, with_en) = (with.ko, with.en);
            text!(
                "{ko}를 쓰십시오. 서로 독립인 조각 {pieces}개로 나눌 수 있다면 {with_ko}약 {factor:.1}배 빨라집니다(90 % 구간 {low:.1}–{high:.1}배).",
                "Use {en}: with {pieces} independent pieces{with_en} it would be about {factor:.1} times as fast (90 % interval: {low:.1} to {high:.1})."
            )
        }
        (Class::Start, None) => text!(
            "병렬 처리 대신 임포트를 줄이십시오. 시간이 대부분 시작과 임포트에 듭니다. 무엇이 오래 걸리는지는 python -X importtime으로 봅니다.",
            "Import less, instead of parallelism: most of the time is start and imports. python -X importtime tells which."
        ),
        (_, None) => text!(
            "이대로 두십시오. 어떤 방법도 드는 비용만큼 빨라지지 않습니다.",
            "Leave it as it is: no way gains what it costs."
        ),
    }
}

/// The lines below it: why, where it is shown, and the Python.
pub fn lines(
    recording: &Recording,
    class: Class,
    choice: Option<&Prediction>,
    predictions: &[Prediction],
) -> Vec<Text> {
    let Text { ko, en } = why(recording, class);
    let Text { ko: less_sure_ko, en: less_sure_en } = less_sure(choice, predictions).unwrap_or_default();
    let why = text!("{ko}{less_sure_ko}", "{en}{less_sure_en}");
    let mut lines = vec![why, place(recording, class, choice)];
    if recording.interpreter != Interpreter::Other {
        lines.extend(code(recording, class, choice).into_iter().map(|Text { ko, en }| text!("    {ko}", "    {en}")));
    }
    lines
}

fn why(recording: &Recording, class: Class) -> Text {
    let (Text { ko, en }, shares) = (class.name(), classify::in_words(recording));
    let (shares_ko, shares_en) = (shares.ko, shares.en);
    let line = recording.lines.first().map(|hot| short(&hot.place));
    let line = line
        .map_or_else(Text::default, |line| text!(" 시간이 가장 많이 드는 줄: {line}.", " The hottest line: {line}."));
    let (line_ko, line_en) = (line.ko, line.en);
    if shares_en.is_empty() {
        return text!("이유: {ko}.{line_ko}", "Why: {en}.{line_en}");
    }
    text!("이유: {ko}. 작업 시간: {shares_ko}.{line_ko}", "Why: {en}. Its work: {shares_en}.{line_en}")
}

/// The way that was not advised although more is predicted for it, because it may gain less.
fn less_sure(choice: Option<&Prediction>, predictions: &[Prediction]) -> Option<Text> {
    let choice = choice?;
    let better = |one: &&Prediction| {
        matches!(one.way, Way::Threads | Way::Processes) && one.factor > choice.factor && one.low < choice.low
    };
    let Prediction { way, factor, low, .. } = predictions.iter().find(better)?;
    let Text { ko, en } = way.name();
    Some(text!(
        " {ko}의 예측은 {factor:.1}배지만 {low:.1}배에 그칠 수도 있어 권하지 않습니다.",
        " For {en} it is {factor:.1}, but that may turn out as low as {low:.1}."
    ))
}

/// A place without the folders of its file.
pub fn short(place: &str) -> String {
    let end = place.rfind(".py:").unwrap_or(place.len());
    place[..end].rfind('/').map_or_else(|| place.to_owned(), |slash| place[slash + 1..].to_owned())
}

/// The section of the article, and the program of this workspace.
fn place(recording: &Recording, class: Class, choice: Option<&Prediction>) -> Text {
    let (section, program) = shown_by(recording, class, choice.map(|one| one.way));
    let Text { ko, en } = section;
    text!(
        "글의 '{ko}' 절. 이 프로젝트의 예: cargo run -p {program}",
        "The article's section: {en}. Here: cargo run -p {program}"
    )
}

fn shown_by(recording: &Recording, class: Class, way: Option<Way>) -> (Text, &'static str) {
    let named = |ko: &str, en: &str| Text { ko: ko.into(), en: en.into() };
    let threads = || named("멀티스레딩", "Multithreading");
    match (class, way, classify::main_wait(recording)) {
        (Class::Convoy, ..) => (named("GIL(Global Interpreter Lock)", "The GIL"), "gil-sim -- convoy"),
        (Class::LockBound, ..) => (named("뮤텍스(Mutex)", "The mutex"), "mutex -- contention"),
        (Class::Overlapping, ..) => (named("asyncio", "asyncio"), "asyncio"),
        (Class::Parallel, ..) => (named("병렬 처리 기법 비교", "Comparison of the techniques"), "compare"),
        // Short work does not gain what processes cost.
        (_, None, _) => (named("멀티프로세싱", "Multiprocessing"), "multiprocessing -- ipc"),
        (Class::Native, Some(Way::Threads), _) => (named("요약", "Summary"), "gil-sim -- native"),
        (_, Some(Way::Threads), Wait::Socket) => (threads(), "threading -- fetch"),
        (_, Some(Way::Threads), Wait::Disk) => (threads(), "threading -- files"),
        (_, Some(Way::Threads), _) => (threads(), "threading"),
        (_, Some(Way::Asyncio), Wait::Socket) => (named("asyncio", "asyncio"), "asyncio -- fetch"),
        (_, Some(Way::Asyncio), _) => (named("asyncio", "asyncio"), "asyncio"),
        (_, Some(_), _) => (named("멀티프로세싱", "Multiprocessing"), "multiprocessing -- cpu"),
    }
}

/// The lines of Python, with the program's own function in them.
fn code(recording: &Recording, class: Class, choice: Option<&Prediction>) -> Vec<Text> {
    let name = hot_function(recording);
    let function = name.unwrap_or("work");
    let mut lines = Vec::new();
    let is_pool = choice.is_some() && !class.has_threads_of_its_own();
    if is_pool {
        lines.push(match name {
            Some(function) => {
                text!(
                    "# pieces: {function}에 하나씩 넘길 인자",
                    "# pieces: the arguments of {function}, one for each call"
                )
            }
            None => text!(
                "# work: 조각 하나를 처리하는 함수로 옮긴 코드, pieces: 그 인자",
                "# work: your code as a function of one piece; pieces: its arguments"
            ),
        });
    }
    let same = |lines: &[&str]| lines.iter().map(|line| Text::same(*line)).collect::<Vec<_>>();
    match (class, choice.map(|one| (one.way, one.workers))) {
        (Class::Convoy, _) => lines.extend(same(&[
            "from concurrent.futures import ProcessPoolExecutor",
            "computing = ProcessPoolExecutor(1)",
            &format!("result = computing.submit({function}, argument)"),
        ])),
        (Class::LockBound, _) => {
            lines.push(text!(
                "# 스레드마다 따로 모으고, 락은 한 번만 얻습니다",
                "# each thread collects on its own and takes the lock once"
            ));
            lines.extend(same(&["mine = sum(part)", "with lock:", "    total += mine"]));
        }
        (class, _) if class.has_threads_of_its_own() => {}
        (_, Some((Way::Threads, workers))) => lines.extend(same(&[
            "from concurrent.futures import ThreadPoolExecutor",
            &format!("with ThreadPoolExecutor({workers}) as pool:"),
            &format!("    results = list(pool.map({function}, pieces))"),
        ])),
        (_, Some((Way::Asyncio, _))) => {
            lines.push(text!(
                "# {function}: async def, 기다리는 곳마다 await",
                "# {function}: an async def, with await where it waits"
            ));
            lines.extend(same(&[
                "async def main():",
                &format!("    return await asyncio.gather(*map({function}, pieces))"),
                "results = asyncio.run(main())",
            ]));
        }
        (_, Some((Way::Processes, workers))) => lines.extend(same(&[
            "from concurrent.futures import ProcessPoolExecutor",
            "if __name__ == \"__main__\":",
            &format!("    with ProcessPoolExecutor({workers}) as pool:"),
            &format!("        results = list(pool.map({function}, pieces))"),
        ])),
        _ => {}
    }
    lines
}

/// The function in whose lines most of the time goes; `None` where that is none that could be called with a piece.
fn hot_function(recording: &Recording) -> Option<&str> {
    let mut times: BTreeMap<&str, f64> = BTreeMap::new();
    for hot in &recording.lines {
        *times.entry(hot.function()).or_default() += hot.all();
    }
    // Of equal times the first line's: they are sorted.
    let first = recording.lines.first().map(Hot::function);
    let most = times.values().copied().fold(0.0, f64::max);
    let name =
        first.filter(|name| times[name] >= most).or_else(|| Some(*times.iter().find(|(_, t)| **t >= most)?.0))?;
    (!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn hot(place: &str, python: f64) -> Hot {
        Hot { place: place.into(), python, ..Hot::default() }
    }

    fn recorded(places: &[(&str, f64)]) -> Recording {
        let interpreter = Interpreter::CPython { minor: 14, free_threaded: false };
        let lines = places.iter().map(|(place, python)| hot(place, *python)).collect();
        Recording { interpreter, lines, ..Recording::default() }
    }

    fn chosen(way: Way) -> Prediction {
        Prediction { way, factor: 1.9, low: 1.6, high: 2.2, workers: 2, doubt: Text::default() }
    }

    fn said(recording: &Recording, class: Class, way: Option<Way>) -> Text {
        let choice = way.map(chosen);
        let mut all = vec![what(recording, class, choice.as_ref(), 8)];
        all.extend(lines(recording, class, choice.as_ref(), &[]));
        let join = |of: fn(&Text) -> &str| all.iter().map(of).collect::<Vec<_>>().join("\n");
        Text { ko: join(|text| &text.ko), en: join(|text| &text.en) }
    }

    #[test]
    fn the_call_is_that_of_the_program() {
        let of = |place: &str, way| said(&recorded(&[(place, 1.0)]), Class::Python, Some(way));
        let processes = of("/home/me/a.py:3 crunch", Way::Processes);
        for words in [&processes.ko, &processes.en] {
            assert!(words.contains("ProcessPoolExecutor(2)") && words.contains("pool.map(crunch, pieces)"), "{words}");
            assert!(words.contains(" a.py:3 crunch") && words.contains("__main__"), "{words}");
            assert!(words.contains("1.9") && words.contains("1.6") && words.contains("2.2"));
        }
        assert!(of("a.py:3 <module>", Way::Threads).en.contains("pool.map(work, pieces)"));
        assert!(of("a.py:3 fetch via urllib", Way::Asyncio).en.contains("gather(*map(fetch, pieces))"));
    }

    #[test]
    fn the_function_is_the_one_with_most_time_in_all_its_lines() {
        let lines = [("a.py:9 inner", 3.0), ("a.py:3 outer", 2.0), ("a.py:4 outer", 2.0)];
        assert_eq!(hot_function(&recorded(&lines)), Some("outer"));
        assert_eq!(hot_function(&recorded(&[])), None);
    }

    #[test]
    fn a_way_that_may_gain_more_and_less_is_named() {
        let processes = chosen(Way::Processes);
        let of = |factor, low| {
            let threads = Prediction { way: Way::Threads, factor, low, ..processes.clone() };
            let all = lines(&recorded(&[]), Class::Native, Some(&processes), &[threads, processes.clone()]);
            all[0].en.contains("For threads it is 2.4, but that may turn out as low as 0.6.")
        };
        assert!(of(2.4, 0.6));
        assert!(!of(1.8, 0.6), "less is predicted: the table says so");
    }

    #[test]
    fn where_nothing_helps_nothing_is_advised() {
        let start = said(&recorded(&[]), Class::Start, None);
        assert!(start.en.contains("importtime") && !start.en.contains("Executor"), "{start:?}");
        let convoy = said(&recorded(&[("a.py:1 spin", 1.0)]), Class::Convoy, Some(Way::Threads));
        assert!(convoy.en.contains("gil-sim -- convoy") && !convoy.en.contains("ThreadPoolExecutor"));
        assert!(
            convoy.en.contains("submit(spin, argument)") && convoy.en.contains("a thread that waits"),
            "{}",
            convoy.en
        );
        let parallel = said(&recorded(&[("a.py:1 spin", 1.0)]), Class::Parallel, Some(Way::Threads));
        assert!(!parallel.en.contains("pieces"), "{}", parallel.en);
    }

    #[test]
    fn a_program_that_is_no_python_gets_no_python() {
        let recording = Recording { interpreter: Interpreter::Other, ..recorded(&[]) };
        let said = said(&recording, Class::Native, Some(Way::Processes));
        assert!(!said.en.contains("import ") && said.en.contains("cargo run -p multiprocessing"), "{}", said.en);
    }

    /// A misspelled experiment would send the reader nowhere.
    #[test]
    fn every_program_that_is_named_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let classes =
            [Class::Convoy, Class::LockBound, Class::Overlapping, Class::Parallel, Class::Native, Class::Mixed];
        let ways = Way::ALL.map(Some).into_iter().chain([None]);
        let mut seen = 0;
        for (way, wait) in ways.flat_map(|way| Wait::ALL.map(|wait| (way, wait))) {
            let mut recording = recorded(&[]);
            recording.work.add_wait(wait, 1.0);
            for class in classes {
                let (_, program) = shown_by(&recording, class, way);
                let (package, experiment) = program.split_once(" -- ").unwrap_or((program, ""));
                let file = experiment.replace('-', "_");
                let folder = root.join(package).join("src/experiments");
                assert!(folder.is_dir(), "{program}");
                let found = [folder.join(format!("{file}.rs")), folder.join(&file).join("mod.rs")];
                assert!(file.is_empty() || found.iter().any(|file| file.is_file()), "{program}");
                seen += usize::from(!file.is_empty());
            }
        }
        assert!(seen > 20);
    }
}
