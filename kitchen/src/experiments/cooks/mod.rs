//! Six kitchens, dish by dish and cook by cook: who waits, who switches, who works at the same time, and for what they wait.
//!
//! Article: 병렬성과 동시성의 차이, 비유. Run: `cargo run -p kitchen`. Python twin: `python/kitchens.py`.

pub mod report;

use std::time::Duration;

use lab::cli::{Choice, Experiment, Options};
use lab::machine::{self, Watch};
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::{Result, text, twin_script};

use crate::dish::Minute;
use crate::hands;
use crate::kitchens::{ALL, Chosen, Order};
use crate::questions;
use crate::verdicts::{self, FREE_THREADS, ONE_COOK, TASKS_WAIT};

/// `cargo run -p kitchen`, and `-- cooks`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("요리 수: 요리사가 여럿이면 한 사람이 하나씩", "number of dishes; several cooks make one each");
    let dishes = options.size("dishes", 2..=16, 3, about);
    let about = text!("레시피의 1분이 걸리는 시간(초)", "how long a minute of the recipe takes, in seconds");
    let minute = options.seconds("seconds", 0.0..=10.0, 0.02, about);
    let chosen = options.choice("kitchen", Chosen::All, text!("한 주방만", "one kitchen only"));
    let about =
        text!("여섯 주방: 요리사, 요리, 화구 하나, 칼 하나", "six kitchens: cooks, dishes, one stove, one knife");
    Experiment::new("cooks", about, options, move |a| run(a.get(chosen), a.get(dishes), a.get(minute), a.pythons()))
        .asks(|_| questions::all())
}

/// Runs the kitchens, here and on CPython.
pub fn run(chosen: Chosen, dishes: usize, lasts: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("kitchen/cooks");
    let kitchens = match chosen {
        Chosen::All => ALL.to_vec(),
        Chosen::One(kitchen) => vec![kitchen],
    };
    let order = Order { dishes, minute: Minute::that_lasts(lasts) };
    let watch = Watch::start();
    for kitchen in &kitchens {
        let trace = kitchen.run(order)?;
        report.measures.extend(report::measures(*kitchen, &trace));
        report.traces.push(hands::of(*kitchen, &trace));
        report.traces.push(trace);
    }
    // The dishes first, then the hands of the same run.
    report.traces.chunks_mut(2).for_each(<[_]>::reverse);
    for (kitchen, traces) in kitchens.iter().zip(report.traces.chunks(2)) {
        report.verdicts.extend(report::judge(*kitchen, &traces[0], watch.foreign()));
    }
    // One cook who switches and several cooks: the article's pair.
    report.front = if kitchens.len() > 1 { vec![Front::Trace(2), Front::Trace(4)] } else { Vec::new() };
    report.shows = report::shows(&report, &kitchens, dishes);
    let args = [chosen.word().to_owned(), dishes.to_string(), lasts.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("kitchens"), &args, &[TASKS_WAIT, ONE_COOK], |python, twin| {
        verdicts::of_twin(python, twin, watch.foreign(), &[TASKS_WAIT, ONE_COOK, FREE_THREADS])
    });
    // Of our own kitchens every second drawing shows the dishes, of the twin's all do.
    let (ours, twins) = report.traces.split_at(2 * kitchens.len());
    report.tables = vec![report::table(ours.iter().step_by(2).chain(twins))];
    report.measures_in_tables = true;
    report.notes.insert(0, report::note(lasts));
    report.notes.push(machine::others_used(watch.foreign()));
    Ok(report)
}
