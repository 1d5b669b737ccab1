//! The disassembly: our instructions beside those that Python's `dis` names, and where which version looks.

use std::collections::BTreeSet;

use lab::lang::Text;
use lab::report::Table;
use lab::text;

use super::code::{Code, Op, Program, Value};
use super::heap::{Counting, Heap};
use super::thread::{Position, Step, Tally, Thread};
use super::version::Version;

/// A name that `dis` prints, in which versions (always, if nothing stands there), and which of our instructions it is.
const DIS: &[(&str, &str, &[&str])] = &[
    ("RESUME", "3.11+", &["Resume"]),
    ("LOAD_CONST", "", &["LoadConst"]),
    ("LOAD_FAST", "", &["LoadFast"]),
    ("STORE_FAST", "", &["StoreFast"]),
    ("LOAD_GLOBAL", "", &["LoadGlobal"]),
    ("STORE_GLOBAL", "", &["StoreGlobal"]),
    ("INPLACE_ADD", "≤3.10", &["Add"]),
    ("BINARY_OP", "3.11+", &["Add"]),
    ("CALL_FUNCTION", "≤3.10", &["Call"]),
    ("CALL", "3.11+", &["Call"]),
    ("GET_ITER", "", &["GetIter"]),
    ("FOR_ITER", "", &["ForIter"]),
    ("JUMP_ABSOLUTE", "≤3.10", &["JumpBackward"]),
    ("JUMP_BACKWARD", "3.11+", &["JumpBackward"]),
    ("POP_TOP", "", &["PopTop"]),
    ("RETURN_VALUE", "", &["Return"]),
    // Two in one.
    ("RETURN_CONST", "3.12–3.13", &["LoadConst", "Return"]),
    ("LOAD_FAST_LOAD_FAST", "3.13", &["LoadFast", "LoadFast"]),
    // Bookkeeping that our machine has no need for.
    ("SETUP_LOOP", "≤3.7", &[]),
    ("POP_BLOCK", "≤3.7", &[]),
    ("PRECALL", "3.11", &[]),
    ("END_FOR", "3.12+", &[]),
    // 3.14 loads in more ways, and ends a loop in one more.
    ("LOAD_SMALL_INT", "3.14+", &["LoadConst"]),
    ("LOAD_FAST_BORROW", "3.14+", &["LoadFast"]),
    ("LOAD_FAST_BORROW_LOAD_FAST_BORROW", "3.14+", &["LoadFast", "LoadFast"]),
    ("POP_ITER", "3.14+", &[]),
    ("LOAD_COMMON_CONSTANT", "3.15+", &["LoadConst"]),
];

/// The name that `dis` has for the instruction up to 3.10 (or from 3.11 on, to 3.13); empty where there is no such instruction.
pub fn dis_name(op: Op, until_3_10: bool) -> &'static str {
    let in_time = |versions: &str| match versions {
        "" => true,
        "≤3.10" => until_3_10,
        "3.11+" => !until_3_10,
        _ => false,
    };
    DIS.iter().find(|(_, versions, ours)| *ours == [op.name()] && in_time(versions)).map_or("", |(name, ..)| name)
}

/// Which of our instructions each one that `dis` names is: none for bookkeeping, two for two in one. `Err` holds the first
/// name that is not where ours would be.
pub fn align<'a>(code: &Code, dis: &[&'a str]) -> Result<Vec<Vec<usize>>, &'a str> {
    let mut ours = code.ops.iter().map(|op| op.name()).enumerate().peekable();
    if dis.first() != Some(&"RESUME") {
        ours.next(); // up to 3.10 the beginning has no instruction
    }
    let mut all = Vec::new();
    for (n, &name) in dis.iter().enumerate() {
        let (_, _, is) = DIS.iter().find(|(known, _, _)| *known == name).ok_or(name)?;
        let ends_loop = name == "POP_TOP" && n > 0 && dis[n - 1] == "END_FOR"; // 3.13
        let mut mine = Vec::new();
        if name == "PRECALL" {
            mine.extend(ours.peek().map(|(op, _)| *op)); // the first half of the CALL
        } else if !ends_loop {
            for part in *is {
                mine.push(ours.next_if(|(_, ours)| ours == part).ok_or(name)?.0);
            }
        }
        all.push(mine);
    }
    if ours.peek().is_none() { Ok(all) } else { Err("") }
}

/// After which instructions the version looks: found by running the program for one iteration.
pub fn looks(program: &Program, version: Version) -> BTreeSet<Position> {
    let heap = Heap::of(program, Counting::Plain);
    let mut thread = Thread::new(program, 1);
    let mut looks = BTreeSet::new();
    loop {
        let step = match thread.step(program, &heap, &mut Tally::default()) {
            Step::Native(..) => thread.native_done(0),
            step => step,
        };
        match step {
            Step::At(at, place) if version.looks(place) => looks.insert(at),
            Step::End(_) => return looks,
            Step::At(..) | Step::Native(..) => false,
        };
    }
}

/// What an instruction works on.
pub fn operand(program: &Program, code: &Code, op: Op) -> String {
    match op {
        Op::LoadConst(n) => match program.consts[n] {
            Value::Int(n) => n.to_string(),
            _ => "None".to_owned(),
        },
        Op::LoadFast(n) | Op::StoreFast(n) => code.locals[n].to_owned(),
        Op::LoadGlobal(n) | Op::StoreGlobal(n) => program.globals[n].name.to_owned(),
        Op::Call(n) => n.to_string(),
        Op::ForIter(n) | Op::JumpBackward(n) => format!("→ {n}"),
        Op::Resume | Op::Add | Op::GetIter | Op::PopTop | Op::Return => String::new(),
    }
}

/// The versions that stand for all that look where they look.
const COLUMNS: [(Version, &str); 3] = [(Version::Py36, "≤3.9"), (Version::Py310, "3.10"), (Version::Py311, "3.11+")];

/// The whole program, an instruction a row.
pub fn table(program: &Program) -> Table {
    let looks = COLUMNS.map(|(version, _)| looks(program, version));
    let mut rows = Vec::new();
    for (function, code) in program.functions.iter().enumerate() {
        let parameters = code.parameters();
        let mut name = vec![format!("def {}({parameters}):", code.name)];
        name.resize(3 + COLUMNS.len(), String::new());
        rows.push(name);
        for (n, &op) in code.ops.iter().enumerate() {
            let ours = format!("{n:2} {} {}", op.name(), operand(program, code, op));
            let mut row = vec![ours, dis_name(op, true).to_owned(), dis_name(op, false).to_owned()];
            let looked = |looks: &BTreeSet<_>| looks.contains(&Position { function, op: n });
            row.extend(looks.iter().map(|looks| if looked(looks) { "●" } else { "" }.to_owned()));
            rows.push(row);
        }
    }
    let source = program.source;
    let mut head = vec![text!("명령", "instruction"), Text::same("dis, ≤3.10"), Text::same("dis, 3.11+")];
    head.extend(COLUMNS.map(|(_, name)| Text::same(name)));
    Table {
        title: text!(
            "{source}: 버전마다 eval breaker를 확인하는 위치(●: 그 명령 다음)",
            "{source}: where each version checks its eval breaker (●: after the instruction)"
        ),
        head,
        rows: rows.into_iter().map(|row| row.into_iter().map(Text::same).collect()).collect(),
    }
}
