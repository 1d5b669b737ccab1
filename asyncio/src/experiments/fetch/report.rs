//! The report of a run, and of the twin beside it.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::{text, twin_script};
use web::Server;

use super::plan::{FetchPlan, Outcome};
use crate::overlap::CLAIM;

/// What ran in Rust.
const RUST: &str = "Rust, tokio current_thread";

pub(crate) fn report(plan: &FetchPlan, done: Outcome, server: Option<&Server>, pythons: &[Interpreter]) -> Report {
    let mut report = Report::new("asyncio/fetch");
    report.shows = shows(plan, &done);
    report.measures.push(Measure::new("wall", text!("벽시계", "wall"), Unit::Ns, vec![done.wall]));
    let ideal = ideal(plan);
    if let Some(ideal) = ideal {
        report.measures.push(Measure::new("wall.ideal", text!("이상적인 벽시계", "ideal wall"), Unit::Ns, vec![ideal]));
        report.measures.push(times(
            "wall.times-ideal",
            text!("벽시계, 이상의", "wall, of the ideal"),
            done.wall / ideal,
        ));
    }
    let peak =
        Measure::new("peak", text!("동시에 기다린 호출 최대", "waiting at once"), Unit::Count, vec![done.peak as f64]);
    report.measures.push(peak);
    report.measures.extend(done.summary.measures());
    report.tables.extend(done.summary.table());
    report.verdicts.push(judge(RUST, plan, done.peak));
    report.traces.push(done.trace);
    match server.filter(|_| !plan.faults.any()) {
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
    let known = plan.targets.is_empty() && !plan.faults.any() && !plan.delay.is_zero();
    let rounds = plan.calls.div_ceil(plan.concurrency);
    known.then_some(rounds as f64 * plan.delay.as_nanos() as f64)
}

/// The same calls from CPython, with each of the libraries that it has.
fn compare(report: &mut Report, plan: &FetchPlan, server: &Server, ideal: Option<f64>, pythons: &[Interpreter]) {
    let args = [
        format!("{}/", server.url()),
        plan.calls.to_string(),
        plan.concurrency.to_string(),
        plan.timeout.as_secs_f64().to_string(),
    ];
    let before = report.measures.len();
    python::join(report, pythons, twin_script!("fetch"), &args, &[CLAIM], |python, twin| {
        let peak = twin.measure("peak.asyncio").map(|peak| peak.median() as usize);
        peak.map(|peak| judge(&format!("{python}, asyncio"), plan, peak)).into_iter().collect()
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

fn judge(on: &str, plan: &FetchPlan, peak: usize) -> Verdict {
    let all = plan.concurrency.min(plan.calls);
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
    if plan.targets.is_empty() {
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

fn shows(plan: &FetchPlan, done: &Outcome) -> Text {
    let (calls, ok, wall) = (plan.calls, done.summary.ok(), unit::duration(done.wall));
    let (failed, retries, peak) = (done.summary.ended() - ok, done.summary.retries, done.peak);
    text!(
        "호출 {calls}번에 {wall}: 결과 {ok}개, 이름 있는 실패 {failed}개, 재시도 {retries}번. 스레드 하나에서 동시에 최대 {peak}개가 기다렸습니다.",
        "{calls} calls took {wall}: {ok} results, {failed} named failures, {retries} retries. {peak} waited at once at the peak, on one thread."
    )
}

fn notes(plan: &FetchPlan) -> Vec<Text> {
    let FetchPlan { concurrency, .. } = plan;
    let timeout = unit::duration(plan.timeout.as_nanos() as f64);
    let retries = plan.retry.most;
    let mut notes = Vec::new();
    if plan.targets.is_empty() {
        let delay = unit::duration(plan.delay.as_nanos() as f64);
        notes.push(text!(
            "한 번에 {concurrency}개. 서버는 이 프로세스의 다른 스레드에 있고 {delay} 뒤에 답하므로, 클라이언트와 코어를 나눠 씁니다. CPython이 부를 때에는 서버만 이 프로세스에서 돕니다.",
            "{concurrency} at a time. The server is another thread of this process, answers after {delay}, and shares the cores with the client. While CPython calls, only the server runs in this process."
        ));
    }
    notes.push(text!(
        "시도 하나의 한도 {timeout}, 재시도는 {retries}번까지(GET이므로 되풀이해도 됩니다). 지연 시간은 첫 시도부터 재시도와 그 사이의 쉼까지 모두입니다. 앞의 호출이 끝나야 다음을 보내므로, 서버가 느려지면 보내는 것도 느려집니다.",
        "An attempt may take {timeout}, and up to {retries} retries follow it (a GET may be repeated). Latency is from the first attempt on, retries and the pauses between them included. A worker sends its next call when the last has ended: a server that slows down slows the sending too."
    ));
    if plan.faults.any() {
        let faults = plan.faults;
        let [error, close, never] =
            [faults.error, faults.close, faults.never].map(|share| unit::value(share, Unit::Share));
        notes.push(text!(
            "서버가 시도마다 일부러 낸 고장: 500 응답 {error}, 연결 끊기 {close}, 무응답 {never}.",
            "What the server spoilt on purpose, of all attempts: {error} answered 500, {close} closed, {never} never answered."
        ));
    }
    notes
}
