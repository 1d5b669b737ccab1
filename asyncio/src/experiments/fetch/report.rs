//! The report of a run, with the twin's results beside it.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::{text, twin_script};
use web::Server;

use super::plan::{FetchPlan, Outcome};
use super::summary::Summary;
use crate::overlap::CLAIM;

/// The name of the Rust run in verdicts.
const RUST: &str = "Rust, tokio current_thread";

pub(crate) fn report(plan: &FetchPlan, done: Outcome, server: Option<&Server>, pythons: &[Interpreter]) -> Report {
    let mut report = Report::new("asyncio/fetch");
    report.shows = shows(&done);
    report.measures.push(Measure::new("wall", text!("벽시계 시간", "wall time"), Unit::Ns, vec![done.wall]));
    // With failures, less work was done than in the ideal run, so that the times are not compared.
    let ideal = ideal(plan).filter(|_| done.summary.ok() == done.summary.ended());
    if let Some(ideal) = ideal {
        report.measures.push(Measure::new(
            "wall.ideal",
            text!("이상적인 벽시계 시간", "ideal wall time"),
            Unit::Ns,
            vec![ideal],
        ));
        report.measures.push(times(
            "wall.times-ideal",
            text!("벽시계 시간, 이상적인 값 대비", "wall time, relative to the ideal"),
            done.wall / ideal,
        ));
    }
    let peak = done.summary.answered.peak();
    let waiting = text!("동시에 기다린 호출의 최대 수", "calls waiting at once, peak");
    report.measures.push(Measure::new("peak", waiting, Unit::Count, vec![peak as f64]));
    report.measures.extend(done.summary.measures());
    report.tables.extend(done.summary.table());
    report.verdicts.push(judge(RUST, plan, peak, &done.summary));
    report.exit_code = plan.fail_on.exit_code(done.summary.ok(), done.summary.ended());
    report.notes.extend(skipped(&done));
    #[cfg(feature = "https")]
    if plan.trust == super::tls::Trust::Unverified {
        report.notes.push(insecure());
    }
    report.traces.push(done.trace);
    let has_faults = plan.targets.own().is_some_and(|(_, faults)| faults.any());
    match server.filter(|_| !has_faults) {
        Some(server) => compare(&mut report, plan, server, ideal, pythons),
        None => report.verdicts.push(Verdict::not_measured(CLAIM, "CPython", why_no_twin(plan))),
    }
    report.notes.extend(notes(plan));
    report
}

fn times(id: impl Into<String>, name: Text, ratio: f64) -> Measure {
    Measure::new(id, name, Unit::Times, vec![ratio])
}

/// The wall time if every call took exactly the delay: the number of rounds of `concurrency` calls, times the delay. `None` if the
/// delay is unknown, or if other limits apply.
fn ideal(plan: &FetchPlan) -> Option<f64> {
    let (delay, faults) = plan.targets.own()?;
    let known = !faults.any() && !delay.is_zero() && plan.interval.is_none() && plan.per_host.is_none();
    let rounds = plan.calls?.div_ceil(plan.concurrency);
    known.then_some(rounds as f64 * delay.as_nanos() as f64)
}

/// Runs the same calls on CPython, with each of its installed libraries.
fn compare(report: &mut Report, plan: &FetchPlan, server: &Server, ideal: Option<f64>, pythons: &[Interpreter]) {
    let args = [
        format!("{}/", server.url()),
        plan.calls.unwrap_or(0).to_string(),
        plan.concurrency.to_string(),
        plan.timeout.as_secs_f64().to_string(),
    ];
    let before = report.measures.len();
    python::join(report, pythons, twin_script!("fetch"), &args, &[CLAIM], |python, twin| {
        let peak = twin.measure("peak.asyncio").map(|peak| peak.median() as usize);
        peak.map(|peak| judge_peak(&format!("{python}, asyncio"), plan, peak)).into_iter().collect()
    });
    if let Some(ideal) = ideal {
        let walls = report.measures[before..].iter().filter(|measure| measure.id.contains(".wall."));
        let ratios: Vec<Measure> = walls
            .map(|wall| {
                let (ko, en) = (&wall.name.ko, &wall.name.en);
                let name =
                    Text { ko: format!("{ko}, 이상적인 값 대비"), en: format!("{en}, relative to the ideal") };
                times(format!("{}.times-ideal", wall.id), name, wall.median() / ideal)
            })
            .collect();
        report.measures.extend(ratios);
    }
}

/// The verdict on the Rust run. Failed calls do not count as waiting; if too few others are left, the claim is not measured.
fn judge(on: &str, plan: &FetchPlan, peak: usize, summary: &Summary) -> Verdict {
    let (ok, ended) = (summary.ok(), summary.ended());
    if ok < ended && peak < 2 {
        let why = text!(
            "호출 {ended}번 중 {ok}번만 성공했고, 함께 기다린 호출이 없습니다",
            "calls that succeeded: {ok} of {ended}; none waited together"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    judge_peak(on, plan, peak)
}

fn judge_peak(on: &str, plan: &FetchPlan, peak: usize) -> Verdict {
    let all = plan.workers();
    if all < 2 {
        let why = text!("동시에 보내는 호출이 하나뿐입니다", "there is only one call at a time");
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = text!(
        "동시에 허용된 호출 {all}개 중 최대 {peak}개가 스레드 하나에서 함께 기다림",
        "up to {peak} of the {all} calls allowed at once waited together, on one thread"
    );
    Verdict::seen(CLAIM, on, peak > 1, evidence)
}

fn why_no_twin(plan: &FetchPlan) -> Text {
    if plan.targets.own().is_some() {
        text!(
            "파이썬 대응 프로그램은 재시도하지 않으므로 --inject와 함께 실행하지 않습니다",
            "the twin does not retry, so it is not run with --inject"
        )
    } else {
        text!(
            "다른 사람의 서버에는 같은 요청을 반복해서 보내지 않습니다",
            "the same requests are not repeated on somebody else's server"
        )
    }
}

fn shows(done: &Outcome) -> Text {
    let (calls, ok, wall) = (done.summary.ended(), done.summary.ok(), unit::duration(done.wall));
    let (failed, retries, peak) = (calls - ok, done.summary.retries, done.summary.answered.peak());
    let waited = match ok {
        0 => text!("성공한 호출이 없습니다.", "No call succeeded."),
        _ => {
            text!("스레드 하나에서 동시에 최대 {peak}개가 기다렸습니다.", "Up to {peak} waited at once, on one thread.")
        }
    };
    let (ko, en) = (waited.ko, waited.en);
    text!(
        "호출 {calls}번에 {wall} 걸렸습니다: 성공 {ok}번, 실패 {failed}번, 재시도 {retries}번. {ko}",
        "Calls: {calls} in {wall}; {ok} succeeded, {failed} failed, retries: {retries}. {en}"
    )
}

#[cfg(feature = "https")]
pub(crate) fn insecure() -> Text {
    text!(
        "--insecure: 서버의 인증서를 검증하지 않습니다. 중간에서 누구든 데이터를 읽고 바꿀 수 있습니다.",
        "--insecure: the server's certificate is not verified. Anyone on the network path can read and change the data."
    )
}

/// The calls that an earlier run had completed.
fn skipped(done: &Outcome) -> Option<Text> {
    let before = done.done_before;
    (before > 0).then(|| {
        text!(
            "앞선 실행에서 성공한 호출 {before}개는 다시 보내지 않았습니다.",
            "Calls that had succeeded in an earlier run and were not made again: {before}."
        )
    })
}

fn notes(plan: &FetchPlan) -> Vec<Text> {
    let FetchPlan { concurrency, .. } = plan;
    let timeout = unit::duration(plan.timeout.as_nanos() as f64);
    let retries = plan.retry.most;
    let mut notes = Vec::new();
    if let Some((delay, _)) = plan.targets.own() {
        let delay = unit::duration(delay.as_nanos() as f64);
        notes.push(text!(
            "동시에 {concurrency}개까지 보냅니다. 서버는 이 프로세스의 다른 스레드에서 {delay} 뒤에 응답하며, 클라이언트와 코어를 나눠 씁니다. CPython을 측정하는 동안 이 프로세스에서는 서버만 실행됩니다.",
            "Calls in flight: at most {concurrency}. The server is another thread of this process, answers after {delay}, and shares the cores with the client. While CPython is measured, only the server runs in this process."
        ));
    }
    let method = &plan.request.method;
    let which = match plan.request.is_idempotent() || plan.retry.any_method {
        true => text!(
            "재시도는 {retries}번까지 합니다({method} 요청은 반복해도 안전합니다)",
            "Retries: at most {retries} (a {method} request is safe to repeat)"
        ),
        false => text!(
            "재시도는 연결하지 못했을 때만 {retries}번까지 합니다({method} 요청은 반복하면 두 번 처리될 수 있습니다)",
            "Retries: at most {retries}, only when there was no connection (a repeated {method} request could be carried out twice)"
        ),
    };
    let (ko, en) = (which.ko, which.en);
    notes.push(text!(
        "요청 하나의 시간 제한은 {timeout}이고, {ko}. 지연 시간은 첫 시도부터 재시도와 그 사이의 대기까지 포함합니다. 워커는 앞의 호출이 끝나야 다음 호출을 보내므로, 서버가 느려지면 보내는 속도도 느려집니다.",
        "The time limit for a request is {timeout}. {en}. Latency counts from the first attempt and includes retries and the pauses between them. A worker sends its next call only after the last one has ended, so a slow server also slows down the sending."
    ));
    if let Some((_, faults)) = plan.targets.own().filter(|(_, faults)| faults.any()) {
        let [error, close, never] =
            [faults.error, faults.close, faults.never].map(|share| unit::value(share, Unit::Share));
        notes.push(text!(
            "서버에 주입한 오류(시도당 비율): 500 응답 {error}, 연결 끊기 {close}, 무응답 {never}.",
            "Faults injected into the server, as shares of the attempts: status 500 {error}, connection closed {close}, no response {never}."
        ));
    }
    notes
}
