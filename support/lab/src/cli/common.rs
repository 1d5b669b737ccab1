//! The options that all programs share, and the output that they select.

use std::path::{Path, PathBuf};

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches};

use crate::atomic_write;
use crate::error::Result;
use crate::lang::{self, Lang, Text};
use crate::render::{firefox, perfetto, svg, text as page};
use crate::report::Report;
use crate::terminal;
use crate::text;

/// The end of a file's name that asks for the Firefox Profiler's format.
const FIREFOX: &str = ".firefox.json";

/// The common options, declared for clap.
pub(crate) fn arguments() -> Vec<Arg> {
    let value = |name, value: &'static str, about: Text| {
        let arg = Arg::new(name).long(name).value_name(value).help(about.to_string());
        arg.value_parser(ValueParser::path_buf()).global(true).display_order(50)
    };
    let flag = |name, about: Text| {
        let arg = Arg::new(name).long(name).help(about.to_string());
        arg.action(ArgAction::SetTrue).global(true).display_order(50)
    };
    vec![
        value(
            "lang",
            "ko|en",
            text!("출력 언어 (기본: 로캘, 없으면 한국어)", "output language (default: the locale's, else Korean)"),
        )
        .value_parser(["ko", "en"])
        .hide_possible_values(true),
        flag("full", text!("모든 그림, 표, 설명까지 출력", "print all drawings, tables and notes")),
        flag("json", text!("보고서를 JSON 객체 하나로 출력", "print the report as one JSON object")),
        value(
            "trace",
            "FILE",
            text!(
                "타임라인을 Perfetto/Chrome JSON으로 저장, 이름이 {FIREFOX}으로 끝나면 Firefox Profiler용으로",
                "save the timeline as Perfetto/Chrome JSON; for the Firefox Profiler if the name ends in {FIREFOX}"
            ),
        ),
        value("svg", "FILE", text!("화면의 그림을 SVG로 저장", "save the drawings of the page as SVG")),
        value(
            "python",
            "PATH|all",
            text!(
                "실험을 함께 실행할 파이썬, 여러 번 지정 가능, all은 모두 (기본 python3)",
                "Python for the twins, may be repeated; all: every one that is found (default python3)"
            ),
        )
        .action(ArgAction::Append),
        flag("no-python", text!("파이썬으로는 실행하지 않음", "do not run the Python twins")),
    ]
}

/// What the reader chose with the common options.
pub(crate) struct Common {
    pub(crate) full: bool,
    pub(crate) json: bool,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) python: Vec<PathBuf>,
    pub(crate) no_python: bool,
}

impl Common {
    pub(crate) fn from(matches: &ArgMatches) -> Common {
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        Common {
            full: matches.get_flag("full"),
            json: matches.get_flag("json"),
            trace: path("trace"),
            svg: path("svg"),
            python: matches.get_many("python").into_iter().flatten().cloned().collect(),
            no_python: matches.get_flag("no-python"),
        }
    }

    /// The first option that says what becomes of the report.
    pub(crate) fn wants_a_report(&self) -> Option<&'static str> {
        let given = [
            ("--full", self.full),
            ("--json", self.json),
            ("--trace", self.trace.is_some()),
            ("--svg", self.svg.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// Writes the files that were asked for, then the report; its page to standard error if standard output belongs to a program of
    /// the reader's.
    pub(crate) fn deliver(&self, report: &Report, page_to_stderr: bool) -> Result<()> {
        let lang = lang::current();
        if let Some(path) = &self.trace {
            atomic_write::write(path, trace_file(path, report, lang).to_string().as_bytes())?;
        }
        if let Some(path) = &self.svg {
            let (traces, charts) = if self.full { report.all_drawings() } else { report.front_drawings() };
            atomic_write::write(path, svg::svg(&traces, &charts, lang).to_string().as_bytes())?;
        }
        if self.json {
            terminal::print(&report.to_json());
        } else {
            let page = if self.full { page::full } else { page::brief };
            if page_to_stderr {
                terminal::print_to_stderr(&page(report, terminal::stderr_canvas()));
            } else {
                terminal::print(&page(report, terminal::canvas()));
            }
        }
        Ok(())
    }
}

/// All lanes in the format that the file's name asks for.
fn trace_file(path: &Path, report: &Report, lang: Lang) -> serde_json::Value {
    let asked = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(FIREFOX));
    if asked { firefox::profile(&report.traces, lang) } else { perfetto::chrome(&report.traces, lang) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_trace_file_chooses_its_format() {
        let keys = |name: &str| {
            let file = trace_file(Path::new(name), &Report::default(), Lang::En);
            (file.get("traceEvents").is_some(), file.get("threads").is_some())
        };
        for name in ["gil.json", "gil", "firefox.json.gz", "/tmp/x.firefox.json/gil.json"] {
            assert_eq!(keys(name), (true, false), "{name}");
        }
        for name in ["gil.firefox.json", "/tmp/가.firefox.json"] {
            assert_eq!(keys(name), (false, true), "{name}");
        }
    }
}
