//! Nothing that is printed is wider than the terminal, from 20 columns on, in both languages.

use harness::{Done, finish, start};
use tests::run::{SECTIONS, command, run, words};
use unicode_width::UnicodeWidthStr;

/// A run of `choose`, for pages that need one.
const RECORDED: &str = "target/tmp/run-for-widths.json";

fn at_width(columns: &str, program: &str, args: &[&str]) -> Done {
    finish(start(command(program, args).env("COLUMNS", columns))).ends_with(0)
}

#[track_caller]
fn assert_fits(columns: &str, program: &str, args: &[&str]) {
    let page = at_width(columns, program, args).out;
    let most: usize = columns.parse().unwrap();
    let wide: Vec<&str> = page.lines().filter(|line| line.width() > most).collect();
    assert!(!page.is_empty() && wide.is_empty(), "{program} {args:?} at {columns}: {wide:#?}");
}

#[test]
fn help_fits() {
    for program in SECTIONS.iter().copied().chain(["lab"]) {
        for lang in ["ko", "en"] {
            for columns in ["20", "30", "80"] {
                assert_fits(columns, program, &["--help", "--lang", lang]);
                for experiment in words(program) {
                    assert_fits(columns, program, &[&experiment, "--help", "--lang", lang]);
                }
            }
        }
    }
}

/// Lanes, measurements, tables, charts, verdicts and notes, of experiments that take less than a second.
#[test]
fn pages_fit() {
    run("choose", &["--json", "--out", RECORDED, "--no-python", "sleep", "0.3"]).ends_with(0);
    let pages: [(&str, &[&str]); 11] = [
        ("lab", &["claims"]),
        ("choose", &["again", RECORDED, "--no-python"]),
        ("kitchen", &["cooks", "--seconds", "0.001", "--no-python"]),
        ("kitchen", &["table", "--seconds", "0.001", "--no-python"]),
        ("native", &["release", "--iterations", "1000", "--no-python"]),
        ("native", &["failures", "--no-python"]),
        ("threading", &["article", "--seconds", "0.05", "--no-python"]),
        ("threading", &["cpu", "--iterations", "100000", "--rounds", "1", "--no-python"]),
        ("mutex", &["counter", "--iterations", "2000", "--rounds", "100", "--no-python"]),
        ("asyncio", &["gather", "--seconds", "0.05", "--no-python"]),
        ("gil-sim", &["step", "convoy", "--schedule", "acb", "--no-python"]),
    ];
    for (program, args) in pages {
        for lang in ["ko", "en"] {
            for columns in ["20", "33", "80", "160"] {
                for more in [&["--lang", lang][..], &["--lang", lang, "--full"]] {
                    assert_fits(columns, program, &[args, more].concat());
                }
            }
        }
    }
}

#[test]
fn an_unusable_width_is_ignored() {
    let widest = |columns: &str| {
        let page = at_width(columns, "lab", &["claims", "--full"]).out;
        page.lines().map(UnicodeWidthStr::width).max()
    };
    for unusable in ["0", "", "many"] {
        assert_eq!(widest(unusable), widest("80"), "COLUMNS={unusable}");
    }
}
