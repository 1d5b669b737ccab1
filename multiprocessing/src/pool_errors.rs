//! The pool's errors in both languages: the library itself has only English ones.

use lab::lang::Text;
use lab::{Error, text};
use process_pool::{End, Failure, Panic, WorkerLoss};

pub trait Bilingual {
    fn text(&self) -> Text;
}

/// The program's error for that of [`process_pool::Builder::build`]: `builder.build().map_err(pool_errors::failed)?`.
pub fn failed(error: process_pool::Error) -> Error {
    match error {
        process_pool::Error::NoWorkers => Error::usage(error.text()),
        _ => Error::failed(error.text()),
    }
}

/// The error of a run in which task `n` failed.
pub fn task_error(n: usize, why: &Text) -> Error {
    Error::failed(Text { ko: format!("작업 {n}: {}", why.ko), en: format!("task {n}: {}", why.en) })
}

impl Bilingual for process_pool::Error {
    fn text(&self) -> Text {
        use process_pool::Error::*;
        match self {
            NoWorkers => text!("워커는 하나 이상이어야 합니다.", "a pool needs at least one worker."),
            NotInitialized => text!(
                "main의 첫 줄에서 process_pool::init을 호출하지 않았습니다.",
                "process_pool::init was not called in the first line of main."
            ),
            NoMemoryLimit => text!(
                "이 시스템에서는 워커의 메모리를 제한할 수 없습니다.",
                "the memory of a worker cannot be limited on this system."
            ),
            NoSharedMemory(e) => {
                text!(
                    "프로세스끼리 공유할 메모리를 할당할 수 없습니다: {e}",
                    "cannot allocate memory to share with processes: {e}"
                )
            }
            NoWorkerStarts(last) => {
                let Text { ko, en } = last.text();
                text!("워커를 시작할 수 없습니다: {ko}", "no worker can be started: {en}")
            }
            Unsupported => {
                text!("이 시스템에는 프로세스 풀이 없습니다.", "there is no pool of processes on this system.")
            }
        }
    }
}

impl Bilingual for Failure {
    fn text(&self) -> Text {
        match self {
            Failure::Panicked(panic) => Text { ko: korean_panic("패닉", panic), en: self.to_string() },
            Failure::Aborted { panic, attempts } => {
                let aborted = korean_panic("패닉으로 워커가 중단되었습니다", panic);
                Text { ko: format!("{aborted} (시도 {attempts}번)"), en: self.to_string() }
            }
            Failure::Died { how, attempts } => {
                let Text { ko, en } = how.text();
                Text {
                    ko: format!("워커가 죽었습니다: {ko} (시도 {attempts}번)"),
                    en: format!("its worker died: {en} (attempts: {attempts})"),
                }
            }
            Failure::TimedOut { attempts } => {
                text!("시간 제한을 넘겼습니다 (시도 {attempts}번)", "over the time limit (attempts: {attempts})")
            }
            Failure::Unreadable(why) => text!("주고받을 수 없는 값입니다: {why}", "cannot be sent: {why}"),
            Failure::NoWorker(last) => {
                let Text { ko, en } = last.text();
                Text {
                    ko: format!("작업을 맡길 워커가 없습니다: {ko}"),
                    en: format!("there is no worker for it: {en}"),
                }
            }
            Failure::Cancelled => text!("취소되었습니다", "cancelled"),
            Failure::Labelled { label, failure } => {
                let Text { ko, en } = failure.text();
                Text { ko: format!("{label}: {ko}"), en: format!("{label}: {en}") }
            }
            Failure::Unknown(name) => {
                text!(
                    "'{name}': process_pool::task!로 선언하지 않은 작업입니다",
                    "'{name}' is not registered: tasks are declared with process_pool::task!"
                )
            }
        }
    }
}

/// What happened, where, and the panic's message.
fn korean_panic(what: &str, panic: &Panic) -> String {
    match &panic.location {
        Some(at) => format!("{what} ({at}): {}", panic.message),
        None => format!("{what}: {}", panic.message),
    }
}

impl Bilingual for WorkerLoss {
    fn text(&self) -> Text {
        match self {
            WorkerLoss::Ended(end) => end.text(),
            WorkerLoss::NotStarted(e) => Text::same(e.clone()),
            WorkerLoss::NotAWorker => text!(
                "이 프로그램은 process_pool::init으로 시작하지 않습니다",
                "this program does not begin with process_pool::init"
            ),
            WorkerLoss::Initializer(failure) => {
                let Text { ko, en } = failure.text();
                Text {
                    ko: format!("워커 초기화 함수가 실패했습니다: {ko}"),
                    en: format!("the initializer failed: {en}"),
                }
            }
            WorkerLoss::ShutDown => text!("풀이 종료되었습니다", "the pool was shut down"),
            WorkerLoss::Forked => text!(
                "풀을 만든 프로세스가 아니라 거기서 fork된 프로세스입니다",
                "the pool belongs to the process that this one was forked from"
            ),
        }
    }
}

impl Bilingual for End {
    fn text(&self) -> Text {
        match *self {
            End::Signal(n) => text!("시그널 {n}", "signal {n}"),
            End::Code(n) => text!("종료 코드 {n}", "exit code {n}"),
            End::Stopped => text!("외부에서 중지했습니다", "it was stopped from outside"),
            End::ProtocolError => {
                text!("프로토콜에 맞지 않는 데이터를 보냈습니다", "it sent data that is not in the protocol")
            }
            End::Unknown => text!("이유를 알 수 없습니다", "for an unknown reason"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_request_is_told_from_a_failed_run() {
        assert_eq!(failed(process_pool::Error::NoWorkers).code(), 2);
        assert_eq!(failed(process_pool::Error::NotInitialized).code(), 1);
    }

    #[test]
    fn reasons_within_reasons_are_translated() {
        let killed = WorkerLoss::Ended(End::Signal(9));
        assert_eq!(
            failed(process_pool::Error::NoWorkerStarts(killed.clone())).text().ko,
            "워커를 시작할 수 없습니다: 시그널 9"
        );
        assert_eq!(Failure::NoWorker(killed).text().ko, "작업을 맡길 워커가 없습니다: 시그널 9");
        let died = Failure::Died { how: End::Code(1), attempts: 3 };
        assert_eq!(died.text().ko, "워커가 죽었습니다: 종료 코드 1 (시도 3번)");
        assert_eq!(died.text().en, died.to_string());
    }
}
