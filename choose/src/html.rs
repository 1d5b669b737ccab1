//! The report as a page for a browser, as `compare report` makes one: `--html FILE`.

use std::path::Path;

use lab::lang::{self, Text};
use lab::report::{Report, Table};
use lab::{Result, atomic_write, text};
use report_page::{Frame, content, frame, keys_help, words};

/// What the option does.
pub fn about() -> Text {
    text!("예측을 브라우저로 보는 페이지로 저장", "save the prediction as a page for a browser")
}

/// Writes the page: one file that loads nothing.
pub fn write(path: &Path, report: &Report) -> Result<()> {
    atomic_write::write(path, page(report)?.as_bytes())?;
    Ok(())
}

fn page(report: &Report) -> Result<String> {
    let tables: Vec<&Table> = report.tables.iter().collect();
    let id = report.experiment.replace('/', "-");
    let title = words(&text!("예측과 기록", "the prediction and the recorded run"));
    let main = [
        format!("<section aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\" class=\"unseen\">{title}</h2>"),
        content(&id, report, &tables)?,
        keys_help()?,
        "</section>".to_owned(),
    ];
    let frame_of = Frame {
        title: text!("언제, 무엇을 써야 할까?: 예측", "When to use what: a prediction"),
        heading: text!("언제, 무엇을 써야 할까?", "When to use what?"),
        header: String::new(),
        main: main.join("\n"),
    };
    frame(&frame_of, lang::current())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::Costs;
    use crate::page::report;
    use crate::predict::Plan;
    use crate::recording::{Hot, Interpreter, Recording, Sums};

    #[test]
    fn the_page_has_the_advice_in_both_languages_and_nothing_of_the_program_becomes_a_part_of_it() {
        let work = Sums { python: 1e9, busy: 1e9, ..Sums::default() };
        let interpreter = Interpreter::CPython { minor: 14, free_threaded: false };
        let lines = vec![Hot { place: "<script>alert(1)</script>.py:3 crunch".into(), python: 1e9, ..Hot::default() }];
        let recording =
            Recording { interpreter, gil_seen: true, work, lines, work_samples: 99.0, ..Recording::default() };
        let report =
            report("choose/run", &recording, &Costs::typical(), Plan { pieces: 8, cores: 2, payload: 0, hosts: 4 });
        let page = page(&report).unwrap();
        for words in [&report.shows.ko, &report.shows.en] {
            assert!(page.contains(words.as_str()), "{words}");
        }
        assert!(page.contains("        results = list(pool.map(crunch, pieces))"), "the code keeps its indent");
        assert!(!page.contains("<script>alert") && page.contains("alert(1)"));
    }
}
