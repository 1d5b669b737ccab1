//! The report: measurements, notes and the sentence.

use std::path::Path;

use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::text;

use super::technique_runs::{TECHNIQUES, TechniqueRuns, same_work};

pub(super) fn title(technique: &str, workers: usize) -> Text {
    match technique {
        "sequence" => text!("Rust, 차례로", "Rust, in sequence"),
        "threads" => text!("Rust, 스레드 {workers}개", "Rust, {workers} threads"),
        _ => text!("Rust, 프로세스 {workers}개", "Rust, {workers} processes"),
    }
}

/// Lanes, wall times, and the speed-up against the sequence of the same round, if the same work was done.
pub(super) fn report(workers: usize, runs: [TechniqueRuns; 3]) -> Report {
    let mut report = Report::new("multiprocessing/images");
    for (technique, runs) in TECHNIQUES.into_iter().zip(&runs) {
        let name = title(technique, workers);
        let name = Text { ko: format!("{}: 걸린 시간", name.ko), en: format!("{}: wall time", name.en) };
        report.measures.push(Measure::new(format!("wall.{technique}"), name, Unit::Ns, runs.walls.clone()));
    }
    let compared = if same_work(&runs) { TECHNIQUES.len() } else { 0 };
    for (technique, other) in TECHNIQUES.into_iter().zip(&runs).take(compared).skip(1) {
        let name = title(technique, workers);
        let name = Text { ko: format!("{}: 속도 향상", name.ko), en: format!("{}: speed-up", name.en) };
        let gains = runs[0].walls.iter().zip(&other.walls).map(|(sequence, wall)| sequence / wall).collect();
        report.measures.push(Measure::new(format!("speedup.{technique}"), name, Unit::Times, gains));
    }
    report.traces.extend(runs.map(|runs| runs.trace));
    report
}

/// Adds the failed pictures, the notes, and the sentence.
pub(super) fn describe(report: &mut Report, pictures: usize, out: &Path, broken: &[(&Path, Text)]) {
    let (done, out) = (pictures - broken.len(), out.display());
    for (picture, why) in broken {
        let picture = picture.display();
        report.notes.push(Text {
            ko: format!("처리하지 못한 그림 {picture}: {}", why.ko),
            en: format!("picture failed: {picture}: {}", why.en),
        });
    }
    report.exit_code = u8::from(!broken.is_empty());
    report.notes.push(text!(
        "그림 한 장의 일: 디코딩하고, 투명한 곳은 흰색으로 채우고, 흐리게 하고, 절반 크기로 줄이고, EXIF에 적힌 대로 돌려 JPEG로 인코딩합니다. 프로세스 쪽 시간에는 풀을 시작하는 시간도 들어 있습니다.",
        "The work of a picture: decode, put on white where it is transparent, blur, halve, turn as its EXIF says, encode as a JPEG. The time of the processes includes starting the pool."
    ));
    report.notes.push(text!(
        "결과는 {out} 아래, 방법마다 한 폴더에 있습니다.",
        "The results are below {out}, a folder for each technique."
    ));
    report.notes.push(text!(
        "Rust에는 GIL이 없으니 속도만 보면 스레드로 충분합니다. 프로세스를 쓰는 이유는 격리입니다: 디코더가 abort, 스택 오버플로, 네이티브 코드의 충돌로 죽어도 그 그림 한 장만 잃습니다.",
        "Rust has no GIL: for speed alone threads are enough. The reason for processes is isolation: a decoder that dies of an abort, a stack overflow or a crash in native code costs one picture, not all."
    ));
    let gain = |who: &str| {
        let gain = report.measure(&format!("speedup.{who}"))?;
        Some(unit::value(gain.median(), Unit::Times))
    };
    let Some((threads, processes)) = gain("threads").zip(gain("processes")) else {
        report.shows = text!(
            "그림 {pictures}장 가운데 {done}장을 세 방법이 모두 처리했고, 그 결과가 바이트까지 같습니다. 나머지는 방법마다 달라 한 일이 같지 않으므로 시간을 견주지 않습니다.",
            "{done} of {pictures} pictures were processed by all three techniques, with the same bytes. Not all failed at the same ones: the work differs, so the times are not compared."
        );
        return;
    };
    report.shows = text!(
        "그림 {pictures}장 가운데 {done}장을 처리했고, 세 방법의 결과가 바이트까지 같습니다. 속도는 차례로 할 때의 스레드 {threads}, 프로세스 {processes}입니다.",
        "{done} of {pictures} pictures were processed, with the same bytes by all three techniques. Against the sequence, threads had {threads} the speed, processes {processes}."
    );
}
