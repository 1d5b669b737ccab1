//! What each thread did when, as lanes to draw: each stretch between two samples in the state that took most of it.

use std::collections::BTreeMap;

use lab::text;
use lab::trace::{Lane, Span, State, Trace};

use super::sample::Sample;
use crate::wait::Wait;

/// More threads than this are not drawn.
const MOST_LANES: usize = 64;
/// Nor are more spans, all lanes together.
const MOST_SPANS: usize = 20_000;

/// The lanes so far, by process and thread.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: BTreeMap<(u32, u32), Vec<Span>>,
    spans: usize,
}

impl Lanes {
    /// Adds what a thread did between two samples.
    pub fn add(&mut self, from: u64, to: u64, sample: &Sample) {
        if !self.lanes.contains_key(&sample.id) && self.lanes.len() >= MOST_LANES {
            return;
        }
        let spans = self.lanes.entry(sample.id).or_default();
        let state = state(sample);
        match spans.last_mut() {
            Some(last) if last.state == state && last.end == from => last.end = to,
            _ if self.spans < MOST_SPANS => {
                spans.push(Span { state, start: from, end: to });
                self.spans += 1;
            }
            _ => {}
        }
    }

    /// The drawing.
    pub fn finish(self) -> Trace {
        let lane = |((pid, tid), spans): ((u32, u32), Vec<Span>)| {
            let name = if pid == tid {
                text!("프로세스 {pid}", "process {pid}")
            } else {
                // A narrow page cuts the end of a name; the thread tells lanes apart.
                text!("스레드 {tid}({pid})", "thread {tid} ({pid})")
            };
            Lane { name, spans }
        };
        let title = text!("프로그램의 스레드, 샘플로 본 것", "the program's threads, as sampled");
        Trace::new(title, self.lanes.into_iter().map(lane).collect())
    }
}

fn state(sample: &Sample) -> State {
    let Sample { on_core, delayed, blocked, .. } = *sample;
    match () {
        () if delayed > on_core.max(blocked) => State::Ready,
        () if blocked > on_core => match sample.wait {
            Some(Wait::Gil | Wait::Lock) => State::WaitingForLock,
            Some(Wait::Unknown) | None => State::Idle,
            Some(_) => State::WaitingForIo,
        },
        // It has just begun, and nothing is known of it yet.
        () if on_core == 0.0 => State::Idle,
        () if sample.holds_gil == Some(false) => State::Native,
        () => State::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(on_core: f64, delayed: f64, blocked: f64) -> Sample {
        Sample { on_core, delayed, blocked, id: (7, 7), wait: Some(Wait::Socket), ..Sample::default() }
    }

    #[test]
    fn the_greater_part_of_a_stretch_is_drawn() {
        assert_eq!(state(&sample(6.0, 2.0, 2.0)), State::Running);
        assert_eq!(state(&Sample { holds_gil: Some(false), ..sample(6.0, 2.0, 2.0) }), State::Native);
        assert_eq!(state(&sample(2.0, 6.0, 2.0)), State::Ready);
        assert_eq!(state(&sample(2.0, 2.0, 6.0)), State::WaitingForIo);
        assert_eq!(state(&Sample { wait: Some(Wait::Gil), ..sample(0.0, 0.0, 6.0) }), State::WaitingForLock);
    }

    #[test]
    fn stretches_in_one_state_become_one_span() {
        let mut lanes = Lanes::default();
        lanes.add(0, 10, &sample(9.0, 0.0, 0.0));
        lanes.add(10, 20, &sample(9.0, 0.0, 0.0));
        lanes.add(20, 30, &sample(0.0, 0.0, 9.0));
        lanes.add(0, 10, &Sample { id: (7, 8), ..sample(9.0, 0.0, 0.0) });
        let trace = lanes.finish();
        let spans: Vec<Vec<(u64, u64)>> =
            trace.lanes.iter().map(|lane| lane.spans.iter().map(|span| (span.start, span.end)).collect()).collect();
        assert_eq!(spans, [vec![(0, 20), (20, 30)], vec![(0, 10)]]);
    }
}
