//! Typed options of experiments: declaring an option returns the handle that reads its value.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;

use super::declared::{self, Declared, Direction, Kind, Place};
use super::rules::Rule;
use crate::lang::Text;
use crate::text;

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
    /// The reader's value. [`declared::check`] has accepted it before.
    pub(super) fn value(self, matches: &ArgMatches) -> T {
        let words: Vec<&OsStr> =
            matches.get_many::<OsString>(self.name).into_iter().flatten().map(OsString::as_os_str).collect();
        (self.read)(&words)
    }

    pub(super) fn is_given(self, matches: &ArgMatches) -> bool {
        declared::given(self.name, matches)
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

    /// Like [`Options::word`], for a value that may be `@PATH`: the content of that file, which the experiment reads.
    pub fn word_or_file(&mut self, name: &'static str, about: Text) -> Opt<Option<String>> {
        self.declare(name, Kind::WordOrFile, None, about);
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

    /// Like [`Options::words`], for values that may be `@PATH`.
    pub fn words_or_files(&mut self, name: &'static str, about: Text) -> Opt<Vec<String>> {
        self.declared.push(Declared { place: Place::Repeated, ..Declared::new(name, Kind::WordOrFile, None, about) });
        Opt { name, read: strings }
    }

    /// A positional argument, `experiment PATH`, which may be left out.
    pub fn positional_path(&mut self, name: &'static str, about: Text) -> Opt<Option<PathBuf>> {
        self.declared
            .push(Declared { place: Place::One, ..Declared::new(name, Kind::Path(Direction::Read), None, about) });
        Opt { name, read: path }
    }

    /// A positional argument, `experiment DIR`, of a file or a folder that is written; it may be left out.
    pub fn positional_output(&mut self, name: &'static str, about: Text) -> Opt<Option<PathBuf>> {
        self.declared
            .push(Declared { place: Place::One, ..Declared::new(name, Kind::Path(Direction::Write), None, about) });
        Opt { name, read: path }
    }

    /// A positional argument, `experiment WORD`, which may be left out.
    pub fn positional_word(&mut self, name: &'static str, about: Text) -> Opt<Option<String>> {
        self.declared.push(Declared { place: Place::One, ..Declared::new(name, Kind::Word, None, about) });
        Opt { name, read: |words| strings(words).pop() }
    }

    /// Any number of positional arguments: `experiment WORD…`.
    pub fn positional_words(&mut self, name: &'static str, about: Text) -> Opt<Vec<String>> {
        self.declared.push(Declared { place: Place::Many, ..Declared::new(name, Kind::Word, None, about) });
        Opt { name, read: strings }
    }

    /// A program and its arguments, `experiment PROGRAM ARG…`: everything from the first word that is no option of ours on.
    pub fn positional_command(&mut self, name: &'static str, about: Text) -> Opt<Vec<OsString>> {
        self.declared.push(Declared { place: Place::Command, ..Declared::new(name, Kind::Verbatim, None, about) });
        Opt { name, read: |words| words.iter().map(OsString::from).collect() }
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

    /// The option also has a short name, `-X`. `-h` is the help.
    pub fn short<A>(&mut self, option: Opt<A>, short: char) {
        let declared = self.declared.iter_mut().find(|declared| declared.name == option.name);
        declared.expect("an option of these options").short = Some(short);
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
