//! Who held the GIL and who waited for it, read from the file of the sampling profiler of CPython 3.15.
//!
//! The file is a processed profile of the Firefox Profiler: columns of markers per thread, times in ms since `meta.startTime`, names as
//! indices into one table of strings. CPython writes a marker "Has GIL" or "Waiting for GIL" for each period in which all samples of a
//! thread said so (`Lib/profiling/sampling/gecko_collector.py`), and its `startTime` is `time.monotonic()`, our own clock. Format:
//! <https://github.com/firefox-devtools/profiler/blob/main/docs-developer/processed-profile-format.md>.

use lab::lang::Text;
use lab::text;
use lab::trace::{Lane, Span, State, Trace};
use serde::Deserialize;

/// The latest time, in ms: a century. Up to here an `f64` keeps the µs, and ns fit into 64 bits.
const LATEST: f64 = 3.2e12;

#[derive(Deserialize)]
struct Profile {
    meta: Meta,
    threads: Vec<Thread>,
    shared: Shared,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    /// Between two samples, on average.
    interval: f64,
    start_time: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shared {
    string_array: Vec<String>,
}

#[derive(Deserialize)]
struct Thread {
    /// The thread's native id.
    tid: u64,
    markers: Markers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Markers {
    length: usize,
    name: Vec<usize>,
    start_time: Vec<Option<f64>>,
    end_time: Vec<Option<f64>>,
}

/// What a profile says of the GIL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GilSpans {
    /// Between two samples, in ns: what is shorter may be missing.
    pub grain: u64,
    /// Each thread by its native id, with its spans in order of time.
    threads: Vec<(u64, Vec<Span>)>,
}

impl GilSpans {
    /// Reads a profile. The error is what is wrong with it.
    pub fn read(json: &str) -> Result<GilSpans, Text> {
        let profile: Profile = serde_json::from_str(json).map_err(|e| {
            text!("프로파일러의 파일을 읽을 수 없습니다: {e}", "the profiler's file cannot be read: {e}")
        })?;
        let grain = ns(profile.meta.interval)?;
        let threads = profile.threads.iter().map(|thread| {
            let spans = spans(&thread.markers, &profile.shared.string_array, profile.meta.start_time);
            spans.map(|spans| (thread.tid, spans))
        });
        let threads = threads.collect::<Result<Vec<_>, Text>>()?;
        if !threads.iter().flat_map(|(_, spans)| spans).any(|span| span.state == State::Running) {
            return Err(text!(
                "프로파일러의 파일에 GIL을 쥔 스레드가 없습니다",
                "no thread holds the GIL in the profiler's file"
            ));
        }
        Ok(GilSpans { grain, threads })
    }

    /// The lanes of these threads, by native id. The threads of the interpreter's own are left out.
    pub fn trace(&self, title: Text, lanes: impl IntoIterator<Item = (u64, Text)>) -> Result<Trace, Text> {
        let lane = |(id, name): (u64, Text)| match self.threads.iter().find(|(tid, _)| *tid == id) {
            Some((_, spans)) => Ok(Lane { name, spans: spans.clone() }),
            None => Err(text!(
                "프로파일러의 파일에 스레드 {id}이(가) 없습니다",
                "there is no thread {id} in the profiler's file"
            )),
        };
        Ok(Trace::new(title, lanes.into_iter().map(lane).collect::<Result<_, Text>>()?))
    }
}

/// The spans of one thread. Where a sample found it holding the GIL and waiting for it, it held it: it had just got it.
fn spans(markers: &Markers, strings: &[String], zero: f64) -> Result<Vec<Span>, Text> {
    let Markers { length, name, start_time, end_time } = markers;
    if [name.len(), start_time.len(), end_time.len()].iter().any(|n| n != length) {
        return Err(text!(
            "프로파일러의 파일에서 마커 표의 열 길이가 서로 다릅니다",
            "in the profiler's file the columns of the markers differ in length"
        ));
    }
    let (mut holds, mut waits) = (Vec::new(), Vec::new());
    for ((name, start), end) in name.iter().zip(start_time).zip(end_time) {
        let name = strings.get(*name).ok_or_else(|| {
            text!("프로파일러의 파일에 {name}번 문자열이 없습니다", "there is no string {name} in the profiler's file")
        })?;
        let (state, into) = match name.as_str() {
            "Has GIL" => (State::Running, &mut holds),
            "Waiting for GIL" => (State::WaitingForLock, &mut waits),
            _ => continue,
        };
        let at = |ms: &Option<f64>| ms.map_or(Err(not_a_time()), |ms| ns(zero + ms));
        let (start, end) = (at(start)?, at(end)?);
        if end < start {
            return Err(not_a_time());
        }
        into.push(Span { state, start, end });
    }
    Ok(without_overlap(holds, waits))
}

/// The holds, and what is left of the waits between them.
fn without_overlap(mut holds: Vec<Span>, waits: Vec<Span>) -> Vec<Span> {
    holds.sort_by_key(|span| (span.start, span.end));
    let mut all = holds.clone();
    for wait in waits {
        let mut start = wait.start;
        for hold in holds.iter().filter(|hold| hold.start < wait.end && hold.end > wait.start) {
            all.push(Span { start, end: hold.start.max(start), ..wait });
            start = start.max(hold.end);
        }
        all.push(Span { start, end: wait.end.max(start), ..wait });
    }
    all.retain(|span| span.start < span.end);
    all.sort_by_key(|span| span.start);
    all
}

fn ns(ms: f64) -> Result<u64, Text> {
    if (0.0..=LATEST).contains(&ms) { Ok((ms * 1e6).round() as u64) } else { Err(not_a_time()) }
}

fn not_a_time() -> Text {
    text!(
        "프로파일러의 파일에 시각이 아닌 값이 있거나, 끝이 시작보다 앞섭니다",
        "in the profiler's file there is a value that is no time, or an end before its start"
    )
}
