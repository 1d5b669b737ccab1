//! The interleaving that breaks a promise: a row is a step, a column a thread.

use kit::Step;
use lab::escape::escape_controls;
use lab::render::{Canvas, fit};
use lab::text;

/// More steps are left out in the middle: what begins and what breaks is at the ends.
const MOST: usize = 60;

/// The table. Every line fits the canvas.
pub fn table(steps: &[Step], canvas: Canvas) -> String {
    let mut threads: Vec<&str> = Vec::new();
    for step in steps {
        if !threads.contains(&step.thread.as_str()) {
            threads.push(&step.thread);
        }
    }
    const NUMBER: usize = 4;
    let columns = (canvas.width.saturating_sub(NUMBER) / threads.len().max(1)).saturating_sub(3).clamp(4, 34);
    let cells = |number: &str, cell: &dyn Fn(&str) -> String| {
        let row = threads.iter().map(|thread| fit(&cell(thread), columns)).collect::<Vec<_>>().join(" │ ");
        format!("{} {}\n", fit(number, NUMBER), row.trim_end())
    };
    let mut out = cells("", &|thread| escape_controls(thread));
    let line = threads.iter().map(|_| "─".repeat(columns)).collect::<Vec<_>>().join("─┼─");
    out.push_str(&format!("{} {line}\n", " ".repeat(NUMBER)));
    let left = steps.len().saturating_sub(MOST);
    for (n, step) in steps.iter().enumerate() {
        if left > 0 && n == MOST / 2 {
            let more = text!("… {left}단계 생략", "… {left} steps left out");
            out.push_str(&format!("{} {}\n", " ".repeat(NUMBER), more.get(canvas.lang)));
        }
        if left > 0 && (MOST / 2..MOST / 2 + left).contains(&n) {
            continue;
        }
        let what = escape_controls(step.what.get(canvas.lang));
        let number = format!("{:>3}", n + 1);
        out.push_str(&cells(&number, &|thread| if thread == step.thread { what.clone() } else { String::new() }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::lang::{Lang, Text};
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn each_step_stands_in_the_column_of_its_thread() {
        let step = |thread: &str, what: &str| Step { thread: thread.into(), what: Text::same(what) };
        let steps = [step("main", "spawn 1"), step("thread 1", "load 0"), step("main", "load 0")];
        let canvas = Canvas { width: 60, colour: false, lang: Lang::En };
        let drawn = table(&steps, canvas);
        let lines: Vec<&str> = drawn.lines().collect();
        let second = lines[0].find("thread 1").unwrap();
        assert!(lines[0].contains("main") && lines[3].get(second..).is_some_and(|cell| cell.starts_with("load 0")));
        assert!(lines[4].starts_with("  3  load 0"), "{drawn}");
        let many: Vec<Step> = (0..100).map(|n| step(if n % 2 == 0 { "a" } else { "b" }, "lock")).collect();
        let drawn = table(&many, canvas);
        assert!(
            drawn.contains("40 steps left out") && drawn.contains("100  ") && drawn.lines().all(|l| l.width() <= 60)
        );
    }
}
