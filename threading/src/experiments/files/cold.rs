//! The same files with a cold cache: threads wait for the disk.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::{State, Trace};
use lab::{Result, stats, text};

use super::cache;
use super::file_set::{FileSet, Workload};
use super::techniques::{TECHNIQUES, title};
use crate::overlap::{self, CLAIM};

/// A read counts as cold if at least this part came from storage.
const COLD: f64 = 0.5;
/// What the claim is tried on.
const ON: &str = "Rust, std::fs";

#[derive(Default)]
struct ColdReads {
    /// Wall times of each technique, in ns.
    walls: [Vec<f64>; TECHNIQUES.len()],
    /// The smallest part of a read that came from storage.
    least: Option<f64>,
    /// The lanes of the last read in threads.
    threads: Option<Trace>,
}

/// Runs every technique in turn. Returns the speed-up of threads; `None` if the cache could not be made cold, with the reason in the
/// report.
pub fn measure(report: &mut Report, files: &mut FileSet, workload: &Workload) -> Result<Option<f64>> {
    let cold = read(files, workload)?;
    // Whole pages are read, and read ahead: it may be more than the files.
    let percent = unit::value(cold.least.unwrap_or_default().min(1.0), Unit::Share);
    let why = match cold.least {
        None => text!(
            "이 시스템에서는 캐시를 버리도록 요청할 수 없습니다",
            "this system cannot be asked to drop cached files"
        ),
        Some(least) if least < COLD => text!(
            "캐시를 버리도록 요청했지만 디스크에서 읽은 것은 {percent}뿐입니다",
            "although the system was asked to drop the files, only {percent} of them came from storage"
        ),
        Some(_) if !files.same_by_all() => {
            text!("읽은 결과가 방식마다 다릅니다", "the techniques did not read the same")
        }
        Some(_) => {
            report.notes.push(note(&percent));
            return Ok(Some(show(report, workload, cold)));
        }
    };
    let (ko, en) = (&why.ko, &why.en);
    report.notes.push(text!("콜드 캐시: 측정하지 않음: {ko}.", "Cold cache: not measured: {en}."));
    report.verdicts.push(Verdict::not_measured(CLAIM, ON, why));
    Ok(None)
}

fn read(files: &mut FileSet, workload: &Workload) -> Result<ColdReads> {
    let mut cold = ColdReads::default();
    for _ in 0..workload.rounds {
        for (n, technique) in TECHNIQUES.into_iter().enumerate() {
            if !cache::drop_cached(&files.paths) {
                return Ok(ColdReads::default());
            }
            let before = cache::from_storage();
            let trace = files.read_by(technique, workload.threads)?;
            let Some((before, after)) = before.zip(cache::from_storage()) else {
                return Ok(ColdReads::default());
            };
            let part = (after - before) as f64 / files.bytes.max(1) as f64;
            cold.least = Some(cold.least.map_or(part, |least| least.min(part)));
            cold.walls[n].push(trace.duration() as f64);
            if technique == "threads" {
                cold.threads = Some(trace);
            }
        }
    }
    Ok(cold)
}

fn show(report: &mut Report, workload: &Workload, cold: ColdReads) -> f64 {
    let median = |n: usize| stats::median(&cold.walls[n]).unwrap_or(f64::NAN);
    let gain = median(0) / median(1);
    let named = |Text { ko, en }: &Text| text!("{ko}, 콜드 캐시", "{en}, cold cache");
    for (technique, samples) in TECHNIQUES.into_iter().zip(cold.walls) {
        let name = named(&title(technique, workload.threads));
        report.measures.push(Measure::new(format!("cold.{technique}"), name, Unit::Ns, samples));
    }
    if let Some(trace) = cold.threads {
        let peak = trace.peak_in_flight(&[State::WaitingForIo]);
        report.verdicts.push(overlap::judge(ON, trace.lanes.len(), peak, 2));
        report.traces.push(Trace { title: named(&trace.title), ..trace });
    }
    gain
}

fn note(percent: &str) -> Text {
    text!(
        "콜드 캐시: 읽기 전에 파일마다 posix_fadvise(DONTNEED)로 캐시를 버리도록 요청했고, 적어도 {percent}를 디스크에서 읽었습니다. 파일의 이름과 길이, 저장 장치 자체의 캐시는 남아 있습니다.",
        "Cold cache: before reading, posix_fadvise(DONTNEED) on every file; at least {percent} came from storage. File names and lengths stay cached, and so does what the storage device itself caches."
    )
}
