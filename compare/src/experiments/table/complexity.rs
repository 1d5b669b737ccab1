//! What programs that do the same job by each technique are made of, counted: `examples/table_*.rs` and `python/table/*.py`.

use lab::lang::Text;
use lab::report::Report;
use lab::text;

use super::plan::Technique;

/// The counts of one program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub statements: usize,
    /// Awaits and async functions.
    pub awaits: usize,
    /// Locks and their uses.
    pub locks: usize,
    /// Places where data becomes bytes for another process, or comes back.
    pub serialized: usize,
}

impl Counts {
    pub fn total(self) -> usize {
        self.statements + self.awaits + self.locks + self.serialized
    }

    /// As a row of the table of counts.
    pub fn cells(self) -> [usize; 5] {
        [self.statements, self.awaits, self.locks, self.serialized, self.total()]
    }

    /// What the Python twin counted.
    pub fn of_report(report: &Report) -> Option<Counts> {
        let count = |id: &str| report.measure(id).map(|m| m.median() as usize);
        Some(Counts {
            statements: count("statements")?,
            awaits: count("awaits")?,
            locks: count("locks")?,
            serialized: count("serialized")?,
        })
    }
}

/// The program in Rust; a GIL around it changes nothing of its text.
pub fn in_rust(technique: Technique) -> Counts {
    count(match technique {
        Technique::Sequence => include_str!("../../../examples/table_sequence.rs"),
        Technique::Threads | Technique::ThreadsGil => include_str!("../../../examples/table_threads.rs"),
        Technique::Asyncio | Technique::AsyncioGil => include_str!("../../../examples/table_tasks.rs"),
        Technique::Processes | Technique::ProcessesGil => include_str!("../../../examples/table_processes.rs"),
    })
}

/// Counts a program in Rust by its words. Statements: semicolons outside of comments and texts, and loops, without imports.
fn count(source: &str) -> Counts {
    let mut counts = Counts::default();
    for line in source.lines() {
        let code = without_texts(line.split("//").next().unwrap_or_default());
        if code.trim_start().starts_with("use ") {
            continue;
        }
        let uses = |words: &[&str]| words.iter().map(|word| code.matches(word).count()).sum::<usize>();
        counts.statements += uses(&[";"]) + uses(&["for ", "if ", "fn "]);
        counts.awaits += uses(&[".await", "async fn", "async {", "async move"]);
        counts.locks += uses(&["Mutex::new", ".lock(", ".into_inner("]);
        counts.serialized += uses(&[".to_string(", "from_utf8_lossy(", "Stdio::piped("]);
    }
    counts
}

/// A line of code with what stands between quotation marks left out.
fn without_texts(line: &str) -> String {
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// The rules of counting, for the reader.
pub fn rules() -> Text {
    text!(
        "코드 복잡도: 같은 일(페이지를 N번 받아 바이트 수를 더함)을 하는 프로그램들을 셈. Rust는 compare/examples/table_*.rs의 세미콜론, for, if, fn(문장), .await와 async(대기), Mutex와 lock(락), to_string, from_utf8, Stdio::piped(직렬화). 파이썬은 compare/python/table/*.py의 ast에서 import와 문서 문자열을 뺀 문장, await와 async def, lock을 쓰는 with와 Lock, Process, put, get. 합이 순차 실행보다 10 % 넘게 많지 않으면 낮음, 세 기법 가운데 가장 적은 것보다 10 % 넘게 많으면 높음, 나머지는 중간.",
        "code complexity: counted in programs that do the same job, which is to fetch a page N times and add up the bytes. Rust, compare/examples/table_*.rs: semicolons, for, if and fn (statements); .await and async; Mutex and lock; to_string, from_utf8 and Stdio::piped (serialized). Python, compare/python/table/*.py by its ast: statements but imports and docstrings; await and async def; with on a lock, and Lock; Process, put and get. Low if the sum is at most 10 % above that of the sequence, high if it is more than 10 % above the least of the three techniques, else medium."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_counts_what_it_says() {
        let source = "//! fn a; b\nuse x::{y}; \nfn main() {\n    let a = \"one; .await\"; // two;\n    *m.lock().x() += b.await?;\n    for _ in 0..2 {}\n    let n = 1.to_string();\n}\n";
        assert_eq!(count(source), Counts { statements: 5, awaits: 1, locks: 1, serialized: 1 });
        assert_eq!(count(source).total(), 8);
    }

    #[test]
    fn each_program_has_what_its_technique_needs() {
        let of = in_rust;
        let sequence = of(Technique::Sequence);
        assert_eq!((sequence.awaits, sequence.locks, sequence.serialized), (0, 0, 0));
        assert!(of(Technique::Threads).locks > 0 && of(Technique::Threads).awaits == 0);
        assert!(of(Technique::Asyncio).awaits > 0 && of(Technique::Asyncio).locks == 0);
        assert!(of(Technique::Processes).serialized > 0 && of(Technique::Processes).locks == 0);
        assert_eq!(of(Technique::ThreadsGil), of(Technique::Threads));
    }
}
