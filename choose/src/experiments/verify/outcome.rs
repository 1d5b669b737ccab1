//! What a check says: predicted beside measured, whether the choice was right, and how far the factors were off.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Table, Unit, unit};
use lab::{stats, text};

use super::programs::Program;
use crate::classify::Class;
use crate::predict::{Prediction, Way};

/// One way of one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What was predicted.
    pub prediction: Prediction,
    /// How many times as fast the parallel version was.
    pub measured: f64,
}

impl Cell {
    fn is_within(&self) -> bool {
        (self.prediction.low..=self.prediction.high).contains(&self.measured)
    }

    fn error(&self) -> f64 {
        (self.prediction.factor / self.measured - 1.0).abs()
    }
}

/// One program on one interpreter.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The program.
    pub program: Program,
    /// What it was taken for.
    pub class: Class,
    /// The way that was advised.
    pub chosen: Option<Way>,
    /// Its parallel versions.
    pub cells: Vec<Cell>,
}

/// As good as the best, within what two measurements of the same program differ.
const AS_GOOD: f64 = 0.85;
/// What was advised must gain something.
const GAIN: f64 = 1.1;
/// Where nothing was advised, nothing may have gained more than this.
const NO_GAIN: f64 = 1.35;

impl Outcome {
    /// Whether the advice was right: the way that was advised is as good as the best, or nothing was worth it and nothing was advised.
    /// Programs that have several threads already are judged by their kind.
    pub fn is_right(&self) -> bool {
        if let Some(class) = self.program.class {
            return self.class.word() == class;
        }
        let best = self.cells.iter().map(|cell| cell.measured).fold(0.0, f64::max);
        match self.chosen {
            None => best < NO_GAIN,
            Some(way) => {
                let cell = self.cells.iter().find(|cell| cell.prediction.way == way);
                cell.is_some_and(|cell| cell.measured >= best * AS_GOOD && cell.measured >= GAIN)
            }
        }
    }

    /// Whether its factors count: those of programs with threads of their own are not predicted from one piece.
    fn counts(&self) -> bool {
        self.program.class.is_none()
    }

    /// Every factor, for `--json`.
    pub fn measures(&self, python: &Interpreter) -> Vec<Measure> {
        let name = self.program.name;
        let of = |cell: &Cell| {
            let Prediction { way, low, factor, high, .. } = &cell.prediction;
            let id = |what: &str| python.measure_id(&format!("{name}.{}.{what}", way.word()));
            let (ko, en) = (way.name().ko, way.name().en);
            let predicted = text!("{name}, {ko}: 예측(아래, 값, 위)", "{name}, {en}: predicted (low, value, high)");
            let measured = text!("{name}, {ko}: 측정", "{name}, {en}: measured");
            [
                Measure::new(id("predicted"), predicted, Unit::Times, vec![*low, *factor, *high]),
                Measure::new(id("measured"), measured, Unit::Times, vec![cell.measured]),
            ]
        };
        self.cells.iter().flat_map(of).collect()
    }
}

/// A row for each program.
pub fn table(python: &Interpreter, outcomes: &[Outcome]) -> Table {
    let cell = |outcome: &Outcome, way: Way| {
        let found = outcome.cells.iter().find(|cell| cell.prediction.way == way);
        Text::same(found.map_or("–".into(), |cell| {
            let mark = if cell.is_within() { "" } else { "!" };
            format!("{:.1}→{:.1}{mark}", cell.prediction.factor, cell.measured)
        }))
    };
    let row = |outcome: &Outcome| {
        let (chosen, mark) = (outcome.chosen.map_or("–", Way::word), if outcome.is_right() { "" } else { " ✗" });
        vec![
            Text::same(outcome.program.name),
            Text::same(outcome.class.word()),
            cell(outcome, Way::Threads),
            cell(outcome, Way::Asyncio),
            cell(outcome, Way::Processes),
            Text::same(format!("{chosen}{mark}")),
        ]
    };
    Table {
        title: text!(
            "{python}: 예측→측정(몇 배 빨라졌는가; !는 구간 밖, ✗는 틀린 조언)",
            "{python}: predicted→measured, times as fast; ! is outside the interval, ✗ wrong advice"
        ),
        head: vec![
            text!("프로그램", "program"),
            text!("종류", "kind"),
            text!("스레드", "threads"),
            Text::same("asyncio"),
            text!("프로세스", "processes"),
            text!("권한 방법", "advised"),
        ],
        rows: outcomes.iter().map(row).collect(),
    }
}

/// How far each way is off, over all programs and interpreters: the constants of the model are judged by this.
pub fn by_way(outcomes: &[Outcome]) -> Table {
    let row = |way: Way| {
        let counted = outcomes.iter().filter(|one| one.counts()).flat_map(|one| &one.cells);
        let cells: Vec<&Cell> = counted.filter(|cell| cell.prediction.way == way).collect();
        let median = |of: fn(&Cell) -> f64| {
            stats::median(&cells.iter().map(|cell| of(cell)).collect::<Vec<_>>()).unwrap_or(f64::NAN)
        };
        let within = cells.iter().filter(|cell| cell.is_within()).count();
        let percent = |share: f64| Text::same(unit::value(share, Unit::Share));
        vec![
            way.name(),
            Text::same(cells.len().to_string()),
            percent(median(Cell::error)),
            Text::same(format!("{:.2}", median(|cell| cell.prediction.factor / cell.measured))),
            percent(within as f64 / cells.len() as f64),
            Text::same(format!("{:.2}", median(|cell| (cell.prediction.high / cell.prediction.low).sqrt()))),
        ]
    };
    let ways = [Way::Threads, Way::Asyncio, Way::Processes];
    let is_there =
        |way: &Way| outcomes.iter().any(|one| one.counts() && one.cells.iter().any(|cell| cell.prediction.way == *way));
    Table {
        title: text!(
            "방법별 오차(중앙값): 구간은 열에 아홉을 담아야 합니다",
            "how far each way is off, medians; nine of ten should be within their interval"
        ),
        head: vec![
            text!("방법", "way"),
            text!("칸", "cells"),
            text!("오차", "error"),
            text!("예측÷측정", "predicted ÷ measured"),
            text!("구간 안", "within"),
            text!("구간 폭(×÷)", "interval ×÷"),
        ],
        rows: ways.into_iter().filter(is_there).map(row).collect(),
    }
}

/// The programs that would have been run.
pub fn untried(programs: &[Program]) -> Table {
    Table {
        title: text!("측정하지 않은 프로그램", "programs that were not measured"),
        head: vec![text!("프로그램", "program")],
        rows: programs.iter().map(|program| vec![Text::same(program.name)]).collect(),
    }
}

struct Totals {
    right: usize,
    all: usize,
    error: f64,
    within: f64,
    cells: usize,
}

fn totals(outcomes: &[Outcome]) -> Totals {
    let cells: Vec<&Cell> = outcomes.iter().filter(|one| one.counts()).flat_map(|one| &one.cells).collect();
    let errors: Vec<f64> = cells.iter().map(|cell| cell.error()).collect();
    let within = cells.iter().filter(|cell| cell.is_within()).count() as f64 / cells.len().max(1) as f64;
    let right = outcomes.iter().filter(|one| one.is_right()).count();
    Totals { right, all: outcomes.len(), error: stats::median(&errors).unwrap_or(0.0), within, cells: cells.len() }
}

/// What it comes to.
pub fn summary(outcomes: &[Outcome]) -> Text {
    let Totals { right, all, error, within, cells } = totals(outcomes);
    let (error, within) = (unit::value(error, Unit::Share), unit::value(within, Unit::Share));
    text!(
        "프로그램 {all}개 가운데 {right}개에서 권한 방법이 맞았습니다. 배수의 오차는 중앙값 {error}, 구간 안에 든 것은 {cells}칸 가운데 {within}입니다.",
        "The advice was right for {right} of {all} programs. The factors are off by {error} (median); {within} of {cells} cells lie within their interval."
    )
}

fn measure(id: &'static str, name: Text, unit: Unit, value: f64) -> Measure {
    Measure::new(id, name, unit, vec![value])
}

/// The same as numbers.
pub fn summary_measures(outcomes: &[Outcome]) -> [Measure; 4] {
    let Totals { right, all, error, within, .. } = totals(outcomes);
    [
        measure("programs", text!("프로그램", "programs"), Unit::Count, all as f64),
        measure("right", text!("맞은 조언", "right advice"), Unit::Count, right as f64),
        measure("error", text!("배수의 오차(중앙값)", "error of the factor, median"), Unit::Share, error),
        measure("within", text!("구간 안의 비율", "share within the interval"), Unit::Share, within),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::programs::PROGRAMS;
    use super::*;

    fn cell(way: Way, factor: f64, measured: f64) -> Cell {
        let (low, high) = (factor / 1.2, factor * 1.2);
        Cell { prediction: Prediction { way, factor, low, high, workers: 2, doubt: Text::default() }, measured }
    }

    fn outcome(chosen: Option<Way>, threads: f64, processes: f64) -> Outcome {
        let cells = vec![cell(Way::Threads, 1.0, threads), cell(Way::Processes, 2.0, processes)];
        Outcome { program: PROGRAMS[0], class: Class::Python, chosen, cells }
    }

    #[test]
    fn advice_is_right_if_nothing_is_clearly_better() {
        assert!(outcome(Some(Way::Processes), 1.0, 1.9).is_right());
        assert!(outcome(Some(Way::Threads), 1.8, 1.9).is_right(), "as good as the best");
        assert!(!outcome(Some(Way::Threads), 1.0, 1.9).is_right());
        assert!(!outcome(Some(Way::Threads), 0.9, 0.8).is_right(), "nothing would have been better");
        assert!(outcome(None, 1.0, 1.1).is_right() && !outcome(None, 1.0, 1.9).is_right());
        let convoy = PROGRAMS.into_iter().find(|program| program.name == "convoy").unwrap();
        assert!(!Outcome { program: convoy, ..outcome(None, 1.0, 1.0) }.is_right(), "its kind was not seen");
        assert!(Outcome { program: convoy, class: Class::Convoy, ..outcome(None, 1.0, 1.0) }.is_right());
    }

    #[test]
    fn each_way_has_its_own_error() {
        let outcomes = [outcome(Some(Way::Processes), 1.0, 2.0), outcome(Some(Way::Threads), 0.5, 2.0)];
        let rows = by_way(&outcomes).rows;
        let row = |n: usize| rows[n].iter().map(|cell| cell.en.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(rows.len(), 2, "asyncio was not measured");
        // Predicted 1 and measured 1 and 0.5; then 2 and always 2.
        assert_eq!(row(0), "threads 2 50.0 % 1.50 50.0 % 1.20");
        assert_eq!(row(1), "processes 2 0.0 % 1.00 100.0 % 1.20");
    }

    #[test]
    fn the_summary_counts_cells_and_programs() {
        let outcomes = [outcome(Some(Way::Processes), 1.0, 2.0), outcome(Some(Way::Threads), 0.5, 2.0)];
        let [programs, right, error, within] = summary_measures(&outcomes).map(|measure| measure.median());
        assert_eq!((programs, right, within), (2.0, 1.0, 0.75));
        assert!(error.abs() < 1e-9, "three of four are exact");
    }
}
