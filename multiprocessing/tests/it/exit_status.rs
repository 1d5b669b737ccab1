//! Processes that fail are named, with the reason.

use std::io;
use std::process::{Command, ExitStatus};

use multiprocessing::exit_status::require_success;

fn shell(script: &str) -> io::Result<ExitStatus> {
    Command::new("sh").args(["-c", script]).status()
}

#[test]
fn exit_code_0_is_success() {
    assert!(require_success(vec![]).is_ok());
    assert!(require_success(vec![shell("exit 0"), shell("exit 0")]).is_ok());
}

#[cfg(unix)]
#[test]
fn failed_processes_are_named() {
    let missing = Command::new("/no/such/program").status();
    let ends = vec![shell("exit 3"), shell("exit 0"), shell("kill -9 $$"), shell("exit 3"), missing];
    let error = require_success(ends).unwrap_err();
    assert_eq!(error.code(), 1);
    let known =
        "프로세스 0, 3: 종료 코드 3로 끝났습니다; 프로세스 2: 시그널 9로 끝났습니다; 프로세스 4: 실행할 수 없습니다";
    assert!(error.text().ko.starts_with(known), "{}", error.text().ko);
    let known = "Process 0, 3: ended with exit code 3; Process 2: ended by signal 9; Process 4: cannot be run";
    assert!(error.text().en.starts_with(known), "{}", error.text().en);
}
