//! The report of a run, and of the twin beside it.

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

/// What ran in Rust.
const RUST: &str = "Rust, tokio current_thread";

pub(crate) fn report(plan: &FetchPlan, done: Outcome, server: Option<&Server>, pythons: &[Interpreter]) -> Report {
    let mut report = Report::new("asyncio/fetch");
    report.shows = shows(&done);
    report.measures.push(Measure::new("wall", text!("벽시계", "wall"), Unit::Ns, vec![done.wall]));
    // Results before times: with failures the work was not that of the ideal.
    let ideal = ideal(plan).filter(|_| done.summary.ok() == done.summary.ended());
    if let Some(ideal) = ideal {
        report.measures.push(Measure::new("wall.ideal", text!("이상적인 벽시계", "ideal wall"), Unit::Ns, vec![ideal]));
        report.measures.push(times(
            "wall.times-ideal",
            text!("벽시계, 이상의", "wall, of the ideal"),
            done.wall / ideal,
        ));
    }
    let peak = done.summary.answered.peak();
    let waiting = text!("동시에 기다린 호출 최대", "waiting at once");
    report.measures.push(Measure::new("peak", waiting, Unit::Count, vec![peak as f64]));
    report.measures.extend(done.summary.measures());
    report.tables.extend(done.summary.table());
    report.verdicts.push(judge(RUST, plan, peak, &done.summary));
    report.exit_code = plan.fail_on.exit_code(done.summary.ok(), done.summary.ended());
    report.notes.extend(left_out(&done));
    #[cfg(feature = "https")]
    if plan.trust == super::tls::Trust::Anybody {
        report.notes.push(insecure());
    }
    report.traces.push(done.trace);
    let spoilt = plan.targets.own().is_some_and(|(_, faults)| faults.any());
    match server.filter(|_| !spoilt) {
        Some(server) => compare(&mut report, plan, server, ideal, pythons),
        None => report.verdicts.push(Verdict::not_measured(CLAIM, "CPython", why_no_twin(plan))),
    }
    report.notes.extend(notes(plan));
    report
}

fn times(id: impl Into<String>, name: Text, ratio: f64) -> Measure {
    Measure::new(id, name, Unit::Times, vec![ratio])
}

/// The time that the waiting alone takes, where it is known: rounds of as many calls as run at a time, each as long as the delay.
fn ideal(plan: &FetchPlan) -> Option<f64> {
    let (delay, faults) = plan.targets.own()?;
    let known = !faults.any() && !delay.is_zero() && plan.interval.is_none() && plan.per_host.is_none();
    let rounds = plan.calls?.div_ceil(plan.concurrency);
    known.then_some(rounds as f64 * delay.as_nanos() as f64)
}

/// The same calls from CPython, with each of the libraries that it has.
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
                let name = Text { ko: format!("{ko}, 이상의"), en: format!("{en}, of the ideal") };
                times(format!("{}.times-ideal", wall.id), name, wall.median() / ideal)
            })
            .collect();
        report.measures.extend(ratios);
    }
}

/// Refused and failed calls have not waited: where they leave too little, nothing is said.
fn judge(on: &str, plan: &FetchPlan, peak: usize, summary: &Summary) -> Verdict {
    let (ok, ended) = (summary.ok(), summary.ended());
    if ok < ended && peak < 2 {
        let why = text!(
            "호출 {ended}번 가운데 {ok}번만 응답을 받아 함께 기다린 것이 없습니다",
            "only {ok} of {ended} calls were answered, and none waited together"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    judge_peak(on, plan, peak)
}

fn judge_peak(on: &str, plan: &FetchPlan, peak: usize) -> Verdict {
    let all = plan.workers();
    if all < 2 {
        let why = text!("함께 기다릴 호출이 없습니다", "there is no other call to wait together with");
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = text!(
        "동시에 둘 수 있는 {all}개 가운데 최대 {peak}개가 스레드 하나에서 함께 기다림",
        "{peak} of the {all} allowed at once waited together, on one thread"
    );
    Verdict::seen(CLAIM, on, peak > 1, evidence)
}

fn why_no_twin(plan: &FetchPlan) -> Text {
    if plan.targets.own().is_some() {
        text!(
            "쌍둥이는 재시도하지 않으므로 --inject와 함께 돌지 않습니다",
            "the twin does not retry, so it does not run with --inject"
        )
    } else {
        text!(
            "남의 서버에 같은 요청을 여러 번 보내지 않습니다",
            "somebody else's server is not sent the same requests several times"
        )
    }
}

fn shows(done: &Outcome) -> Text {
    let (calls, ok, wall) = (done.summary.ended(), done.summary.ok(), unit::duration(done.wall));
    let (failed, retries, peak) = (calls - ok, done.summary.retries, done.summary.answered.peak());
    let waited = match ok {
        0 => text!("응답을 받은 것이 없습니다.", "None was answered."),
        _ => text!(
            "스레드 하나에서 동시에 최대 {peak}개가 기다렸습니다.",
            "{peak} waited at once at the peak, on one thread."
        ),
    };
    let (ko, en) = (waited.ko, waited.en);
    text!(
        "호출 {calls}번에 {wall}: 결과 {ok}개, 이름 있는 실패 {failed}개, 재시도 {retries}번. {ko}",
        "{calls} calls took {wall}: {ok} results, {failed} named failures, {retries} retries. {en}"
    )
}

#[cfg(feature = "https")]
pub(crate) fn insecure() -> Text {
    text!(
        "--insecure: 서버가 누구인지 확인하지 않습니다. 중간의 누구든 읽고 바꿀 수 있습니다.",
        "--insecure: nobody checks who the server is. Whoever sits in between can read and change everything."
    )
}

/// What an earlier run had done already.
fn left_out(done: &Outcome) -> Option<Text> {
    let before = done.done_before;
    (before > 0).then(|| {
        text!(
            "앞서 끝난 호출 {before}개는 다시 하지 않았습니다.",
            "{before} calls were done before and not done again."
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
            "한 번에 {concurrency}개. 서버는 이 프로세스의 다른 스레드에 있고 {delay} 뒤에 답하므로, 클라이언트와 코어를 나눠 씁니다. CPython이 부를 때에는 서버만 이 프로세스에서 돕니다.",
            "{concurrency} at a time. The server is another thread of this process, answers after {delay}, and shares the cores with the client. While CPython calls, only the server runs in this process."
        ));
    }
    let method = &plan.request.method;
    let which = match plan.request.is_idempotent() || plan.retry.any_method {
        true => text!(
            "재시도는 {retries}번까지({method}은 되풀이해도 됩니다)",
            "up to {retries} retries follow it (a {method} may be repeated)"
        ),
        false => text!(
            "{method}은 되풀이하면 두 번 처리될 수 있으므로 연결하지 못했을 때만 다시 합니다",
            "a {method} could be carried out twice and is repeated only when there was no connection"
        ),
    };
    let (ko, en) = (which.ko, which.en);
    notes.push(text!(
        "요청 하나의 한도 {timeout}, {ko}. 지연 시간은 첫 시도부터 재시도와 그 사이의 쉼까지 모두입니다. 앞의 호출이 끝나야 다음을 보내므로, 서버가 느려지면 보내는 것도 느려집니다.",
        "A request may take {timeout}, and {en}. Latency is from the first attempt on, retries and the pauses between them included. A worker sends its next call when the last has ended: a server that slows down slows the sending too."
    ));
    if let Some((_, faults)) = plan.targets.own().filter(|(_, faults)| faults.any()) {
        let [error, close, never] =
            [faults.error, faults.close, faults.never].map(|share| unit::value(share, Unit::Share));
        notes.push(text!(
            "서버가 시도마다 일부러 낸 고장: 500 응답 {error}, 연결 끊기 {close}, 무응답 {never}.",
            "What the server spoilt on purpose, of all attempts: {error} answered 500, {close} closed, {never} never answered."
        ));
    }
    notes
}
