//! Python threads that call a library with a thread pool of its own: how many threads compute, and how to limit them.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p native -- oversubscription`. Python twin: `python/oversubscription.py`.

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine;
use lab::python::{self, Interpreter};
use lab::report::{Front, Measure, Report, Table, Unit};
use lab::{Result, text, twin_script};

use crate::environment::Library;

/// A library's own pool adds threads to those of Python.
const POOL: &str = "library-pool-adds-threads";

/// How the pool is limited: the twin's word.
const LIMITS: [&str; 3] = ["default", "environment", "threadpoolctl"];

/// `native oversubscription`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 2);
    let about = text!("행마다 측정하는 시간(초)", "how long each row is measured, in seconds");
    let seconds = options.seconds("seconds", 0.05..=60.0, 0.5, about);
    let about = text!(
        "라이브러리의 스레드 풀 × 파이썬 스레드: 코어보다 많은 스레드",
        "the library's thread pool × Python's threads: more threads than cores"
    );
    Experiment::new("oversubscription", about, options, move |a| run(a.get(threads), a.get(seconds), a.pythons()))
}

/// Multiplies matrices with NumPy on the first interpreter that has it, else in the environment that `native setup numpy` made.
pub fn run(threads: usize, lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("native/oversubscription");
    let mut rows = Vec::new();
    let mut why = python::none_in_this_run();
    let environment = if pythons.is_empty() { None } else { Library::Numpy.python() };
    for python in pythons.iter().chain(&environment) {
        match measure(&mut report, python, threads, lasting) {
            Ok(found) => {
                rows = found;
                report.verdicts.push(verdict(python, &rows, threads));
                break;
            }
            // The reader's own Python rarely has NumPy: what to do about it says more than the error of the import.
            Err(error) if error.en.contains("No module named 'numpy'") => why = Library::Numpy.how_to_get_it(),
            Err(error) => why = error,
        }
    }
    if rows.is_empty() {
        report.verdicts.push(Verdict::not_measured(POOL, "CPython", why));
    }
    report.tables.push(table(&rows));
    report.front = vec![Front::Table(0)];
    report.measures_in_tables = true;
    report.shows = shows(&rows, threads);
    report.notes.push(text!(
        "900 × 900 행렬의 곱을 반복합니다. 계산한 스레드는 측정하는 동안 1 ms 넘게 CPU를 쓴 운영체제 스레드입니다. 환경 변수(OPENBLAS_NUM_THREADS 등)는 라이브러리를 import하기 전에 정해야 하고, threadpoolctl은 실행 중에도 바꿀 수 있습니다.",
        "It multiplies matrices of 900 × 900 again and again. The threads that computed are those of the operating system that used more than 1 ms of CPU meanwhile. The environment variables (OPENBLAS_NUM_THREADS and others) must be set before the import; threadpoolctl works at any time."
    ));
    Ok(report)
}

/// One way to limit the pool, and one number of Python threads.
struct Row {
    limit: &'static str,
    threads: usize,
    computed: f64,
    products: f64,
    switched: f64,
}

fn measure(report: &mut Report, python: &Interpreter, threads: usize, lasting: Duration) -> Result<Vec<Row>, Text> {
    let mut rows = Vec::new();
    for limit in LIMITS {
        let args = [limit.to_owned(), threads.to_string(), lasting.as_secs_f64().to_string()];
        let twin = match python::run(python, twin_script!("oversubscription"), &args, python::LIMIT) {
            Ok(twin) => twin,
            Err(why) if limit == "threadpoolctl" => {
                let Text { ko, en } = why;
                report.notes.push(text!("threadpoolctl: 측정하지 않음: {ko}", "threadpoolctl: not measured: {en}"));
                continue;
            }
            Err(why) => return Err(why),
        };
        for threads in [1, threads] {
            let of = |what: &str| twin.measure(&format!("{what}.{threads}")).map_or(f64::NAN, Measure::median);
            let (computed, products, switched) = (of("computed"), of("products"), of("switched"));
            rows.push(Row { limit, threads, computed, products, switched });
        }
        report.measures.extend(twin.measures.into_iter().map(|m| Measure {
            id: python.measure_id(&format!("{limit}.{}", m.id)),
            name: Text {
                ko: format!("{python}: {limit}: {}", m.name.ko),
                en: format!("{python}: {limit}: {}", m.name.en),
            },
            ..m
        }));
    }
    Ok(rows)
}

/// More threads compute than Python started, and no more once the pool is limited to one.
fn verdict(python: &Interpreter, rows: &[Row], threads: usize) -> Verdict {
    if machine::cores() < 2 {
        return Verdict::not_measured(POOL, python.to_string(), text!("코어가 하나뿐입니다", "there is only one core"));
    }
    let computed = |limit| rows.iter().find(|row| row.limit == limit && row.threads == threads).map(|row| row.computed);
    let (Some(pool), Some(limited)) = (computed("default"), computed("environment")) else {
        let why = text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it");
        return Verdict::not_measured(POOL, python.to_string(), why);
    };
    let evidence = text!(
        "파이썬 스레드 {threads}개에 계산한 스레드 {pool:.0}개, 풀을 제한하면 {limited:.0}개",
        "{threads} threads of Python, {pool:.0} that computed; {limited:.0} with the pool limited"
    );
    let threads = threads as f64;
    Verdict::seen(POOL, python.to_string(), pool > threads && limited <= threads, evidence)
}

fn table(rows: &[Row]) -> Table {
    let limit = |word: &str| match word {
        "default" => text!("제한 없음", "none"),
        "environment" => Text::same("OPENBLAS_NUM_THREADS=1"),
        other => Text::same(format!("{other}: 1")),
    };
    let cells = |row: &Row| {
        vec![
            limit(row.limit),
            Text::same(row.threads.to_string()),
            Text::same(format!("{:.0}", row.computed)),
            Text::same(format!("{:.1}", row.products)),
            Text::same(lab::report::unit::value(row.switched, Unit::Count)),
        ]
    };
    let mut rows: Vec<Vec<Text>> = rows.iter().map(cells).collect();
    if rows.is_empty() {
        let unknown = |word: &&str| [vec![limit(word)], vec![Text::same("–"); 4]].concat();
        rows = LIMITS.iter().map(unknown).collect();
    }
    let cores = machine::cores();
    Table {
        title: text!("NumPy의 행렬 곱, 코어 {cores}개", "NumPy's matrix product, cores: {cores}"),
        head: vec![
            text!("풀의 제한", "limit of the pool"),
            text!("파이썬 스레드", "Python threads"),
            text!("계산한 스레드", "computed"),
            text!("초당 곱셈", "products/s"),
            text!("초당 비자발적 전환", "switches/s"),
        ],
        rows,
    }
}

fn shows(rows: &[Row], threads: usize) -> Text {
    let computed = |limit| rows.iter().find(|row| row.limit == limit && row.threads == threads).map(|row| row.computed);
    match (computed("default"), computed("environment")) {
        (Some(pool), Some(limited)) => text!(
            "NumPy의 행렬 곱은 스스로 스레드를 씁니다. 파이썬 스레드 {threads}개가 호출하면 {pool:.0}개가 계산하고, 풀을 스레드 하나로 제한하면 {limited:.0}개가 계산합니다.",
            "NumPy's matrix product has threads of its own: {threads} threads of Python call it, and {pool:.0} compute; {limited:.0} if its pool is limited to one thread."
        ),
        _ => text!(
            "행렬 곱처럼 스스로 스레드를 쓰는 함수를 여러 파이썬 스레드에서 부르면 코어보다 많은 스레드가 계산합니다. NumPy가 있어야 측정합니다.",
            "A function with threads of its own, such as a matrix product, makes more threads compute than there are cores if several threads of Python call it. It takes NumPy to measure it."
        ),
    }
}

#[cfg(test)]
mod tests {
    use lab::claims::Outcome;

    use super::*;

    #[test]
    fn a_pool_that_adds_no_threads_refutes_the_claim() {
        let python = Interpreter {
            path: "python".into(),
            implementation: "CPython".into(),
            version: [3, 11, 7],
            gil: Some(true),
        };
        let outcome = |pool: f64, limited: f64| {
            let row = |limit, computed| Row { limit, threads: 2, computed, products: 1.0, switched: 1.0 };
            verdict(&python, &[row("default", pool), row("environment", limited)], 2).outcome
        };
        if machine::cores() > 1 {
            assert_eq!(outcome(3.0, 2.0), Outcome::Holds);
            assert_eq!(outcome(2.0, 2.0), Outcome::DoesNotHold);
            assert_eq!(outcome(3.0, 3.0), Outcome::DoesNotHold);
        }
    }
}
