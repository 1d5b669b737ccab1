//! The program as a reader runs it.

use std::process::{Command, Output};

fn mutex(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mutex")).args(args).output().expect("built with this test")
}

#[test]
fn what_it_cannot_use_is_said_in_one_line() {
    for (option, value) in [
        ("--threads", "1"),
        ("--threads", "65"),
        ("--iterations", "0"),
        ("--iterations", "10000001"),
        ("--rounds", "0"),
        ("--rounds", "many"),
    ] {
        let out = mutex(&["counter", option, value, "--lang", "en"]);
        let line = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{line}");
        assert!(line.contains(option) && line.lines().count() == 1, "{line}");
        assert!(out.stdout.is_empty());
    }
}

#[test]
fn the_smallest_run_shows_everything_in_both_languages() {
    for (lang, words) in [("ko", ["락 대기", "금지", "std::sync::Mutex"]), ("en", ["waiting", "forbidden", "3.10"])]
    {
        let smallest =
            ["--threads", "2", "--iterations", "1", "--rounds", "1", "--full", "--no-python", "--lang", lang];
        let out = mutex(&smallest);
        let page = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success());
        assert!(words.iter().all(|word| page.contains(word)), "{page}");
    }
}

#[test]
fn every_experiment_says_in_one_line_what_it_cannot_use() {
    for (experiment, option, value) in [
        ("versions", "--threads", "1"),
        ("check-then-act", "--trades", "0"),
        ("bounded-buffer", "--capacity", "0"),
        ("bounded-buffer", "--consumers", "33"),
        ("deadlock", "--timeout", "0"),
        ("deadlock", "--rounds", "-1"),
        ("philosophers", "--seats", "1"),
        ("philosophers", "--meals", "many"),
        ("across-await", "--timeout", "NaN"),
        ("rwlock", "--rounds", "0"),
        ("fairness", "--section", "1"),
        ("fairness", "--seconds", "0"),
        ("contention", "--threads", "65"),
        ("poison", "--threads", "2"),
    ] {
        let out = mutex(&[experiment, option, value, "--lang", "en"]);
        let line = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{line}");
        assert!(line.contains(option) && line.lines().count() == 1, "{line}");
        assert!(out.stdout.is_empty());
    }
}

#[test]
fn every_experiment_shows_itself_in_both_languages() {
    let small: [(&str, &[&str], [&str; 2]); 10] = [
        ("versions", &[], ["유실 가능", "may lose"]),
        ("check-then-act", &["--trades", "20"], ["자체 락", "own lock"]),
        ("poison", &[], ["일부만 변경된 데이터", "half changed"]),
        ("bounded-buffer", &["--items", "50"], ["꺼낼 항목 없음", "nothing there"]),
        ("deadlock", &["--rounds", "1", "--timeout", "0.02"], ["교착", "deadlock"]),
        ("philosophers", &["--seats", "3", "--meals", "5"], ["라이브락", "livelock"]),
        ("across-await", &["--timeout", "0.05"], ["타이머", "Ticker"]),
        ("rwlock", &["--rounds", "20", "--threads", "2"], ["리더", "Reader"]),
        ("fairness", &["--seconds", "0.02", "--threads", "2"], ["최장 대기 시간", "longest wait"]),
        ("contention", &["--seconds", "0.002", "--threads", "2"], ["초당 갱신", "updates a second"]),
    ];
    for (experiment, options, [ko, en]) in small {
        for (lang, word, hangul) in [("ko", ko, true), ("en", en, false)] {
            let out = mutex(&[&[experiment][..], options, &["--full", "--no-python", "--lang", lang]].concat());
            let page = String::from_utf8(out.stdout).unwrap();
            assert!(
                out.status.success() && out.stderr.is_empty(),
                "{experiment}: {}",
                String::from_utf8_lossy(&out.stderr)
            );
            assert!(page.contains(word), "{page}");
            assert_eq!(lab::lang::has_hangul(&page), hangul, "{page}");
        }
    }
}
