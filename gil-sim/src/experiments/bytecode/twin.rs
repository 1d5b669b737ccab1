//! The real interpreter: its own `dis` beside our instructions, where interrupts found it, and what it lost.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Report, Table, Unit};
use lab::text;

use super::cases::{CONTENDERS, RealRun};
use crate::interpreters;
use crate::vm::code::Program;
use crate::vm::listing;
use crate::vm::thread::Position;
use crate::vm::version::Version;

/// The claim on what nothing protects.
pub(super) const LOST: &str = "unprotected-updates-are-lost";

/// One row of the twin's listing: a function, the instruction's name (none for the beginning), and how many interrupts found it
/// after that instruction (`None` where this system cannot tell).
struct Found<'a> {
    function: &'a str,
    dis: &'a str,
    interrupts: Option<u64>,
}

/// An interpreter's listing compared with ours.
#[derive(Debug, Default)]
pub struct Compared {
    /// Interrupts where our version looks.
    pub here: u64,
    /// Interrupts where it does not.
    pub elsewhere: u64,
    /// The first name of `dis` that is not ours.
    pub stranger: Option<String>,
    rows: Vec<Vec<Text>>,
}

/// What the interpreter lost, of each program that its twin ran.
pub fn real(python: &Interpreter, twin: &Report) -> Vec<RealRun> {
    let lost = |id| twin.measure(&format!("lost_share.{id}")).map(|measure| measure.samples.clone());
    let real = |id| {
        Some(RealRun { id, name: python.to_string(), version: interpreters::version_of(python).ok(), lost: lost(id)? })
    };
    CONTENDERS.iter().filter_map(|contender| real(contender.id)).collect()
}

/// Puts the twin's listing beside our programs.
pub fn compare(version: Version, twin: &Report) -> Compared {
    let rows = twin.tables.first().map_or(&[][..], |table| &table.rows);
    let found: Vec<Found<'_>> = rows.iter().filter_map(|row| found(row)).collect();
    let mut compared = Compared::default();
    for contender in CONTENDERS {
        let program = (contender.program)();
        for (n, code) in program.functions.iter().enumerate() {
            let dis: Vec<&Found<'_>> = found.iter().filter(|row| row.function == code.name).collect();
            compared.function(&program, n, version, &dis);
        }
    }
    compared
}

fn found(row: &[Text]) -> Option<Found<'_>> {
    let [function, dis, interrupts] = row else { return None };
    Some(Found { function: &function.en, dis: &dis.en, interrupts: interrupts.en.parse().ok() })
}

impl Compared {
    fn function(&mut self, program: &Program, function: usize, version: Version, found: &[&Found<'_>]) {
        let code = &program.functions[function];
        let Some((entry, instructions)) = found.split_first() else { return };
        let names: Vec<&str> = instructions.iter().map(|row| row.dis).collect();
        let ours = match listing::align(code, &names) {
            Ok(ours) => ours,
            Err(name) => {
                self.stranger.get_or_insert_with(|| format!("{}: {name}", code.name));
                return;
            }
        };
        let looks = listing::looks(program, version);
        let mut row = |name: &str, ops: &[usize], interrupts: Option<u64>| {
            let looked = ops.iter().any(|&op| looks.contains(&Position { function, op }));
            match interrupts {
                Some(times) if looked => self.here += times,
                Some(times) if !ops.is_empty() => self.elsewhere += times,
                // An instruction that our machine does not need is not judged.
                Some(_) | None => {}
            }
            let ours = ops.iter().map(|&op| format!("{op} {}", code.ops[op].name())).collect::<Vec<_>>().join(", ");
            let (mark, times) = (if looked { "●" } else { "" }, interrupts.map_or("–".to_owned(), |n| n.to_string()));
            let cells = [code.name, name, &ours, mark, &times];
            self.rows.push(cells.map(Text::same).into());
        };
        if names.first() != Some(&"RESUME") {
            row("", &[0], entry.interrupts);
        }
        for (found, ops) in instructions.iter().zip(&ours) {
            row(found.dis, ops, found.interrupts);
        }
    }

    /// Our instructions beside the interpreter's.
    pub fn table(&self, python: &Interpreter) -> Option<Table> {
        // The second program has everything that the first has, and the call.
        let first = (CONTENDERS[0].program)().functions[0].name;
        let rows: Vec<Vec<Text>> = self.rows.iter().filter(|row| row[0].en != first).cloned().collect();
        (!rows.is_empty()).then(|| Table {
            title: text!(
                "{python}: dis의 출력과 시그널을 처리한 위치",
                "{python}: the output of dis, and where it handled signals"
            ),
            head: vec![
                text!("함수", "function"),
                Text::same("dis"),
                text!("gil-sim의 명령", "gil-sim's"),
                Text::same("●"),
                text!("시그널", "signals"),
            ],
            rows,
        })
    }

    /// What the comparison came to, in a line.
    pub fn note(&self, python: &Interpreter) -> Text {
        let (here, elsewhere, all) = (self.here, self.elsewhere, self.here + self.elsewhere);
        if let Some(stranger) = &self.stranger {
            return text!(
                "{python}: dis가 gil-sim의 표에 없거나 위치가 다른 명령을 출력해({stranger}) 비교하지 못했습니다.",
                "{python}: its dis shows an instruction that gil-sim's table has elsewhere or not at all ({stranger}); not compared."
            );
        }
        if all == 0 {
            return text!(
                "{python}: 시그널을 처리하는 위치는 측정하지 않음: 이 시스템에 setitimer가 없거나 시그널이 오지 않았습니다.",
                "{python}: where it handles signals was not measured: this system has no setitimer, or no signal came."
            );
        }
        text!(
            "{python}: gil-sim에도 있는 명령에서 처리한 시그널 {all}번 가운데 {here}번은 ●가 있는 위치, {elsewhere}번은 다른 위치였습니다.",
            "{python}: of {all} signals handled at instructions that gil-sim has too, {here} were handled at a ●, {elsewhere} elsewhere."
        )
    }
}

/// The verdict on the article's claim about updates that nothing protects.
pub fn judge(python: &Interpreter, real: &[RealRun]) -> Verdict {
    let on = python.to_string();
    let Some(call) = real.iter().find(|real| real.id == "call") else {
        return Verdict::not_measured(
            LOST,
            on,
            text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it"),
        );
    };
    Verdict::seen_once(LOST, on, call.lost.iter().any(|share| *share > 0.0), evidence(&call.lost))
}

/// What was lost of `counter += one()`, in words.
pub fn evidence(lost: &[f64]) -> Text {
    let (runs, most) = (lost.len(), lost.iter().copied().fold(0.0, f64::max));
    if most == 0.0 {
        return text!(
            "counter += one(): {runs}번 실행에서 나타나지 않음(없다는 증명은 아님)",
            "counter += one(): none seen in {runs} runs; that does not prove there is none"
        );
    }
    let most = unit::value(most, Unit::Share);
    text!("counter += one(): {runs}번 실행에서 최대 {most} 유실", "counter += one(): up to {most} lost in {runs} runs")
}
