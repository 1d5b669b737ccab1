//! `meta`: what the page must know before it draws anything.

use gil_sim::interpreters;
use gil_sim::sampling;
use gil_sim::vm::version::Version;
use kitchen::kitchens::ALL;
use lab::lang::{Lang, Text};
use lab::python::Interpreter;
use lab::render::state_style;
use lab::trace::State;
use lab::{Result, machine};
use serde::Serialize;
use serde_json::Value;

use super::counter::VERSIONS;
use crate::limits;
use crate::scenarios;

#[derive(Clone, Debug, Serialize)]
pub struct Meta {
    states: Vec<OfState>,
    versions: Vec<Lock>,
    bytecode_versions: Vec<OfVersion>,
    pub scenarios: Vec<OfScenario>,
    kitchens: Vec<Named>,
    pythons: Vec<Python>,
    cores: usize,
    limits: Limits,
    pub grid: Grid,
    pub exported: bool,
}

#[derive(Clone, Debug, Serialize)]
struct OfState {
    id: State,
    name: Text,
    fill: &'static str,
    glyph: char,
    mark: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Lock {
    id: &'static str,
    name: &'static str,
    gil: bool,
}

#[derive(Clone, Debug, Serialize)]
struct OfVersion {
    id: &'static str,
    name: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct OfScenario {
    pub id: &'static str,
    title: Text,
    pub scenario: Value,
}

#[derive(Clone, Debug, Serialize)]
struct Named {
    id: &'static str,
    name: Text,
}

#[derive(Clone, Debug, Serialize)]
struct Python {
    id: usize,
    name: String,
    why_not: Option<Text>,
    /// Whether the interpreter itself says who holds its GIL.
    lanes: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Limits {
    threads: usize,
    groups: usize,
    steps: usize,
    seconds: u64,
    interpreters: usize,
    cores: usize,
    schedule: usize,
    real_seconds: u64,
}

/// The settings that the exported page has for each scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Grid {
    pub scenarios: Vec<&'static str>,
    pub versions: Vec<&'static str>,
    pub cores: Vec<usize>,
    pub intervals: Vec<&'static str>,
}

/// The locks that differ.
const LOCKS: [(&str, &str, bool); 4] =
    [("2.7", "2.7–3.1", true), ("3.12", "3.2–3.12", true), ("3.13", "3.13–3.15", true), ("free", "3.13t–3.15t", false)];

pub fn answer(pythons: &[Interpreter]) -> Result<Meta> {
    let scenarios = scenarios::all()?;
    let of_state = |state: State| OfState {
        id: state,
        name: Text { ko: state_style::name(state, Lang::Ko).into(), en: state_style::name(state, Lang::En).into() },
        fill: state_style::fill(state),
        glyph: state_style::glyph(state),
        mark: state.is_mark(),
    };
    let of_python = |(id, python): (usize, &Interpreter)| Python {
        id,
        name: python.to_string(),
        why_not: interpreters::lock_of(python).err(),
        lanes: sampling::can_judge(python).is_ok(),
    };
    Ok(Meta {
        states: State::ALL.into_iter().map(of_state).collect(),
        versions: LOCKS.into_iter().map(|(id, name, gil)| Lock { id, name, gil }).collect(),
        bytecode_versions: VERSIONS
            .iter()
            .map(|(id, version)| OfVersion { id, name: Version::name(*version) })
            .collect(),
        grid: Grid {
            scenarios: scenarios.iter().map(|one| one.id).collect(),
            versions: LOCKS.iter().map(|(id, ..)| *id).collect(),
            cores: vec![1, 2, 4],
            intervals: vec!["1ms", "5ms", "20ms"],
        },
        scenarios: scenarios
            .into_iter()
            .map(|one| OfScenario { id: one.id, title: one.title, scenario: one.json })
            .collect(),
        kitchens: ALL.iter().map(|kitchen| Named { id: kitchen.id(), name: kitchen.name() }).collect(),
        pythons: pythons.iter().enumerate().map(of_python).collect(),
        cores: machine::cores(),
        limits: Limits {
            threads: limits::THREADS,
            groups: limits::GROUPS,
            steps: limits::STEPS,
            seconds: limits::SECONDS,
            interpreters: limits::INTERPRETERS,
            cores: limits::CORES,
            schedule: limits::TURNS,
            real_seconds: limits::REAL_SECONDS,
        },
        exported: false,
    })
}
