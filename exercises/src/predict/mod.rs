//! Problems without end: a small scenario drawn from a seed, and three questions on it. The simulator of `gil-sim` decides the answers.
//!
//! Run: `cargo run -p exercises -- predict --seed 7 --level 2`; `--answer` shows the answers with the lanes; `--sheet 10 --out FILE.html`
//! writes a sheet to hand out, with its key on pages of its own.
//!
//! | file | what |
//! |---|---|
//! | [`random`] | the generator: whole numbers, the same on every machine |
//! | [`scenario`] | lock, machine and threads, drawn by level |
//! | [`by_hand`] | the scenario by the rules that the reader has, without a machine |
//! | [`problem`] | the three questions, their options, and which option is right |
//! | `page`, `sheet` | for the terminal; for paper |

pub mod by_hand;
mod page;
pub mod problem;
pub mod random;
pub mod scenario;
pub mod sheet;

use std::time::{SystemTime, UNIX_EPOCH};

use lab::cli::{Experiment, Options};
use lab::{atomic_write, text};

use problem::Problem;

/// Seeds that are drawn if none is given.
const SEEDS: u64 = 1_000_000;

/// `cargo run -p exercises -- predict`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!(
        "문제의 시드: 같은 시드는 언제나 같은 문제 (기본: 새 문제)",
        "the problem's seed: the same seed is the same problem for ever (default: a new one)"
    );
    let seed = options.count_if_given("seed", 0..=1 << 53, about);
    let level = options.count("level", 1..=5, 1, text!("난이도", "how hard"));
    let answer =
        options.flag("answer", text!("묻지 않고 답과 그림을 출력", "print the answers and the lanes, without asking"));
    let about = text!("문제 N개와 답을 인쇄할 HTML로", "write N problems and their key as HTML to print");
    let sheet = options.count_if_given("sheet", 1..=100, about);
    let out = options.output("out", text!("문제지를 쓸 파일", "the file of the sheet"));
    options.needs(sheet, out);
    options.needs(out, sheet);
    options.conflict(sheet, answer);
    let about = text!(
        "예측 문제: 누가 GIL을 쥐는가, 언제 끝나는가, 몇 배 빠른가",
        "problems to predict: who holds the GIL, when is it done, what is the speed-up"
    );
    Experiment::new("predict", about, options, move |a| {
        let (level, seed) = (a.get(level), a.get(seed).unwrap_or_else(new_seed));
        match (a.get(sheet), a.get(out)) {
            (Some(problems), Some(path)) => {
                atomic_write::can_be_written(&path)?;
                let problems: Vec<Problem> = (seed..seed + problems).map(|seed| Problem::new(level, seed)).collect();
                atomic_write::write(&path, sheet::html(&problems).as_bytes())?;
                Ok(page::of_sheet(&problems, &path))
            }
            _ => page::of_problem(&Problem::new(level, seed), a.get(answer)),
        }
    })
    .looks_for_pythons() // it needs none
}

fn new_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_nanos() as u64 / 1000) % SEEDS
}
