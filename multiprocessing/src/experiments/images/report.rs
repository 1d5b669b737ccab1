//! The report: measurements, notes and the sentence.

use std::path::Path;

use lab::lang::Text;
use lab::report::{Front, Measure, Report, Unit};
use lab::text;

use super::technique_runs::{TECHNIQUES, TechniqueRuns, same_work};

pub(super) fn title(technique: &str, workers: usize) -> Text {
    match technique {
        "sequence" => text!("Rust, 순차 실행", "Rust, in sequence"),
        "threads" => text!("Rust, 스레드 {workers}개", "Rust, threads ({workers})"),
        _ => text!("Rust, 프로세스 {workers}개", "Rust, processes ({workers})"),
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
    // The pair that the sentence compares: threads and processes.
    report.front = vec![Front::Trace(1), Front::Trace(2)];
    report
}

/// Adds the failed pictures, the notes, and the sentence.
pub(super) fn describe(report: &mut Report, pictures: usize, out: &Path, broken: &[(&Path, Text)]) {
    let (done, out) = (pictures - broken.len(), out.display());
    for (picture, why) in broken {
        let picture = picture.display();
        report.notes.push(Text {
            ko: format!("처리하지 못한 이미지 {picture}: {}", why.ko),
            en: format!("picture failed: {picture}: {}", why.en),
        });
    }
    report.exit_code = u8::from(!broken.is_empty());
    report.notes.push(text!(
        "이미지마다 디코딩하고, 투명한 부분을 흰색으로 채우고, 블러를 적용하고, 절반으로 축소하고, EXIF 방향대로 회전해 JPEG로 인코딩합니다. 프로세스의 시간에는 풀을 시작하는 시간도 포함됩니다.",
        "The work on a picture: decode, fill transparent parts with white, blur, halve, rotate as its EXIF says, encode as a JPEG. The time of the processes includes starting the pool."
    ));
    report.notes.push(text!(
        "결과는 {out} 아래에 방법별 폴더로 있습니다.",
        "The results are below {out}, a folder for each technique."
    ));
    report.notes.push(text!(
        "Rust에는 GIL이 없으니 속도만 보면 스레드로 충분합니다. 프로세스를 쓰는 이유는 격리입니다: 디코더가 abort, 스택 오버플로, 네이티브 코드의 충돌로 죽어도 그 이미지 한 장만 잃습니다.",
        "Rust has no GIL: for speed alone threads are enough. The reason for processes is isolation: a decoder that dies of an abort, a stack overflow or a crash in native code costs one picture, not all."
    ));
    let gain = |who: &str| report.measure(&format!("speedup.{who}")).map(Measure::median);
    let Some((threads, processes)) = gain("threads").zip(gain("processes")) else {
        report.shows = text!(
            "이미지 {pictures}장 가운데 {done}장은 세 방법으로 모두 처리했고, 결과가 바이트까지 같습니다. 실패한 이미지가 방법마다 달라 수행한 작업이 같지 않으므로 시간을 비교하지 않습니다.",
            "{done} of {pictures} pictures were processed by all three techniques, with the same bytes. The techniques did not fail on the same pictures, so the work differs and the times are not compared."
        );
        return;
    };
    report.shows = text!(
        "이미지 {pictures}장 가운데 {done}장을 처리했고, 세 방법의 결과가 바이트까지 같습니다. 순차 실행 대비 속도는 스레드 {threads:.2}배, 프로세스 {processes:.2}배입니다.",
        "{done} of {pictures} pictures were processed, with the same bytes from all three techniques. Compared with the sequence, threads had {threads:.2}× the speed, processes {processes:.2}×."
    );
}
