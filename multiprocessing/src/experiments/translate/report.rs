//! The report: measurements, drawings, notes and the sentence.

use lab::lang::Text;
use lab::report::unit;
use lab::report::{Front, Measure, Report, Table, Unit};
use lab::text;
use lab::trace::Trace;

use crate::translate::modes::MODES;
use crate::translate::translator::UNTRANSLATABLE;

const MOST_SHOWN: usize = 8;

fn title(mode: &str, workers: usize) -> Text {
    match mode {
        "sequence" => text!("순차 실행", "in sequence"),
        "threads" => text!("스레드 {workers}개, 가중치 공유", "threads ({workers}), one copy of the weights"),
        "copies" => text!("프로세스 {workers}개, 사본 하나씩", "processes ({workers}), a copy each"),
        _ => text!("프로세스 {workers}개, 매핑 공유", "processes ({workers}), one mapping"),
    }
}

/// The samples of all rounds, and the lanes of the last one.
pub(super) fn measured(all: &[Vec<Report>; 4], workers: usize) -> Report {
    let mut report = Report::new("multiprocessing/translate");
    for what in ["speed", "start", "memory"] {
        for (mode, reports) in MODES.into_iter().zip(all) {
            let id = format!("{what}.{mode}");
            let found: Vec<&Measure> = reports.iter().filter_map(|report| report.measure(&id)).collect();
            let Some(first) = found.first() else { continue };
            let (title, unit) = (title(mode, workers), first.unit);
            let name =
                Text { ko: format!("{}: {}", first.name.ko, title.ko), en: format!("{}: {}", first.name.en, title.en) };
            let samples = found.iter().flat_map(|measure| measure.samples.clone()).collect();
            report.measures.push(Measure::new(id, name, unit, samples));
        }
    }
    for (mode, reports) in MODES.into_iter().zip(all) {
        let trace = reports.last().and_then(|report| report.traces.first()).cloned().unwrap_or_default();
        report.traces.push(Trace { title: title(mode, workers), ..trace });
    }
    // One copy of the weights each time: for threads, and for processes.
    report.front = vec![Front::Trace(1), Front::Trace(3)];
    report
}

pub(super) fn shown(sentences: &[String], translations: &[String]) -> Table {
    let pairs = sentences.iter().zip(translations).filter(|(sentence, _)| !sentence.is_empty());
    let rows = pairs.take(MOST_SHOWN);
    Table {
        title: text!("번역: 파일의 첫 문장들", "Translations: the first sentences of the file"),
        head: vec![text!("문장", "sentence"), text!("번역", "translation")],
        rows: rows.map(|(from, to)| vec![Text::same(from), Text::same(to)]).collect(),
    }
}

/// Adds the notes and the sentence.
pub(super) fn describe(report: &mut Report, sentences: usize, workers: usize, unknown: usize, untranslatable: usize) {
    report.notes.push(text!(
        "모델이 작아서 짧은 일상 문장만 맞게 번역하고, 그런 문장도 많이 틀립니다. 기본 파일은 맞게 번역하는 문장으로 시작합니다. 전체 번역은 --out으로 저장됩니다. 계산 부하를 만들기 위한 모델이지 번역에 쓰기 위한 모델이 아닙니다.",
        "The model is small: it gets some short everyday sentences right, and many of them wrong. The file that comes with the program begins with some that it gets right; --out writes all. It is here as a workload, not as a translator."
    ));
    if untranslatable > 0 {
        report.notes.push(text!(
            "모델이 아는 글자가 하나도 없어 번역하지 않은 문장: {untranslatable}개. 번역 대신 {UNTRANSLATABLE}를 출력합니다.",
            "Sentences without a character that the model knows: {untranslatable}. They are not translated; {UNTRANSLATABLE} stands in their place."
        ));
    }
    if unknown > 0 {
        report.notes.push(text!(
            "모델이 모르는 글자는 빼고 번역했습니다: {unknown}개.",
            "Characters that the model does not know were left out: {unknown}."
        ));
    }
    report.notes.push(text!(
        "방법마다 새 프로세스에서 측정했습니다. 시작: 모든 워커가 가중치를 갖추고 첫 문장을 시작하기까지의 시간. 초당 문장 수는 시작 시간까지 포함해 계산합니다.",
        "Each mode is measured in a process of its own. Start-up: until every worker has the weights and begins its first sentence. Sentences per second: start-up included."
    ));
    report.notes.push(match report.measure("memory.sequence") {
        Some(_) => text!(
            "메모리: 작업이 끝났을 때 모든 프로세스의 PSS를 더한 값. 공유하는 페이지는 한 번만 셉니다.",
            "Memory: the sum of the PSS of all processes when the work is done; a page that they share counts once."
        ),
        None => text!(
            "메모리: 측정하지 않음: 이 시스템에서는 PSS를 알 수 없습니다.",
            "Memory: not measured: this system does not report the PSS."
        ),
    });
    let median = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let gain = |mode: &str| median(&format!("speed.{mode}")) / median("speed.sequence");
    let memory = |mode: &str| unit::value(median(&format!("memory.{mode}")), Unit::Bytes);
    let (threads, copies, mapped) = (gain("threads"), gain("copies"), gain("mapped"));
    let mut shows = text!(
        "문장 {sentences}개의 번역이 네 방법에서 모두 같습니다. 순차 실행 대비 속도는 스레드 {workers}개 {threads:.2}배, 사본을 하나씩 가진 프로세스 {copies:.2}배, 매핑 하나를 공유하는 프로세스 {mapped:.2}배입니다.",
        "The translations of {sentences} sentences are the same in all four modes. Compared with the sequence, threads ({workers}) had {threads:.2}× the speed, processes with a copy each {copies:.2}×, processes that share a mapping {mapped:.2}×."
    );
    if report.measure("memory.sequence").is_some() {
        let (threads, copies, mapped) = (memory("threads"), memory("copies"), memory("mapped"));
        let more = text!(
            " 메모리는 같은 순서로 {threads}, {copies}, {mapped}입니다.",
            " They took {threads}, {copies} and {mapped} of memory."
        );
        shows = Text { ko: shows.ko + &more.ko, en: shows.en + &more.en };
    }
    report.shows = shows;
}
