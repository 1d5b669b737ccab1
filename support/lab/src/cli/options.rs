//! Typed options of experiments: declaring an option returns the handle that reads its value.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::ValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};

use crate::error::{Error, Result};
use crate::lang::Text;
use crate::text;

/// The kind of value that an option takes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A whole number between two limits, both included.
    Count(u64, u64),
    /// Seconds between two limits, both included; fractions are allowed.
    Seconds(f64, f64),
    /// One of the words of [`Declared::words`].
    Choice,
    /// A path, which need not be UTF-8.
    Path(Direction),
    /// A text that is not empty.
    Word,
    /// No value.
    Flag,
}

/// Whether the program reads or writes the file of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

/// A pair of options, by their names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Together with the first, the second has no effect.
    Conflict(&'static str, &'static str),
    /// The first has an effect only together with the second.
    Needs(&'static str, &'static str),
}

/// An enum whose variants are words on the command line.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every variant with its word, in the order of `--help`.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of this variant.
    fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, value)| *value == self);
        found.map(|(word, _)| *word).expect("every variant has a word")
    }
}

/// The handle of an option. [`Args::get`](super::Args::get) returns the reader's value.
///
/// There is no other way to a value, so a misspelled option name does not compile:
///
/// ```compile_fail,E0425
/// use lab::cli::{Experiment, Options};
/// use lab::{report::Report, text};
/// let mut options = Options::new();
/// let jobs = options.count("jobs", 1..=64, 4, text!("작업 수", "number of jobs"));
/// Experiment::new("cpu", text!("루프", "the loop"), options, move |args| {
///     args.get(job);
///     Ok(Report::default())
/// });
/// ```
pub struct Opt<T> {
    name: &'static str,
    read: fn(&[&OsStr]) -> T,
}

impl<T> Clone for Opt<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Opt<T> {}

impl<T> fmt::Debug for Opt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opt({})", self.name)
    }
}

impl<T> Opt<T> {
    /// The reader's value. [`check`] has accepted it before.
    pub(super) fn value(self, matches: &ArgMatches) -> T {
        let words: Vec<&OsStr> =
            matches.get_many::<OsString>(self.name).into_iter().flatten().map(OsString::as_os_str).collect();
        (self.read)(&words)
    }

    pub(super) fn is_given(self, matches: &ArgMatches) -> bool {
        matches.value_source(self.name) == Some(ValueSource::CommandLine)
    }
}

/// The options of one experiment, in the order of `--help`.
#[derive(Debug, Default)]
pub struct Options {
    declared: Vec<Declared>,
    rules: Vec<Rule>,
}

impl Options {
    /// No options yet.
    pub fn new() -> Options {
        Options::default()
    }

    /// `--NAME N`: a whole number within the range.
    pub fn count(&mut self, name: &'static str, range: RangeInclusive<u64>, default: u64, about: Text) -> Opt<u64> {
        self.declare(name, Kind::Count(*range.start(), *range.end()), Some(default.to_string()), about);
        Opt { name, read: |words| parsed(words).expect("it has a default") }
    }

    /// Like [`Options::count`], as a `usize`.
    pub fn size(
        &mut self,
        name: &'static str,
        range: RangeInclusive<usize>,
        default: usize,
        about: Text,
    ) -> Opt<usize> {
        self.declare(name, Kind::Count(*range.start() as u64, *range.end() as u64), Some(default.to_string()), about);
        Opt { name, read: |words| parsed(words).expect("it has a default") }
    }

    /// `--NAME N`, which may be left out.
    pub fn count_if_given(&mut self, name: &'static str, range: RangeInclusive<u64>, about: Text) -> Opt<Option<u64>> {
        self.declare(name, Kind::Count(*range.start(), *range.end()), None, about);
        Opt { name, read: parsed }
    }

    /// `--NAME S`: seconds within the range, fractions allowed.
    pub fn seconds(
        &mut self,
        name: &'static str,
        range: RangeInclusive<f64>,
        default: f64,
        about: Text,
    ) -> Opt<Duration> {
        self.declare(name, Kind::Seconds(*range.start(), *range.end()), Some(default.to_string()), about);
        Opt { name, read: |words| seconds(words).expect("it has a default") }
    }

    /// `--NAME S`, which may be left out.
    pub fn seconds_if_given(
        &mut self,
        name: &'static str,
        range: RangeInclusive<f64>,
        about: Text,
    ) -> Opt<Option<Duration>> {
        self.declare(name, Kind::Seconds(*range.start(), *range.end()), None, about);
        Opt { name, read: seconds }
    }

    /// `--NAME WORD`: one of the words of an enum.
    pub fn choice<T: Choice>(&mut self, name: &'static str, default: T, about: Text) -> Opt<T> {
        let words = T::WORDS.iter().map(|(word, _)| *word).collect();
        self.declared.push(Declared { words, ..Declared::new(name, Kind::Choice, Some(default.word().into()), about) });
        let read = |words: &[&OsStr]| {
            let word = words.first().and_then(|word| word.to_str());
            let found = T::WORDS.iter().find(|(known, _)| Some(*known) == word);
            found.map(|(_, value)| *value).expect("checked, or the default")
        };
        Opt { name, read }
    }

    /// `--NAME PATH` of a file that is read; it may be left out.
    pub fn path(&mut self, name: &'static str, about: Text) -> Opt<Option<PathBuf>> {
        self.declare(name, Kind::Path(Direction::Read), None, about);
        Opt { name, read: path }
    }

    /// `--NAME PATH` of a file or a folder that is written; it may be left out.
    pub fn output(&mut self, name: &'static str, about: Text) -> Opt<Option<PathBuf>> {
        self.declare(name, Kind::Path(Direction::Write), None, about);
        Opt { name, read: path }
    }

    /// `--NAME TEXT`, which may be left out.
    pub fn word(&mut self, name: &'static str, about: Text) -> Opt<Option<String>> {
        self.declare(name, Kind::Word, None, about);
        Opt { name, read: |words| strings(words).pop() }
    }

    /// `--NAME`, without a value.
    pub fn flag(&mut self, name: &'static str, about: Text) -> Opt<bool> {
        self.declare(name, Kind::Flag, None, about);
        // clap gives "false" if the flag is not given.
        Opt { name, read: |words| words.first().is_some_and(|word| *word == "true") }
    }

    /// `--NAME VALUE`, which may be repeated.
    pub fn words(&mut self, name: &'static str, about: Text) -> Opt<Vec<String>> {
        self.declared.push(Declared { place: Place::Repeated, ..Declared::new(name, Kind::Word, None, about) });
        Opt { name, read: strings }
    }

    /// A positional argument, `experiment PATH`, which may be left out.
    pub fn positional_path(&mut self, name: &'static str, about: Text) -> Opt<Option<PathBuf>> {
        self.declared
            .push(Declared { place: Place::One, ..Declared::new(name, Kind::Path(Direction::Read), None, about) });
        Opt { name, read: path }
    }

    /// Any number of positional arguments: `experiment WORD…`.
    pub fn positional_words(&mut self, name: &'static str, about: Text) -> Opt<Vec<String>> {
        self.declared.push(Declared { place: Place::Many, ..Declared::new(name, Kind::Word, None, about) });
        Opt { name, read: strings }
    }

    /// `--rounds N`: how many times everything that is compared is measured; each round measures each once.
    pub fn rounds(&mut self, default: usize) -> Opt<usize> {
        self.size(
            "rounds",
            1..=100,
            default,
            text!("모두를 번갈아 측정하는 횟수", "number of rounds; each measures everything once"),
        )
    }

    /// `--threads N`.
    pub fn threads(&mut self, range: RangeInclusive<usize>, default: usize) -> Opt<usize> {
        self.size("threads", range, default, text!("스레드 수", "number of threads"))
    }

    /// `--timeout S`: how long to wait for an answer, a lock or an end.
    pub fn timeout(&mut self, range: RangeInclusive<f64>, default: f64) -> Opt<Duration> {
        self.seconds("timeout", range, default, text!("최대 대기 시간(초)", "the longest time to wait, in seconds"))
    }

    /// Together with `first`, `second` has no effect, so giving both is an error.
    pub fn conflict<A, B>(&mut self, first: Opt<A>, second: Opt<B>) {
        self.rules.push(Rule::Conflict(first.name, second.name));
    }

    /// `option` has an effect only together with `other`.
    pub fn needs<A, B>(&mut self, option: Opt<A>, other: Opt<B>) {
        self.rules.push(Rule::Needs(option.name, other.name));
    }

    /// Only the Python twins use the option, so `--no-python` with it is an error.
    pub fn for_twins<A>(&mut self, option: Opt<A>) {
        self.rules.push(Rule::Conflict("no-python", option.name));
    }

    fn declare(&mut self, name: &'static str, kind: Kind, default: Option<String>, about: Text) {
        self.declared.push(Declared::new(name, kind, default, about));
    }

    pub(super) fn into_parts(self) -> (Vec<Declared>, Vec<Rule>) {
        (self.declared, self.rules)
    }
}

fn parsed<T: std::str::FromStr>(words: &[&OsStr]) -> Option<T> {
    words.first().map(|word| word.to_str().and_then(|w| w.parse().ok()).expect("checked when it was parsed"))
}

fn seconds(words: &[&OsStr]) -> Option<Duration> {
    parsed(words).map(Duration::from_secs_f64)
}

fn path(words: &[&OsStr]) -> Option<PathBuf> {
    words.first().map(PathBuf::from)
}

fn strings(words: &[&OsStr]) -> Vec<String> {
    words.iter().map(|word| word.to_str().expect("checked when it was parsed").to_owned()).collect()
}

/// How an option is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `--name VALUE`.
    Named,
    /// `--name VALUE`, which may be repeated.
    Repeated,
    /// `VALUE`.
    One,
    /// `VALUE…`.
    Many,
}

/// An option as it was declared.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) name: &'static str,
    kind: Kind,
    words: Vec<&'static str>,
    default: Option<String>,
    about: Text,
    place: Place,
}

impl Declared {
    fn new(name: &'static str, kind: Kind, default: Option<String>, about: Text) -> Declared {
        Declared { name, kind, words: Vec::new(), default, about, place: Place::Named }
    }

    pub(super) fn is_positional(&self) -> bool {
        matches!(self.place, Place::One | Place::Many)
    }

    /// Whether it names a file to read or to write; `None` if it names none.
    pub(super) fn direction(&self) -> Option<Direction> {
        if let Kind::Path(direction) = self.kind { Some(direction) } else { None }
    }

    /// Its name in the usage line and in messages.
    pub(super) fn shown(&self) -> String {
        match self.place {
            Place::Named | Place::Repeated => format!("--{}", self.name),
            Place::One => self.name.to_uppercase(),
            Place::Many => format!("{}…", self.name.to_uppercase()),
        }
    }
}

/// Values are checked by [`check`], in the reader's language; clap only splits the words.
pub(super) fn argument(option: &Declared) -> Arg {
    let mut about = option.about.to_string();
    if matches!(option.kind, Kind::Choice) {
        about.push_str(&format!(": {}", option.words.join(", ")));
    }
    if let Some(default) = &option.default {
        about.push_str(&text!(" (기본 {default})", " (default {default})").to_string());
    }
    let value = match option.kind {
        Kind::Count(..) => "N",
        Kind::Seconds(..) => "S",
        Kind::Choice => "WORD",
        Kind::Path(_) => "PATH",
        Kind::Word => "TEXT",
        Kind::Flag => "",
    };
    let arg = Arg::new(option.name).help(about);
    let arg = match option.place {
        // No values with a leading dash: a misspelled option must be reported as an option.
        Place::One => arg.value_name(option.name.to_uppercase()),
        Place::Many => arg.value_name(option.name.to_uppercase()).action(ArgAction::Append).num_args(1..),
        Place::Repeated => arg.long(option.name).value_name(value).action(ArgAction::Append).allow_hyphen_values(true),
        Place::Named if matches!(option.kind, Kind::Flag) => arg.long(option.name).action(ArgAction::SetTrue),
        Place::Named => arg.long(option.name).value_name(value).allow_hyphen_values(true),
    };
    let arg = arg.value_parser(ValueParser::os_string()).hide_default_value(true);
    match &option.default {
        Some(default) => arg.default_value(default.clone()),
        None => arg,
    }
}

/// Checks the values of an option; the error says what to give instead.
pub(super) fn check(option: &Declared, matches: &ArgMatches) -> Result<()> {
    let values = matches.get_many::<OsString>(option.name).into_iter().flatten();
    values.map(OsString::as_os_str).try_for_each(|value| check_value(option, value))
}

fn check_value(option: &Declared, value: &OsStr) -> Result<()> {
    let (name, shown) = (option.shown(), value.to_string_lossy());
    let word = value.to_str();
    let (fits, wanted) = match option.kind {
        Kind::Path(_) => (!value.is_empty(), text!("경로를", "a path")),
        Kind::Flag => (true, Text::default()),
        Kind::Word => (word.is_some_and(|w| !w.is_empty()), text!("빈 문자열이 아닌 값을", "a text that is not empty")),
        Kind::Choice => {
            let list = option.words.join(", ");
            (word.is_some_and(|w| option.words.contains(&w)), text!("{list} 가운데 하나를", "one of {list}"))
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
                text!("{least}초부터 {most}초까지의 값을", "seconds from {least} to {most}"),
            )
        }
    };
    if fits {
        return Ok(());
    }
    Err(Error::usage(Text {
        ko: format!("{name} {shown}: {} 주십시오.", wanted.ko),
        en: format!("{name} {shown}: give {}.", wanted.en),
    }))
}
