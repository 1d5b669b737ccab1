//! Invalid scenario files, machine files and schedules: one clear line in the chosen language says where the mistake is.

#![cfg(unix)] // scenarios talk to their peer over a Unix socket
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use harness::{finish, start};
use lab::lang::has_hangul;
use tests::run::{self, run};
use tests::workspace::workspace;

/// The Korean and the English error line of a command line that is refused before anything runs.
#[track_caller]
fn refused(args: &[&str]) -> [String; 2] {
    ["ko", "en"].map(|lang| {
        let done = run("gil-sim", &[args, &["--no-python", "--lang", lang]].concat()).ends_with(2);
        assert_eq!((done.out.as_str(), done.err.lines().count()), ("", 1), "{args:?}: {done:?}");
        assert_eq!(has_hangul(&done.err), lang == "ko", "{args:?}: {done:?}");
        assert!(!done.err.trim_end().contains(char::is_control), "{args:?}: {done:?}");
        done.err
    })
}

/// The shipped scenario with one thing changed.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let good = fs::read_to_string(workspace().join("gil-sim/scenarios/convoy.toml")).unwrap();
    assert!(good.contains(from), "the scenario has changed");
    good.replacen(from, to, 1).into_bytes()
}

/// Line and column, from 1, of a word in a file.
fn place(words: &[u8], word: &str) -> String {
    let words = String::from_utf8_lossy(words);
    let (line, text) = words.lines().enumerate().find(|(_, line)| line.contains(word)).unwrap();
    let (before, _) = text.split_once(word).unwrap();
    format!("{}:{}", line + 1, before.chars().count() + 1)
}

/// The file, the place of the mistake, and a part of the English error.
fn scenarios() -> Vec<(Vec<u8>, String, &'static str)> {
    let at = |from: &str, to: &str, word: &str, said: &'static str| {
        let words = changed(from, to);
        let at = place(&words, word);
        (words, at, said)
    };
    vec![
        at("interval =", "intervall =", "intervall", "The keys are: version, interval"),
        at("[gil]", "\"a\\nb\" = 1\n[gil]", "\"a", "there is no key 'a\\nb' here"),
        at("\"3.12\"", "\"3.16\"", "\"3.16\"", "expected \"2.7\""),
        at("\"3.12\"", "3.12", "3.12", "expected \"2.7\""),
        at("\"5ms\"", "\"soon\"", "\"soon\"", "expected a duration"),
        at("echo 1ms", "sing 1ms", "\"sing", "expected run, wait"),
        at("echo 1ms", "echo \\u001b[31m", "\"echo", "'\\u{1b}[31m': write a duration"),
        at("echo 1ms", "echo 2h", "\"echo", "write a duration"),
        at("echo 1ms", "run 0s", "[\"run 0s", "must take time"),
        at("echo 1ms", "lock a\", \"unlock a", "[\"lock", "must take time"),
        at("echo 1ms", "lock a", "[\"lock", "still held"),
        at("[\"run forever\"]", "[]", "[]", "at least one step"),
        at("seconds = 2", "seconds = -1", "-1", "expected seconds"),
        at("seconds = 2", "seconds = 2\ncores = 0", "0", "from 1 to 1024"),
        at("name = \"I/O\"", "count = 99999", "99999", "from 1 to 10000"),
        (b"title = '\xec\x95\x84' seconds\n".to_vec(), "1:13".to_owned(), "this is not TOML"),
        (b"\xec\x95\x84 = {".to_vec(), "1:6".to_owned(), "this is not TOML"),
        (Vec::new(), "1:1".to_owned(), "'gil' is missing"),
        (b"seconds = 1\ntitle = \"\xff\"\n".to_vec(), "2:10".to_owned(), "this is not UTF-8"),
    ]
}

#[test]
fn an_invalid_scenario_says_where() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scenario.toml");
    let file = path.to_str().unwrap();
    for (words, at, said) in scenarios() {
        fs::write(&path, &words).unwrap();
        // If the file were accepted by mistake, the missing machine would end the run before anything is measured.
        let both = refused(&["predict", file, "--machine", "no-such-machine"]);
        assert!(both.iter().all(|line| line.starts_with(&format!("{file}:{at}: "))), "{at}: {both:?}");
        assert!(both[1].contains(said), "{said}: {both:?}");
    }
    // The other commands read the same files.
    for args in
        [&["step", file, "--schedule", "a"][..], &["versions", file, "--json"], &["verify", file, "--rounds", "1"]]
    {
        assert!(refused(args)[1].starts_with(&format!("{file}:2:10: ")), "{args:?}");
    }
}

#[test]
fn a_path_that_is_no_file_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap();
    let missing = home.path().join("missing");
    for path in [folder, missing.to_str().unwrap(), "/dev/zero"] {
        for args in
            [&["predict", path][..], &["step", path, "--schedule", "a"], &["predict", "convoy", "--machine", path]]
        {
            assert!(refused(args)[1].starts_with(&format!("{path}: ")), "{args:?}");
        }
    }
    refused(&["predict", ""]);
    refused(&["predict", "convoy", "--machine", ""]);
}

/// Machine files that `calibrate` wrote and that were damaged afterwards.
#[test]
fn an_invalid_machine_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("machine.json");
    let file = path.to_str().unwrap();
    run("gil-sim", &["calibrate", "--out", file]).ends_with(0);
    let good: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let predict = ["predict", "article-waiting", "--machine", file];
    run("gil-sim", &[&predict[..], &["--no-python"]].concat()).ends_with(0);
    let broken = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut machine = good.clone();
        change(&mut machine);
        serde_json::to_vec(&machine).unwrap()
    };
    let whole = serde_json::to_vec(&good).unwrap();
    let files = [
        Vec::new(),
        b"{}".to_vec(),
        b"[]".to_vec(),
        b"nonsense".to_vec(),
        b"\xff".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        broken(&|m| m["surprise"] = 1.into()),
        broken(&|m| m["dispatch"] = (-1).into()),
        broken(&|m| m["wake"]["points"] = serde_json::json!([])),
        broken(&|m| m["late"]["points"] = serde_json::json!([[0, []]])),
        broken(&|m| m["cores"] = 0.into()),
        // More than virtual time can hold.
        broken(&|m| m["late"]["points"] = serde_json::json!([[0, [u64::MAX]]])),
        broken(&|m| m["dispatch"] = u64::MAX.into()),
    ];
    for words in files {
        fs::write(&path, &words).unwrap();
        assert!(refused(&predict)[1].starts_with(&format!("{file}:")), "{}", String::from_utf8_lossy(&words));
    }
}

#[test]
fn a_schedule_that_does_not_fit_says_at_which_turn() {
    for (schedule, said) in [
        ("a1", "turn 2: '1'"),
        ("a!", "turn 2: no letter"),
        ("ab\u{1b}", "turn 3: '\\u{1b}'"),
        ("az", "turn 2, z: there is no such thread"),
        ("!a", "turn 1, !a: CPU begins: no timed wait"),
        ("cc", "turn 2, c: I/O's peer process begins: it sleeps"),
    ] {
        let both = refused(&["step", "--schedule", schedule]);
        assert!(both.iter().all(|line| line.starts_with("--schedule: ")) && both[1].contains(said), "{both:?}");
    }
    refused(&["step", "--schedule", ""]);
    assert!(refused(&["step", "thousands"])[1].contains("2001 threads"));
    refused(&["step", "convoy", "extra"]);
    refused(&["predict", "convoy", "extra"]);
}

/// `step` answers every line of input, and prints a report at its end.
#[test]
fn garbage_on_the_input_of_step_is_answered() {
    let good = "a\nab\n";
    let typed: [&[u8]; 5] =
        [b"\xff\xfe\x00\n", b"nonsense 12\n", b"!!\n*\nu\nu\nu\n\n", &[b'7'; 200_000], good.as_bytes()];
    for (lang, wrong) in [("ko", "여기 올 수 없습니다"), ("en", "cannot stand here")] {
        let mut child = start(run::command("gil-sim", &["step", "--lang", lang, "--no-python"]).stdin(Stdio::piped()));
        let mut input = child.stdin.take().unwrap();
        for line in typed {
            input.write_all(line).unwrap();
        }
        drop(input);
        let done = finish(child).ends_with(0);
        assert!(done.err.matches(wrong).count() >= 4 && !done.err.contains("panicked"), "{}", done.err);
        assert!(!done.err.contains(['\u{fe}', '\0']), "control characters are escaped");
        assert!(done.out.contains("⇒") && has_hangul(&done.err) == (lang == "ko"), "{}", done.out);
    }
    // An input that cannot be read ends the program.
    let folder = fs::File::open(Path::new("/")).unwrap();
    let done = finish(start(run::command("gil-sim", &["step", "--lang", "en"]).stdin(folder))).ends_with(1);
    assert!(done.err.lines().last().unwrap().starts_with("input/output error") && done.out.is_empty(), "{done:?}");
}
