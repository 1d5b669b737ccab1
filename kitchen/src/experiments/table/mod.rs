//! The section's table with what was measured: the same kitchens on one core and on all, with a knife each and with one.
//!
//! Article: 병렬성과 동시성의 차이, the table. Run: `cargo run -p kitchen -- table`. Python twin: `python/kitchens.py`.

pub mod cooked;
pub mod report;

use std::time::Duration;

use lab::affinity::on_one_core;
use lab::cli::{Experiment, Options};
use lab::machine::{self, Watch};
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::{Error, Result, text, twin_script};

use crate::dish::Minute;
use crate::kitchens::{Kitchen, Order};
use crate::verdicts::{self, GIL_THREADS, THREADS_WAIT};
use cooked::{Pair, Rust, Twin};

/// `cargo run -p kitchen -- table`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let dishes = options.size("dishes", 2..=16, 3, text!("요리 수", "number of dishes"));
    let about = text!("레시피의 1분이 걸리는 시간(초)", "how long a minute of the recipe takes, in seconds");
    let minute = options.seconds("seconds", 0.0..=10.0, 0.03, about);
    let about = text!(
        "이 절의 표를 측정값으로: 코어 하나와 모든 코어에서",
        "the section's table, measured: on one core and on all"
    );
    Experiment::new("table", about, options, move |a| run(a.get(dishes), a.get(minute), a.pythons()))
}

/// Cooks on one core and on all, here and on CPython.
pub fn run(dishes: usize, lasts: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("kitchen/table");
    let order = Order { dishes, minute: Minute::that_lasts(lasts) };
    let watch = Watch::start();
    let pair = || {
        let (several, switches) = (Kitchen::Several.run(order)?, Kitchen::Switches.run(order)?);
        Ok::<_, Error>(Pair { several, switches })
    };
    let one_core = on_one_core(pair).map_or_else(|why| Ok(Err(why)), |done| done.map(Ok))?;
    let (all_cores, one_knife) = (pair()?, Kitchen::OneKnife.run(order)?);
    let rust = Rust { one_core, all_cores, one_knife, foreign: watch.foreign() };
    report.verdicts = cooked::judge(&rust);
    report.measures = report::measures(&rust);
    report.traces = report::traces(&rust);
    report.shows = report::shows(&rust);
    let mut twins = Vec::new();
    let claims = [GIL_THREADS, THREADS_WAIT];
    let args = ["table".to_owned(), dishes.to_string(), lasts.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("kitchens"), &args, &claims, |python, twin| {
        twins.push(Twin::of(python, twin));
        verdicts::of_twin(python, twin, watch.foreign(), &claims)
    });
    report.tables.push(report::table(&rust, &twins));
    report.measures_in_tables = true;
    report.front = vec![Front::Table(0)];
    report.notes.insert(0, report::note(lasts));
    report.notes.push(machine::others_used(watch.foreign()));
    Ok(report)
}
