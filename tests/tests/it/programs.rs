//! Every program without arguments, as a reader runs it: its lines, in order, in both languages.

use std::collections::HashMap;

use lab::report::Report;
use lab::trace::State;
use tests::run::run;

/// A program, the names of its threads, tasks or processes, and their state between their two lines.
const LISTINGS: [(&str, [&str; 2], State); 3] = [
    ("threading", ["스레드", "Thread"], State::WaitingForIo),
    ("asyncio", ["태스크", "Task"], State::WaitingForIo),
    ("multiprocessing", ["프로세스", "Process"], State::Running),
];

/// Checks the lines of the listing: five that start and are done, in this order. Returns for each line whether it is a start.
#[track_caller]
fn listing(page: &str, who: &str, [begin, end]: [&str; 2]) -> Vec<bool> {
    let lines: Vec<&str> = page.lines().take(10).collect();
    let mut state: HashMap<&str, usize> = HashMap::new();
    let mut begins = Vec::new();
    for line in &lines {
        let (name, what) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with(who), "{page}");
        let step = state.entry(name).or_default();
        assert_eq!(what, [begin, end][*step], "{line}: a start must come before its end");
        *step += 1;
        begins.push(what == begin);
    }
    assert_eq!(state.len(), 5, "{page}");
    assert!((0..5).all(|i| state.get(format!("{who} {i}").as_str()) == Some(&2)), "{page}");
    begins
}

#[test]
fn the_listings_print_the_lines_of_the_article() {
    for (program, [ko, en], _) in LISTINGS {
        let page = run(program, &["--no-python"]).ends_with(0);
        assert_eq!(page.err, "");
        let begins = listing(&page.out, ko, ["시작", "완료"]);
        if program == "asyncio" {
            // One thread: all tasks have begun before the loop waits for the first time.
            assert_eq!(begins, [[true; 5], [false; 5]].concat());
        }
        let page = run(program, &["--no-python", "--lang", "en"]).ends_with(0);
        listing(&page.out, en, ["started", "done"]);
        assert!(!lab::lang::has_hangul(&page.out), "{}", page.out);
    }
}

/// The check above can fail.
#[test]
#[should_panic = "a start must come before its end"]
fn an_end_before_its_beginning_is_noticed() {
    listing("스레드 0 완료\n스레드 0 시작\n", "스레드", ["시작", "완료"]);
}

#[test]
fn every_pair_of_lines_is_a_lane() {
    for (program, [ko, _], state) in LISTINGS {
        let report: Report = serde_json::from_str(&run(program, &["--no-python", "--json"]).ends_with(0).out).unwrap();
        assert_eq!(report.lines.len(), 10);
        // asyncio draws the one thread, too, where the system reports CPU time.
        let thread = report.traces[0].lanes.iter().position(|lane| lane.name.en == "loop thread");
        assert_eq!(thread, (program == "asyncio" && cfg!(unix)).then_some(0), "{program}");
        let lanes = &report.traces[0].lanes[thread.map_or(0, |_| 1)..];
        let names: Vec<String> = lanes.iter().map(|lane| lane.name.ko.clone()).collect();
        assert_eq!(names, (0..5).map(|i| format!("{ko} {i}")).collect::<Vec<_>>());
        assert!(lanes.iter().all(|lane| lane.spans.len() == 1 && lane.spans[0].state == state));
        if state == State::WaitingForIo {
            let two_seconds = 2_000_000_000;
            assert!(lanes.iter().all(|lane| lane.time_in(state) >= two_seconds), "{program} waits two seconds");
        }
    }
}

/// Checks a program's page for a text that it must contain.
#[test]
fn every_other_program_shows_its_section() {
    for (program, ko, en) in [
        ("gil-sim", "GIL 아래에서", "under the GIL"),
        ("mutex", "load_then_store", "load_then_store"),
        ("lab", "코어", "core"),
    ] {
        let page = run(program, &[]).ends_with(0);
        assert!(page.out.contains(ko) && page.err.is_empty(), "{page:?}");
        let page = run(program, &["--lang", "en"]).ends_with(0);
        assert!(page.out.contains(en) && page.err.is_empty(), "{page:?}");
    }
}

#[test]
fn compare_fills_the_articles_table() {
    let page = run("compare", &["--full", "--quick", "--rounds", "1"]).ends_with(0);
    assert_eq!(page.err, "", "no progress bar where there is no terminal");
    for word in
        ["I/O 바운드: 웹 요청", "CPU 바운드: 덧셈 루프", "CPU 바운드: 이미지 처리", "글의 표와 이 컴퓨터의 측정 결과"]
    {
        assert!(page.out.contains(word), "{word}: {}", page.out);
    }
    // A row that nobody was judged on, on a busy machine, is named below the table.
    let unjudged: String = page.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let unjudged: Vec<&str> = unjudged.split("–(판정 없음): ").skip(1).collect();
    for row in ["방식", "병렬성", "GIL 영향", "I/O 바운드", "CPU 바운드", "코드 복잡도"] {
        let rows = page.out.lines().filter(|line| line.starts_with(&format!("│ {row} "))).count();
        let is_named = unjudged.iter().any(|names| names.contains(row));
        assert!(rows == 3 || (rows < 3 && is_named), "{row}: one for each technique, not {rows}: {}", page.out);
    }
    for case in ["웹 요청", "파일 I/O", "대규모 I/O", "웹 서버", "이미지 처리", "ML 연산"] {
        let is_row = page.out.lines().any(|line| line.starts_with(&format!("│ 사용: {case} ")));
        assert!(
            is_row || unjudged.iter().any(|names| names.contains(&format!("사용: {case}"))),
            "{case}: {}",
            page.out
        );
    }
}

#[test]
fn under_the_gil_one_thread_runs_at_a_time() {
    let report: Report = serde_json::from_str(&run("gil-sim", &["--no-python", "--json"]).ends_with(0).out).unwrap();
    assert!(report.traces[1].is_serial(State::Running));
    assert_eq!(report.traces[1].title.en, "Rust, under the GIL");
    assert!(report.measure("switches").unwrap().median() >= 2.0);
}

#[test]
fn pages_fit_their_columns() {
    use unicode_width::UnicodeWidthStr;
    for columns in ["80", "160"] {
        for (program, args) in [
            ("threading", ["cpu", "--no-python"]),
            ("threading", ["pools", "--no-python"]),
            ("threading", ["stack", "--no-python"]),
            ("gil-sim", ["--iterations", "1000000"]),
            ("gil-sim", ["versions", "--no-python"]),
            ("gil-sim", ["bytecode", "--no-python"]),
            ("mutex", ["philosophers", "--no-python"]),
            ("mutex", ["fairness", "--no-python"]),
            ("lab", ["claims", "--no-python"]),
        ] {
            let mut command = tests::run::command(program, &args);
            command.env("COLUMNS", columns);
            let page = harness::finish(harness::start(&mut command)).ends_with(0);
            let widest = page.out.lines().max_by_key(|line| line.width()).unwrap();
            assert!(widest.width() <= columns.parse().unwrap(), "{columns}: {widest}");
            assert!(!page.out.contains('\u{1b}'), "no colour in a pipe");
        }
    }
}
