//! The command line that all sections share: `program [EXPERIMENT] [OPTIONS]`, help and errors in the reader's language.

mod common;
mod declared;
mod fail_on;
mod options;
mod predictions;
mod rules;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

pub use fail_on::FailOn;
pub use options::{Choice, Opt, Options};

use crate::ask::Question;
use crate::atomic_write;
use crate::error::{Error, Result};
use crate::lang::{self, Lang, Text};
use crate::process::lifeline;
use crate::python::{self, Interpreter, Introduction, Refused};
use crate::render;
use crate::report::Report;
use crate::say;
use crate::terminal;
use crate::text;
use common::Common;
use declared::Declared;
use predictions::Predictions;
use rules::Rule;

/// In a terminal narrower than this, the description of an option goes on a line of its own.
const NARROW: usize = 60;

/// The option that an experiment with questions has.
const ASK: &str = "ask";

type Run = Box<dyn Fn(&Args) -> Result<Report>>;
type Questions = Box<dyn Fn(&Args) -> Vec<Question>>;

/// One experiment: its name on the command line, its options, and the function that runs it.
pub struct Experiment {
    name: &'static str,
    about: Text,
    options: Vec<Declared>,
    rules: Vec<Rule>,
    hidden: bool,
    looks_for_pythons: bool,
    runs_a_program: bool,
    prints_itself: bool,
    questions: Option<Questions>,
    run: Run,
}

impl Experiment {
    /// An experiment with its name, a line for `--help`, its options, and the function that runs it.
    pub fn new(
        name: &'static str,
        about: Text,
        options: Options,
        run: impl Fn(&Args) -> Result<Report> + 'static,
    ) -> Experiment {
        let (options, rules) = options.into_parts();
        let (hidden, looks_for_pythons, runs_a_program, prints_itself) = (false, false, false, false);
        let (questions, run) = (None, Box::new(run));
        Experiment {
            name,
            about,
            options,
            rules,
            hidden,
            looks_for_pythons,
            runs_a_program,
            prints_itself,
            questions,
            run,
        }
    }

    /// A command that prints its own page, and returns the exit code. It has no report, so `--full`, `--json`, `--trace` and `--svg`
    /// are errors; it finds interpreters with [`Args::find_pythons`] if it needs them.
    pub fn page(
        name: &'static str,
        about: Text,
        options: Options,
        run: impl Fn(&Args) -> Result<u8> + 'static,
    ) -> Experiment {
        let run = move |args: &Args| run(args).map(|exit_code| Report { exit_code, ..Report::default() });
        Experiment { prints_itself: true, ..Experiment::new(name, about, options, run) }
    }

    /// The experiment looks for interpreters itself, with [`Args::look_for_pythons`], instead of being given those to run twins on.
    #[must_use]
    pub fn looks_for_pythons(self) -> Experiment {
        Experiment { looks_for_pythons: true, ..self }
    }

    /// The experiment runs a program of the reader's, whose output is on standard output and stays what it is: the page goes to
    /// standard error. With `--json` the object follows the program's output.
    #[must_use]
    pub fn runs_a_program(self) -> Experiment {
        Experiment { runs_a_program: true, ..self }
    }

    /// With `--ask` the reader answers these questions before the run, and the report has the answers beside what was seen.
    #[must_use]
    pub fn asks(mut self, questions: impl Fn(&Args) -> Vec<Question> + 'static) -> Experiment {
        let about = text!(
            "먼저 예상을 묻고, 결과와 나란히 출력",
            "ask for predictions first, and show them beside the results"
        );
        self.options.push(Declared::new(ASK, declared::Kind::Flag, None, about));
        Experiment { questions: Some(Box::new(questions)), ..self }
    }

    /// The work of a child process: what the program does when it starts itself again with `name` as its first argument. The
    /// child ends with its parent, and the lines that it prints are printed by the parent.
    pub fn child(name: &'static str, options: Options, run: impl Fn(&Args) -> Result<()> + 'static) -> Experiment {
        Experiment::child_on_pipes(name, options, move |args| {
            lifeline::watch();
            say::to_parent();
            run(args)
        })
    }

    /// Like [`Experiment::child`], for a child that reads its standard input itself. It must end when the input ends, because it
    /// has no other lifeline.
    pub fn child_on_pipes(
        name: &'static str,
        options: Options,
        run: impl Fn(&Args) -> Result<()> + 'static,
    ) -> Experiment {
        let run = move |args: &Args| run(args).map(|()| Report::default());
        let about = Text::default();
        Experiment { hidden: true, ..Experiment::new(name, about, options, run) }
    }
}

/// A section of the article as a program. The first experiment is the one that runs when none is named.
pub struct Section {
    name: &'static str,
    about: Text,
    experiments: Vec<Experiment>,
    renamed: Vec<(&'static str, &'static str)>,
}

/// The parsed command line; every value has been checked.
#[derive(Debug)]
pub struct Args {
    matches: ArgMatches,
    pythons: Vec<Interpreter>,
    /// What was given with `--python`; `None` with `--no-python`.
    asked: Option<Vec<PathBuf>>,
}

impl Args {
    /// The value of an option.
    pub fn get<T>(&self, option: Opt<T>) -> T {
        option.value(&self.matches)
    }

    /// Whether the option was given on the command line.
    pub fn is_given<T>(&self, option: Opt<T>) -> bool {
        option.is_given(&self.matches)
    }

    /// The interpreters to run twins on: none with `--no-python`, or where there is no Python.
    pub fn pythons(&self) -> &[Interpreter] {
        &self.pythons
    }

    /// Whether no Python may be run.
    pub fn no_python(&self) -> bool {
        self.asked.is_none()
    }

    /// The interpreters that were given with `--python`, or else `python3`, if there is one; none with `--no-python`. For a
    /// [`Experiment::page`], which looks for them only if it needs them.
    pub fn find_pythons(&self) -> Result<Vec<Interpreter>> {
        self.asked.as_deref().map_or_else(|| Ok(Vec::new()), python::find)
    }

    /// What the interpreters say of themselves that were given with `--python`, or else all that are found. None with `--no-python`.
    pub fn look_for_pythons(&self) -> Result<(Vec<Introduction>, Vec<Refused>)> {
        self.asked.as_deref().map_or_else(|| Ok((Vec::new(), Vec::new())), python::look)
    }
}

impl Section {
    /// A program with the name of its crate and a line for `--help`.
    pub fn new(name: &'static str, about: Text) -> Section {
        Section { name, about, experiments: Vec::new(), renamed: Vec::new() }
    }

    /// Adds experiments, in the order of `--help`.
    #[must_use]
    pub fn with(mut self, experiments: impl IntoIterator<Item = Experiment>) -> Section {
        self.experiments.extend(experiments);
        self
    }

    /// Renamed experiments and options as `(old, new)`: the error for the old name gives the new one.
    #[must_use]
    pub fn renamed(mut self, words: &[(&'static str, &'static str)]) -> Section {
        self.renamed.extend(words);
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
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                terminal::complain(error.text());
                ExitCode::from(error.code())
            }
        }
    }

    /// Runs the chosen experiment, or prints the help. Returns the exit code.
    fn parse_and_run(&self, args: Vec<OsString>) -> Result<u8> {
        let matches = match self.command().try_get_matches_from(&args) {
            Ok(matches) => matches,
            Err(e) if e.kind() == ErrorKind::DisplayHelp => {
                terminal::print(&render::within(&e.render().to_string(), terminal::width()));
                return Ok(0);
            }
            Err(e) => return Err(self.explain(&e, &args)),
        };
        let experiment = self.chosen(&matches)?;
        let matches = match matches.subcommand() {
            Some((_, inner)) => inner.clone(),
            None => matches,
        };
        experiment.options.iter().try_for_each(|option| declared::check(option, &matches))?;
        let common = Common::from(&matches);
        rules::check(&experiment.rules, &experiment.options, &matches)?;
        rules::check_files(&experiment.options, &matches, &common)?;
        if let Some(option) = common.wants_a_report().filter(|_| experiment.prints_itself) {
            let name = experiment.name;
            return Err(Error::usage(text!(
                "'{name}'에는 {option} 옵션을 쓸 수 없습니다.",
                "'{name}' has no {option}."
            )));
        }
        if common.json {
            say::quietly();
        }
        for path in [&common.trace, &common.svg].into_iter().flatten() {
            atomic_write::can_be_written(path)?;
        }
        let without = common.no_python || experiment.hidden || experiment.looks_for_pythons || experiment.prints_itself;
        let pythons = if without { Vec::new() } else { python::find(&common.python)? };
        let asked = (!common.no_python).then(|| common.python.clone());
        let args = Args { matches, pythons, asked };
        let asks = experiment.questions.as_ref().filter(|_| declared::given(ASK, &args.matches));
        let predicted = asks.map(|questions| Predictions::ask(questions(&args))).transpose()?;
        let mut report = (experiment.run)(&args)?;
        if let Some(predicted) = predicted {
            report.asked = predicted.compare(&report, |words| self.run_also(words, &args));
        }
        if !experiment.hidden && !experiment.prints_itself {
            python::side_by_side(&mut report, &args.pythons);
            common.deliver(&report, experiment.runs_a_program)?;
        }
        Ok(report.exit_code)
    }

    /// A further run of this program, on the same interpreters, that prints nothing.
    fn run_also(&self, words: &[&str], args: &Args) -> Result<Report> {
        let command_line: Vec<OsString> = [&[self.name], words].concat().into_iter().map(OsString::from).collect();
        let matches = self.command().try_get_matches_from(&command_line);
        let matches = matches.map_err(|e| self.explain(&e, &command_line))?;
        let experiment = self.chosen(&matches)?;
        let matches = matches.subcommand().map_or_else(|| matches.clone(), |(_, inner)| inner.clone());
        say::quietly();
        (experiment.run)(&Args { matches, pythons: args.pythons.clone(), asked: args.asked.clone() })
    }

    /// The experiment that was named, else the first. Only common options may stand before the name.
    fn chosen(&self, matches: &ArgMatches) -> Result<&Experiment> {
        let first = self.experiments.first().expect("a section has an experiment");
        let Some((name, _)) = matches.subcommand() else {
            return Ok(first);
        };
        let given = |option: &&Declared| declared::given(option.name, matches);
        if let Some(option) = first.options.iter().find(given) {
            let (option, first) = (option.name, first.name);
            return Err(Error::usage(text!(
                "--{option}는 '{first}' 실험의 옵션입니다. 실험의 옵션은 실험 이름 뒤에 주십시오.",
                "--{option} is an option of '{first}'. Give an experiment's options after its name."
            )));
        }
        Ok(self.experiments.iter().find(|e| e.name == name).expect("clap knows only ours"))
    }

    fn command(&self) -> Command {
        let options = |e: &Experiment| e.options.iter().map(declared::argument).collect::<Vec<_>>();
        let mut command = skin(Command::new(self.name), &self.about, None)
            .args(common::arguments())
            .disable_help_subcommand(true)
            .subcommand_value_name(text!("실험", "EXPERIMENT").to_string());
        if let Some(first) = self.experiments.first() {
            command = command.args(options(first));
        }
        for e in &self.experiments {
            let name = format!("{} {}", self.name, e.name);
            let positional = e.options.iter().find(|option| option.is_positional());
            let sub = skin(Command::new(e.name).bin_name(name), &e.about, positional).args(options(e)).hide(e.hidden);
            command = command.subcommand(sub);
        }
        command
    }

    /// Whether an experiment is named already; then another word is no misspelled experiment.
    fn names_one(&self, args: &[OsString]) -> bool {
        args.iter().skip(1).any(|arg| self.experiments.iter().any(|e| arg == e.name))
    }

    /// The error of clap as one line in the reader's language.
    fn explain(&self, error: &clap::Error, args: &[OsString]) -> Error {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(s)) => s.clone(),
            _ => String::new(),
        };
        let arg = context(ContextKind::InvalidArg);
        let words: Vec<&str> = self.experiments.iter().filter(|e| !e.hidden).map(|e| e.name).collect();
        let known = words.join(", ");
        let unknown_experiment = |name: String| {
            text!(
                "'{name}'이라는 실험은 없습니다. 실험 목록: {known}",
                "there is no experiment '{name}'. The experiments are: {known}"
            )
        };
        let given = [context(ContextKind::InvalidSubcommand), arg.clone()];
        if let Some((old, new)) = self.renamed.iter().find(|(old, _)| given.iter().any(|word| word == old)) {
            return Error::usage(text!("'{old}'의 이름은 이제 '{new}'입니다.", "'{old}' is now called '{new}'."));
        }
        Error::usage(match error.kind() {
            ErrorKind::InvalidSubcommand => unknown_experiment(context(ContextKind::InvalidSubcommand)),
            ErrorKind::UnknownArgument if arg.starts_with('-') => {
                text!(
                    "'{arg}'라는 옵션은 없습니다. 옵션 목록은 --help로 볼 수 있습니다.",
                    "there is no option '{arg}'. --help lists the options."
                )
            }
            ErrorKind::UnknownArgument if self.names_one(args) => {
                text!(
                    "'{arg}': 여기에 쓸 수 없는 인자입니다. --help를 보십시오.",
                    "unexpected argument '{arg}'. See --help."
                )
            }
            ErrorKind::UnknownArgument => unknown_experiment(arg),
            ErrorKind::ArgumentConflict => text!("{arg}: 한 번만 줄 수 있습니다.", "{arg}: give it only once."),
            ErrorKind::InvalidUtf8 => {
                text!("명령줄에 UTF-8이 아닌 글자가 있습니다.", "the command line contains text that is not UTF-8.")
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation if arg.starts_with("--lang") => {
                text!("--lang: ko와 en 가운데 하나를 주십시오.", "--lang: give ko or en.")
            }
            ErrorKind::InvalidValue
            | ErrorKind::ValueValidation
            | ErrorKind::NoEquals
            | ErrorKind::WrongNumberOfValues => {
                text!("{arg}: 값을 주십시오.", "{arg}: give it a value.")
            }
            _ => text!(
                "명령줄을 해석할 수 없습니다. --help를 보십시오.",
                "the command line cannot be parsed. See --help."
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

/// The layout of the help of all commands; `positional` is the argument that an experiment takes without an option name.
fn skin(command: Command, about: &Text, positional: Option<&Declared>) -> Command {
    let (usage, experiments, options) =
        (text!("사용법", "Usage"), text!("실험", "Experiments"), text!("옵션", "Options"));
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help(text!("도움말 출력", "print this help").to_string());
    let values = if positional.is_some() { "{positionals}\n\n" } else { "" };
    let one = format!("{{about}}\n\n{usage}: {{usage}}\n\n{values}{options}:\n{{options}}\n");
    let many =
        format!("{{about}}\n\n{usage}: {{usage}}\n\n{experiments}:\n{{subcommands}}\n\n{options}:\n{{options}}\n");
    let is_section = command.get_bin_name().is_none();
    let template = if is_section { many } else { one };
    let usage_line = if is_section {
        let name = command.get_name();
        text!("{name} [실험] [옵션]", "{name} [EXPERIMENT] [OPTIONS]")
    } else {
        let name = command.get_bin_name().unwrap_or_default();
        let argument = positional.map(|option| format!(" [{}]", option.shown())).unwrap_or_default();
        text!("{name}{argument} [옵션]", "{name}{argument} [OPTIONS]")
    };
    command
        .about(about.to_string())
        .override_usage(usage_line.to_string())
        .help_template(template)
        .term_width(terminal::width())
        .next_line_help(terminal::width() < NARROW)
        .disable_help_flag(true)
        .arg(help.display_order(100))
}
