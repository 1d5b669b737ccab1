//! The command line that all sections share: `program [EXPERIMENT] [OPTIONS]`, help and errors in the reader's language.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::error::{Error, Result};
use crate::export;
use crate::files;
use crate::lang::{self, Lang, Text};
use crate::lifeline;
use crate::out;
use crate::report::Report;
use crate::say;
use crate::show;
use crate::text;
use crate::twin::{self, Interpreter};

/// What an option takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// Seconds, fractions allowed, from the first to the second.
    Seconds(f64, f64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A path; any bytes that the system allows.
    Path,
    /// A text.
    Word,
}

/// An option of an experiment: `--name VALUE`.
#[derive(Clone, Debug)]
pub struct Opt {
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    about: Text,
}

/// An option; without a default it may be left out.
pub fn opt(name: &'static str, kind: Kind, default: impl Into<Option<&'static str>>, about: Text) -> Opt {
    Opt { name, kind, default: default.into(), about }
}

type Run = Box<dyn Fn(&Args) -> Result<Report>>;

struct Experiment {
    name: &'static str,
    about: Text,
    options: Vec<Opt>,
    hidden: bool,
    run: Run,
}

/// A section of the article as a program. The first experiment is the one that runs when none is named.
pub struct Section {
    name: &'static str,
    about: Text,
    experiments: Vec<Experiment>,
}

/// What the reader asked for; every value has been checked.
#[derive(Debug)]
pub struct Args {
    matches: ArgMatches,
    pythons: Vec<Interpreter>,
}

impl Args {
    /// The value of a [`Kind::Count`] option with a default.
    pub fn count(&self, name: &str) -> u64 {
        self.word(name).and_then(|w| w.parse().ok()).expect("checked when it was parsed, or the default")
    }

    /// The same as a `usize`.
    pub fn size(&self, name: &str) -> usize {
        usize::try_from(self.count(name)).expect("the upper bounds of our options fit")
    }

    /// The value of a [`Kind::Seconds`] option with a default.
    pub fn seconds(&self, name: &str) -> Duration {
        let seconds = self.word(name).and_then(|w| w.parse().ok());
        Duration::from_secs_f64(seconds.expect("checked when it was parsed, or the default"))
    }

    /// The value of any other option, if it has one.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.value(name)?.to_str()
    }

    /// The value of a [`Kind::Path`] option, if it has one.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.value(name).map(Path::new)
    }

    /// The interpreters to run twins on: none with `--no-python`, or where there is no Python.
    pub fn pythons(&self) -> &[Interpreter] {
        &self.pythons
    }

    fn value(&self, name: &str) -> Option<&OsString> {
        self.matches.get_one(name)
    }
}

impl Section {
    /// A program by the name of its crate, and a line about it.
    pub fn new(name: &'static str, about: Text) -> Section {
        Section { name, about, experiments: Vec::new() }
    }

    /// Adds an experiment.
    #[must_use]
    pub fn experiment(
        mut self,
        name: &'static str,
        about: Text,
        options: Vec<Opt>,
        run: impl Fn(&Args) -> Result<Report> + 'static,
    ) -> Section {
        self.experiments.push(Experiment { name, about, options, hidden: false, run: Box::new(run) });
        self
    }

    /// Adds the work of a child process: what the program does when it starts itself again. The arguments come after `name`.
    /// The child ends with its parent, and what it says is said by the parent.
    #[must_use]
    pub fn child(self, name: &'static str, options: Vec<Opt>, run: impl Fn(&Args) -> Result<()> + 'static) -> Section {
        self.child_on_pipes(name, options, move |args| {
            lifeline::watch();
            say::to_parent();
            run(args)
        })
    }

    /// The same for a child whose standard input is what it works on. The end of its input must end it: that is its lifeline.
    #[must_use]
    pub fn child_on_pipes(
        mut self,
        name: &'static str,
        options: Vec<Opt>,
        run: impl Fn(&Args) -> Result<()> + 'static,
    ) -> Section {
        let run = move |args: &Args| run(args).map(|()| Report::default());
        self.experiments.push(Experiment { name, about: Text::default(), options, hidden: true, run: Box::new(run) });
        self
    }

    /// Runs the program: the whole of `main`.
    pub fn main(self) -> ExitCode {
        let args: Vec<OsString> = env::args_os().collect();
        if args.get(1).is_some_and(|first| first == lifeline::GUARD) {
            return lifeline::guard(args.into_iter().skip(2));
        }
        let asked = ask_for_lang(&args);
        lang::choose(asked.unwrap_or_else(|| Lang::from_locale(|name| env::var(name).ok())));
        match self.parse_and_run(args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                out::complain(error.text());
                ExitCode::from(error.code())
            }
        }
    }

    fn parse_and_run(&self, args: Vec<OsString>) -> Result<()> {
        let matches = match self.command().try_get_matches_from(args) {
            Ok(matches) => matches,
            Err(e) if e.kind() == ErrorKind::DisplayHelp => {
                out::print(&e.render().to_string());
                return Ok(());
            }
            Err(e) => return Err(self.explain(&e)),
        };
        let experiment = self.chosen(&matches)?;
        let matches = match matches.subcommand() {
            Some((_, inner)) => inner.clone(),
            None => matches,
        };
        experiment.options.iter().try_for_each(|option| check(option, &matches))?;
        let common = Common::from(&matches);
        if common.json {
            say::quietly();
        }
        for path in [&common.trace, &common.svg].into_iter().flatten() {
            files::can_be_written(path)?;
        }
        let pythons = if common.no_python || experiment.hidden { Vec::new() } else { twin::find(&common.python)? };
        let report = (experiment.run)(&Args { matches, pythons })?;
        if experiment.hidden { Ok(()) } else { common.deliver(&report) }
    }

    /// The experiment that was named, else the first. Options before the name must be common ones.
    fn chosen(&self, matches: &ArgMatches) -> Result<&Experiment> {
        let first = self.experiments.first().expect("a section has an experiment");
        let Some((name, _)) = matches.subcommand() else {
            return Ok(first);
        };
        let given = |option: &&Opt| matches.value_source(option.name) == Some(ValueSource::CommandLine);
        if let Some(option) = first.options.iter().find(given) {
            let (option, first) = (option.name, first.name);
            return Err(Error::usage(text!(
                "--{option}는 '{first}' 실험의 옵션입니다. 실험 이름 뒤에 그 실험의 옵션을 주십시오.",
                "--{option} is an option of '{first}'. Give an experiment's options after its name."
            )));
        }
        Ok(self.experiments.iter().find(|e| e.name == name).expect("clap knows only ours"))
    }

    fn command(&self) -> Command {
        let options = |e: &Experiment| e.options.iter().map(argument).collect::<Vec<_>>();
        let mut command = skin(Command::new(self.name), &self.about)
            .args(common_arguments())
            .disable_help_subcommand(true)
            .subcommand_value_name(text!("실험", "EXPERIMENT").to_string());
        if let Some(first) = self.experiments.first() {
            command = command.args(options(first));
        }
        for e in &self.experiments {
            let name = format!("{} {}", self.name, e.name);
            let sub = skin(Command::new(e.name).bin_name(name), &e.about).args(options(e)).hide(e.hidden);
            command = command.subcommand(sub);
        }
        command
    }

    /// What clap found wrong, in one line of the reader's language.
    fn explain(&self, error: &clap::Error) -> Error {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(s)) => s.clone(),
            _ => String::new(),
        };
        let arg = context(ContextKind::InvalidArg);
        let words: Vec<&str> = self.experiments.iter().filter(|e| !e.hidden).map(|e| e.name).collect();
        let known = words.join(", ");
        let unknown_experiment = |name: String| {
            text!(
                "'{name}'이라는 실험은 없습니다. 고를 수 있는 실험: {known}",
                "there is no experiment '{name}'. There are: {known}"
            )
        };
        Error::usage(match error.kind() {
            ErrorKind::InvalidSubcommand => unknown_experiment(context(ContextKind::InvalidSubcommand)),
            ErrorKind::UnknownArgument if arg.starts_with('-') => {
                text!(
                    "'{arg}'라는 옵션은 없습니다. --help가 옵션을 보여 줍니다.",
                    "there is no option '{arg}'. --help shows the options."
                )
            }
            ErrorKind::UnknownArgument => unknown_experiment(arg),
            ErrorKind::ArgumentConflict => text!("{arg}: 한 번만 줄 수 있습니다.", "{arg}: give it only once."),
            ErrorKind::InvalidUtf8 => {
                text!("명령줄에 UTF-8이 아닌 글자가 있습니다.", "the command line holds text that is not UTF-8.")
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation if arg.starts_with("--lang") => {
                text!("--lang: ko나 en을 주십시오.", "--lang: give ko or en.")
            }
            ErrorKind::InvalidValue
            | ErrorKind::ValueValidation
            | ErrorKind::NoEquals
            | ErrorKind::WrongNumberOfValues => {
                text!("{arg}: 값을 주십시오.", "{arg}: give it a value.")
            }
            _ => text!(
                "명령줄을 이해할 수 없습니다. --help를 보십시오.",
                "the command line cannot be understood. See --help."
            ),
        })
    }
}

/// Looks for `--lang` before anything else is parsed, so that errors are in that language too.
fn ask_for_lang(args: &[OsString]) -> Option<Lang> {
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let after = words.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1]);
    let joined = words.iter().find_map(|word| word.strip_prefix("--lang="));
    after.or(joined).and_then(Lang::from_code)
}

/// The look of help that all commands share.
fn skin(command: Command, about: &Text) -> Command {
    let (usage, experiments, options) =
        (text!("사용법", "Usage"), text!("실험", "Experiments"), text!("옵션", "Options"));
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help(text!("이 도움말", "this help").to_string());
    let one = format!("{{about}}\n\n{usage}: {{usage}}\n\n{options}:\n{{options}}\n");
    let many =
        format!("{{about}}\n\n{usage}: {{usage}}\n\n{experiments}:\n{{subcommands}}\n\n{options}:\n{{options}}\n");
    let is_section = command.get_bin_name().is_none();
    let template = if is_section { many } else { one };
    let usage_line = if is_section {
        let name = command.get_name();
        text!("{name} [실험] [옵션]", "{name} [EXPERIMENT] [OPTIONS]")
    } else {
        let name = command.get_bin_name().unwrap_or_default();
        text!("{name} [옵션]", "{name} [OPTIONS]")
    };
    command
        .about(about.to_string())
        .override_usage(usage_line.to_string())
        .help_template(template)
        .next_line_help(false)
        .disable_help_flag(true)
        .arg(help.display_order(100))
}

/// Values are checked by [`check`], in the reader's language; clap only splits the words.
fn argument(option: &Opt) -> Arg {
    let mut about = option.about.to_string();
    if let Kind::Choice(words) = option.kind {
        about.push_str(&format!(": {}", words.join(", ")));
    }
    if let Some(default) = option.default {
        about.push_str(&text!(" (기본 {default})", " (default {default})").to_string());
    }
    let value = match option.kind {
        Kind::Count(..) => "N",
        Kind::Seconds(..) => "S",
        Kind::Choice(_) => "WORD",
        Kind::Path => "PATH",
        Kind::Word => "TEXT",
    };
    let arg = Arg::new(option.name).long(option.name).value_name(value).help(about);
    arg.value_parser(ValueParser::os_string())
        .default_value(option.default)
        .hide_default_value(true)
        .allow_hyphen_values(true)
}

/// The few options that all sections share.
fn common_arguments() -> Vec<Arg> {
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
            text!("출력 언어 (기본: 로캘, 없으면 한국어)", "language (default: the locale's, else Korean)"),
        )
        .value_parser(["ko", "en"])
        .hide_possible_values(true),
        flag("json", text!("보고서를 JSON 객체 하나로", "the report as one JSON object")),
        value("trace", "FILE", text!("타임라인을 Perfetto/Chrome JSON으로", "the timeline as Perfetto/Chrome JSON")),
        value("svg", "FILE", text!("타임라인을 SVG 그림으로", "the timeline as an SVG picture")),
        value(
            "python",
            "PATH",
            text!(
                "쌍둥이용 파이썬, 여러 번 줄 수 있음 (기본 python3)",
                "a Python for the twins, repeatable (default python3)"
            ),
        )
        .action(ArgAction::Append),
        flag("no-python", text!("파이썬 쌍둥이 없이", "without the Python twins")),
    ]
}

/// Whether the value of an option is one that it takes; says what to give instead.
fn check(option: &Opt, matches: &ArgMatches) -> Result<()> {
    let Some(value) = matches.get_one::<OsString>(option.name) else {
        return Ok(());
    };
    let (name, shown) = (option.name, value.to_string_lossy());
    let word = value.to_str();
    let (fits, wanted) = match option.kind {
        Kind::Path => (!value.is_empty(), text!("경로를", "a path")),
        Kind::Word => (word.is_some_and(|w| !w.is_empty()), text!("글자를", "a text")),
        Kind::Choice(words) => {
            let list = words.join(", ");
            (word.is_some_and(|w| words.contains(&w)), text!("{list} 가운데 하나를", "one of {list}"))
        }
        Kind::Count(least, most) => {
            let n = word.and_then(|w| w.parse::<u64>().ok());
            (
                n.is_some_and(|n| (least..=most).contains(&n)),
                text!("{least}부터 {most}까지의 정수를", "a whole number from {least} to {most}"),
            )
        }
        Kind::Seconds(least, most) => {
            let s = word.and_then(|w| w.parse::<f64>().ok());
            (
                s.is_some_and(|s| (least..=most).contains(&s)),
                text!("{least}부터 {most}까지의 초를", "seconds from {least} to {most}"),
            )
        }
    };
    if fits {
        return Ok(());
    }
    Err(Error::usage(Text {
        ko: format!("--{name} {shown}: {} 주십시오.", wanted.ko),
        en: format!("--{name} {shown}: give {}.", wanted.en),
    }))
}

/// The values of the common options.
struct Common {
    json: bool,
    trace: Option<PathBuf>,
    svg: Option<PathBuf>,
    python: Vec<PathBuf>,
    no_python: bool,
}

impl Common {
    fn from(matches: &ArgMatches) -> Common {
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        Common {
            json: matches.get_flag("json"),
            trace: path("trace"),
            svg: path("svg"),
            python: matches.get_many("python").into_iter().flatten().cloned().collect(),
            no_python: matches.get_flag("no-python"),
        }
    }

    /// Writes the files that were asked for, then the report.
    fn deliver(&self, report: &Report) -> Result<()> {
        let lang = lang::current();
        if let Some(path) = &self.trace {
            files::write(path, export::chrome(&report.traces, lang).to_string().as_bytes())?;
        }
        if let Some(path) = &self.svg {
            files::write(path, export::svg(&report.traces, lang).to_string().as_bytes())?;
        }
        if self.json {
            out::print(&report.to_json());
        } else {
            out::print(&show::report(report, out::canvas()));
        }
        Ok(())
    }
}
