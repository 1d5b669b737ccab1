//! What a judge answers. `promises.rs` of a lab has one function, `pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken>`.

use kit::Recorded;
use lab::lang::Text;
use lab::text;

/// The judge of a lab: whether a promise was kept in a run of the promise's scenario.
pub type Judge = fn(promise: &str, run: &Recorded) -> Result<(), Broken>;

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What was seen instead, in a sentence.
    pub seen: Text,
    /// Where in the lanes.
    pub place: Option<Place>,
}

/// A stretch of a lane, in ns of the trace's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lane, by its number in the trace.
    pub lane: usize,
    /// Where it begins.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
}

impl Broken {
    /// Without a place in the lanes.
    pub fn seen(seen: Text) -> Broken {
        Broken { seen, place: None }
    }

    /// With a place in the lanes.
    pub fn at(seen: Text, lane: usize, from: u64, to: u64) -> Broken {
        Broken { seen, place: Some(Place { lane, from, to }) }
    }

    /// With a whole lane as its place, from its first span to its last; without a place if it has none.
    pub fn in_lane(seen: Text, run: &Recorded, lane: usize) -> Broken {
        match run.trace.lanes.get(lane).and_then(|lane| Some((lane.spans.first()?, lane.spans.last()?))) {
            Some((first, last)) => Broken::at(seen, lane, first.start, last.end),
            None => Broken::seen(seen),
        }
    }

    /// A fact that every run of the scenario writes down is missing: the driver did not get there, or the judge asks for another name.
    pub fn without(fact: &str) -> Broken {
        Broken::seen(text!(
            "실행 기록에 '{fact}'이(가) 없습니다. 실행이 거기까지 가지 못했습니다.",
            "the record has no '{fact}': the run did not get that far."
        ))
    }
}

/// For `promises.rs`: kept if the condition holds, else broken as told.
pub fn ensure(holds: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken()) }
}

/// For `promises.rs`: a fact of the run, which is broken if it is missing.
pub fn fact<T: serde::de::DeserializeOwned>(run: &Recorded, name: &str) -> Result<T, Broken> {
    run.fact(name).ok_or_else(|| Broken::without(name))
}
