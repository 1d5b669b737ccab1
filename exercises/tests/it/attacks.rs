//! A submission that does harm costs its own points, and nobody else anything. Each test is one attack beside an honest neighbour.
//! Most attackers do what a solution does if the attack succeeds, so that they get all points where the guard is missing.

use std::fs;
use std::os::unix::fs::symlink;

use crate::grade::{attack, running};
use crate::submissions::{Folder, grade_of, lab_file, points};

/// The solution, with other code in front of it.
fn solution_with(code: &str) -> String {
    format!("{}\n{}", lab_file("solution.rs").replace("pub fn run_all", "fn never_called"), attack(code))
}

/// Grades an attacker beside a neighbour. The attacker gets no points and is told so; the neighbour gets all of his.
#[track_caller]
fn costs_itself_its_points(folder: &Folder, source: &str, told: &str) {
    costs_itself_its_points_for_one_of(folder, source, &[told]);
}

#[track_caller]
fn costs_itself_its_points_for_one_of(folder: &Folder, source: &str, told: &[&str]) {
    folder.add("attacker", source);
    nobody_else_for_one_of(folder, told);
}

#[track_caller]
fn nobody_else(folder: &Folder, told: &str) {
    nobody_else_for_one_of(folder, &[told]);
}

#[track_caller]
fn nobody_else_for_one_of(folder: &Folder, told: &[&str]) {
    folder.add("neighbour", &lab_file("solution.rs"));
    let sheet = folder.graded();
    let attacker = grade_of(&sheet, "attacker");
    assert_eq!(points(&sheet, "attacker"), 0, "{attacker:#}");
    assert!(told.iter().any(|told| attacker.to_string().contains(told)), "{told:?}: {attacker:#}");
    assert_eq!(points(&sheet, "neighbour"), 10, "{:#}", grade_of(&sheet, "neighbour"));
    assert_eq!(fs::read_to_string(folder.file_of("neighbour")).unwrap(), lab_file("solution.rs"));
}

#[test]
fn does_not_compile() {
    costs_itself_its_points(&Folder::new(), "pub fn run_all( {", "it does not compile");
}

#[test]
fn keeps_the_compiler_busy_for_ever() {
    let source = "#![allow(long_running_const_eval)]\nconst fn f(mut n: u64) -> u64 {\n    loop {\n        n = n.wrapping_mul(3).wrapping_add(1);\n        \
                  if n == 0 {\n            return n;\n        }\n    }\n}\nconst Y: u64 = f(1);\n";
    let solution = solution_with("std::hint::black_box(Y);");
    let solution: String =
        solution.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect();
    costs_itself_its_points(&Folder::new(), &(source.to_owned() + &solution), "of CPU time");
}

#[test]
fn computes_for_ever() {
    costs_itself_its_points(&Folder::new(), &solution_with("loop { std::hint::spin_loop(); }"), "does not end");
}

#[test]
fn forks_without_end() {
    let code = r#"loop { let _ = std::process::Command::new("sleep").arg("60").spawn(); }"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "processes and threads or more");
}

/// Processes that double come to the kernel's limit between two looks of the supervisor, and most of them end there.
#[test]
fn forks_that_fork() {
    let code = r#"std::process::Command::new("sh").args(["-c", "f() { f | f & }; f; while :; do :; done"]).status().unwrap();"#;
    let told = ["processes and threads or more", "printed more than", "does not end"];
    costs_itself_its_points_for_one_of(&Folder::new(), &solution_with(code), &told);
}

#[test]
fn starts_threads_without_end() {
    let code = "loop { let _ = std::thread::Builder::new().spawn(|| std::thread::sleep(std::time::Duration::from_secs(60))); }";
    costs_itself_its_points(&Folder::new(), &solution_with(code), "processes and threads or more");
}

#[test]
fn uses_up_the_memory() {
    // In steps that one process is allowed, in several processes, so that the sum counts.
    let code = r#"let hog = "$x = 'a' x (400 << 20); sleep 60";
        let hogs: Vec<_> = (0..6).map(|_| std::process::Command::new("perl").args(["-e", hog]).spawn().unwrap()).collect();
        for mut hog in hogs { let _ = hog.wait(); }"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "of memory");
}

#[test]
fn allocates_more_than_there_is() {
    let code = "let mut all = Vec::new(); loop { all.push(vec![1_u8; 64 << 20]); }";
    costs_itself_its_points(&Folder::new(), &solution_with(code), "without leaving a record");
}

#[test]
fn fills_the_disk_with_one_file() {
    let code = r#"use std::io::Write;
        let mut file = std::fs::File::create("large").unwrap();
        while file.write_all(&[1; 1 << 20]).is_ok() {}"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "a file larger than");
}

#[test]
fn fills_the_disk_with_many_files() {
    let code = r#"for number in 0.. { let _ = std::fs::write(format!("file-{number}"), vec![1; 4 << 20]); }"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "into its folder");
}

#[test]
fn makes_files_without_end() {
    let code = r#"for number in 0.. { let _ = std::fs::write(format!("file-{number}"), ""); }"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "into its folder");
}

#[test]
fn prints_a_gigabyte() {
    let code = r#"use std::io::Write;
        for _ in 0..1024 { let _ = std::io::stdout().write_all(&[b'y'; 1 << 20]); }"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "it printed more than");
}

#[test]
fn reads_its_neighbours_answers() {
    let folder = Folder::new();
    folder.add("neighbour", &lab_file("solution.rs"));
    // Where the teacher has it, and in the copies that are graded at the same time.
    let path = folder.file_of("neighbour");
    let code = format!(
        r#"let others = std::fs::read_dir("/tmp").into_iter().flatten().flatten().map(|e| e.path().join("copy/submission.rs"));
        let mut others = others.chain([{path:?}.into()]).filter(|path| !path.starts_with(std::env::current_dir().unwrap()));
        assert!(others.any(|path| std::fs::read(path).is_ok()), "there was nothing to copy");"#
    );
    costs_itself_its_points(&folder, &solution_with(&code), "there was nothing to copy");
}

#[test]
fn compiles_its_neighbours_answers() {
    for how in ["#[path = PATH]\nmod theirs;\npub use theirs::run_all;\n", "include!(PATH);\n"] {
        let folder = Folder::new();
        folder.add("neighbour", &lab_file("solution.rs").replace("//!", "//"));
        let path = folder.file_of("neighbour");
        folder.add("attacker", &how.replace("PATH", &format!("{path:?}")));
        let sheet = folder.graded();
        assert_eq!((points(&sheet, "attacker"), points(&sheet, "neighbour")), (0, 10), "{sheet:#}");
    }
}

/// No Landlock is needed for this: a file that may be read is still not the submission's own.
#[test]
fn reads_a_public_file_while_it_is_compiled() {
    let source = lab_file("solution.rs") + "\npub const LICENSE: &str = include_str!(\"/etc/passwd\");\n";
    costs_itself_its_points(&Folder::new(), &source, "not its own: /etc/passwd");
}

#[test]
fn writes_outside_of_its_copy() {
    let folder = Folder::new();
    let word = format!("exercises-attack-{}", std::process::id());
    let places = [folder.path().join(&word), std::env::temp_dir().join(&word), "/dev/shm".into(), "/var/tmp".into()]
        .map(|place| if place.is_dir() { place.join(&word) } else { place });
    let code = format!(
        "let places = {places:?};\n    assert!(places.iter().any(|place| std::fs::write(place, \"\").is_ok()), \"nothing was written\");"
    );
    costs_itself_its_points(&folder, &solution_with(&code), "nothing was written");
    let written: Vec<_> = places.iter().filter(|place| place.exists()).collect();
    written.iter().for_each(|place| fs::remove_file(place).unwrap());
    assert!(written.is_empty(), "{written:?}");
}

#[test]
fn ends_before_anything_is_recorded() {
    costs_itself_its_points(&Folder::new(), &solution_with("std::process::exit(0);"), "without leaving a record");
}

/// A record that is right in all but the nonce: a run of its own, whose document it puts in the place of the true one. Whoever uses
/// the true nonce, which is in the environment, gets his points: one process has no secrets from itself.
#[test]
fn hands_in_a_record_of_another_run() {
    let code = r#"let out = std::env::var("KIT_OUT").unwrap();
        if std::env::var("KIT_NONCE").unwrap() != "forged" {
            let mut again = std::process::Command::new(std::env::current_exe().unwrap());
            again.arg(std::env::args().nth(1).unwrap()).env("KIT_NONCE", "forged");
            assert!(again.status().unwrap().success() && std::path::Path::new(&out).exists());
            std::process::exit(0);
        }"#;
    let folder = Folder::new();
    costs_itself_its_points(&folder, &solution_with(code), "without leaving a record");
    let sheet = folder.graded();
    let notes = grade_of(&sheet, "attacker")["notes"].to_string();
    assert!(notes.contains("KIT_OUT"), "the teacher is told to look: {notes}");
}

#[test]
fn leaves_a_pipe_instead_of_a_record() {
    let code = r#"let out = std::env::var("KIT_OUT").unwrap();
        std::process::Command::new("mkfifo").arg(out).status().unwrap();
        std::process::exit(0);"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "without leaving a record");
}

#[test]
fn leaves_a_daemon() {
    let word = format!("8{}", std::process::id());
    let script = format!("setsid sh -c 'setsid sleep {word} >/dev/null 2>&1 & exit' >/dev/null 2>&1 &");
    let code = format!("std::process::Command::new(\"sh\").args([\"-c\", {script:?}]).status().unwrap();");
    costs_itself_its_points(&Folder::new(), &solution_with(&code), "still running and were killed");
    assert!(!running(&word), "it is still running");
}

#[test]
fn kills_whatever_it_may() {
    let code = r#"std::process::Command::new("sh").args(["-c", "kill -9 -1; kill -9 $PPID"]).status().unwrap();"#;
    costs_itself_its_points(&Folder::new(), &solution_with(code), "without leaving a record");
}

#[test]
fn is_a_link_to_its_neighbours_file() {
    let folder = Folder::new();
    folder.add("attacker", "");
    fs::remove_file(folder.file_of("attacker")).unwrap();
    symlink(folder.file_of("neighbour"), folder.file_of("attacker")).unwrap();
    nobody_else(&folder, "links are not followed");
}

#[test]
fn is_a_pipe_that_nobody_writes_to() {
    let folder = Folder::new();
    folder.add("attacker", "");
    fs::remove_file(folder.file_of("attacker")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.file_of("attacker")).status().unwrap();
    assert!(made.success());
    nobody_else(&folder, "cannot be read");
}

#[test]
fn is_larger_than_a_source_file() {
    let source = lab_file("solution.rs") + &"//\n".repeat(400_000);
    costs_itself_its_points(&Folder::new(), &source, "larger than");
}

#[test]
fn brings_its_own_build_and_its_own_judge() {
    let folder = Folder::new();
    folder.add("attacker", &lab_file("mutants/written_down.rs"));
    let own = folder.file_of("attacker").parent().unwrap().to_owned();
    for (file, text) in [
        ("promises.rs", "pub fn judge(_: &str, _: &kit::Recorded) -> Result<(), ()> { Ok(()) }"),
        ("lab.toml", "promises = []"),
        ("driver.rs", "pub fn run(_: &str, _: &kit::Run) {}"),
        ("main.rs", "fn main() {}"),
        ("build.rs", "fn main() { std::fs::write(\"built\", \"\").unwrap() }"),
        ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\nbuild = \"build.rs\"\n"),
        ("rust-toolchain.toml", "[toolchain]\npath = \"/tmp\"\n"),
    ] {
        fs::write(own.join(file), text).unwrap();
    }
    nobody_else(&folder, "together");
    assert!(!own.join("built").exists());
}
