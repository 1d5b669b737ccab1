//! An option as it was declared: its argument for clap, and the check of the values that were given.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::builder::ValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};

use crate::error::{Error, Result};
use crate::lang::Text;
use crate::text;

/// The kind of value that an option takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
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
    /// Like `Word`; `@PATH` stands for the content of a file.
    WordOrFile,
    /// A word of another program's command line: anything.
    Verbatim,
    /// No value.
    Flag,
}

/// Whether the program reads or writes the file of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

/// How an option is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `--name VALUE`.
    Named,
    /// `--name VALUE`, which may be repeated.
    Repeated,
    /// `VALUE`.
    One,
    /// `VALUE…`.
    Many,
    /// `PROGRAM ARG…`: everything from the first value on, options too.
    Command,
}

/// An option as it was declared.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) short: Option<char>,
    pub(super) kind: Kind,
    pub(super) words: Vec<&'static str>,
    pub(super) default: Option<String>,
    pub(super) about: Text,
    pub(super) place: Place,
}

impl Declared {
    pub(super) fn new(name: &'static str, kind: Kind, default: Option<String>, about: Text) -> Declared {
        Declared { name, short: None, kind, words: Vec::new(), default, about, place: Place::Named }
    }

    pub(super) fn is_positional(&self) -> bool {
        matches!(self.place, Place::One | Place::Many | Place::Command)
    }

    /// The file that a value names, and whether it is read or written; `None` if the value names none.
    pub(super) fn file<'v>(&self, value: &'v OsStr) -> Option<(Direction, &'v Path)> {
        match self.kind {
            Kind::Path(direction) => Some((direction, Path::new(value))),
            Kind::WordOrFile => {
                let path = value.to_str()?.strip_prefix('@')?;
                Some((Direction::Read, Path::new(path)))
            }
            _ => None,
        }
    }

    /// Its name in the usage line and in messages.
    pub(super) fn shown(&self) -> String {
        match self.place {
            Place::Named | Place::Repeated => format!("--{}", self.name),
            Place::One => self.name.to_uppercase(),
            Place::Many => format!("{}…", self.name.to_uppercase()),
            Place::Command => format!("{} ARG…", self.name.to_uppercase()),
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
        Kind::Word | Kind::WordOrFile => "TEXT",
        Kind::Flag | Kind::Verbatim => "",
    };
    let arg = Arg::new(option.name).help(about);
    let arg = match option.place {
        // No values with a leading dash: a misspelled option must be reported as an option.
        Place::One => arg.value_name(option.name.to_uppercase()),
        Place::Many => arg.value_name(option.name.to_uppercase()).action(ArgAction::Append).num_args(1..),
        Place::Command => arg
            .value_name(option.name.to_uppercase())
            .action(ArgAction::Append)
            .num_args(1..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true),
        Place::Repeated => arg.long(option.name).value_name(value).action(ArgAction::Append).allow_hyphen_values(true),
        Place::Named if matches!(option.kind, Kind::Flag) => arg.long(option.name).action(ArgAction::SetTrue),
        Place::Named => arg.long(option.name).value_name(value).allow_hyphen_values(true),
    };
    let arg = arg.short(option.short).value_parser(ValueParser::os_string()).hide_default_value(true);
    match &option.default {
        Some(default) => arg.default_value(default.clone()),
        None => arg,
    }
}

/// Whether an option was given on the command line.
pub(super) fn given(name: &str, matches: &ArgMatches) -> bool {
    matches.value_source(name) == Some(ValueSource::CommandLine)
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
        Kind::Flag | Kind::Verbatim => (true, Text::default()),
        Kind::Word | Kind::WordOrFile => {
            (word.is_some_and(|w| !w.is_empty()), text!("빈 문자열이 아닌 값을", "a text that is not empty"))
        }
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
