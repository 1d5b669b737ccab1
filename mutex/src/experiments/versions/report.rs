//! What was expected, what was lost, and what that comes to.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Front, Measure, Report, Table, Unit, unit};
use lab::{stats, text};

use super::expectations::{FORMS, Form, Rules};

/// Tables, notes and the sentence.
pub fn write(report: &mut Report, threads: usize, pythons: &[Interpreter]) {
    report.tables = vec![expected(), lost(report, pythons)];
    report.front = vec![Front::Table(1)];
    report.measures_in_tables = true;
    report.notes.extend(notes(threads));
    report.shows = shows(report, pythons);
}

fn expected() -> Table {
    let row = |form: &Form| {
        let cells = Rules::ALL.map(|rules| form.expected(rules).name());
        [Text::same(form.code)].into_iter().chain(cells).collect()
    };
    Table {
        title: text!("예상 결과", "what is expected"),
        head: [text!("코드", "code")].into_iter().chain(Rules::ALL.map(Rules::name)).collect(),
        rows: FORMS.iter().map(row).collect(),
    }
}

/// The share lost, a row an interpreter.
fn lost(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |python: &Interpreter| {
        let cells = FORMS.iter().map(|form| cell(form, Rules::of(python), share(report, python, form)));
        [Text::same(python.to_string())].into_iter().chain(cells).collect()
    };
    let codes = FORMS.iter().map(|form| Text::same(form.code));
    Table {
        title: text!("유실된 갱신, 중앙값", "updates lost, medians"),
        head: [text!("인터프리터", "interpreter")].into_iter().chain(codes).collect(),
        rows: pythons.iter().map(row).collect(),
    }
}

fn share<'a>(report: &'a Report, python: &Interpreter, form: &Form) -> Option<&'a Measure> {
    report.measure(&python.measure_id(&format!("lost_share.{}", form.id)))
}

fn cell(form: &Form, rules: Rules, lost: Option<&Measure>) -> Text {
    let Some(lost) = lost else {
        return text!("측정하지 않음", "not measured");
    };
    let value = unit::value(lost.median(), Unit::Share);
    let most = lost.samples.iter().copied().fold(0.0, f64::max);
    let any = most > 0.0;
    if any && form.expected(rules).is_broken_by_a_loss() {
        return text!("{value} (예상과 다름)", "{value} (unexpected)");
    }
    // A JIT that loses in some runs only would look as if it lost nothing.
    if any && lost.median() == 0.0 {
        let most = unit::value(most, Unit::Share);
        return text!("{value} (최대 {most})", "{value} (max {most})");
    }
    Text::same(value)
}

fn notes(threads: usize) -> Vec<Text> {
    vec![
        text!(
            "스레드 {threads}개, 전환 간격은 0.1 ms로 줄였습니다(기본 5 ms). 간격을 줄여도 CPython 3.10부터는 `counter += 1`에서 유실되는 갱신이 0 % 그대로입니다. GIL을 얼마나 자주 넘기는지가 아니라 어디서 넘기는지가 결과를 결정하기 때문입니다.",
            "{threads} threads, with a switch interval of 0.1 ms (default 5 ms). However short it is, `counter += 1` stays at 0 % on CPython from 3.10 on: what counts is not how often the GIL is handed over, but where."
        ),
        text!(
            "CPython 3.10부터 GIL은 역방향 점프와 호출에서만 넘어갑니다. `one()`은 파이썬 함수, `int(1)`은 C 함수이며 둘 다 그런 위치가 됩니다. 3.9까지는 거의 모든 명령 사이에서 넘어갈 수 있었습니다. 명령별로 보려면 `cargo run -p gil-sim -- bytecode`를 실행하십시오.",
            "From CPython 3.10 on the GIL is handed over only at backward jumps and calls; `one()` is a Python function, `int(1)` is one in C, and both are such places. Up to 3.9 it could happen between almost any two instructions. `cargo run -p gil-sim -- bytecode` shows them one by one."
        ),
        text!(
            "이 규칙은 GIL이 아니라 CPython 구현의 규칙입니다. 규칙이 다른 구현(예: GIL이 있는 PyPy)은 '다른 구현'으로 분류해 측정만 하고 판정하지 않습니다.",
            "This is a rule of CPython's implementation, not of the GIL. Implementations with other rules (such as PyPy, which has a GIL) count as 'others': what they lose is measured but not judged."
        ),
    ]
}

fn shows(report: &Report, pythons: &[Interpreter]) -> Text {
    let lost = |id: &str, rules: &[Rules]| {
        let form = FORMS.iter().find(|form| form.id == id).expect("one of the forms");
        let those = pythons.iter().filter(|python| rules.contains(&Rules::of(python)));
        let medians: Vec<f64> = those.filter_map(|python| share(report, python, form)).map(Measure::median).collect();
        stats::median(&medians).map(|share| unit::value(share, Unit::Share))
    };
    let mut parts = Vec::new();
    for rules in Rules::ALL {
        if let Some(share) = lost("plain", &[rules]) {
            let name = rules.name();
            parts.push(Text { ko: format!("{} {share}", name.ko), en: format!("{share} ({})", name.en) });
        }
    }
    let list = Text {
        ko: parts.iter().map(|part| part.ko.as_str()).collect::<Vec<_>>().join(", "),
        en: parts.iter().map(|part| part.en.as_str()).collect::<Vec<_>>().join(", "),
    };
    let (call, locked) = (lost("call", &Rules::ALL), lost("lock", &Rules::ALL));
    match (parts.is_empty(), call, locked) {
        (false, Some(call), Some(locked)) => Text {
            ko: format!(
                "`counter += 1`에서 유실된 갱신: {}. 읽기와 쓰기 사이에 호출이 있으면 {call}, 락을 쓰면 {locked}.",
                list.ko
            ),
            en: format!(
                "Updates that `counter += 1` lost: {}. With a call in between {call}, and with a lock {locked}.",
                list.en
            ),
        },
        _ => text!("측정한 파이썬이 없습니다.", "No Python was measured."),
    }
}
