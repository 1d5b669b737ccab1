//! Options of experiments: what they take, how clap is told, and what the reader is told about a value that does not fit.

use std::ffi::OsString;

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches};

use crate::error::{Error, Result};
use crate::lang::Text;
use crate::text;

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
    pub(crate) name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    about: Text,
    /// Given by its place, without `--name`.
    pub(crate) bare: bool,
}

impl Opt {
    /// The same, given without its name: `experiment VALUE`. An experiment can have one such.
    #[must_use]
    pub fn bare(self) -> Opt {
        Opt { bare: true, ..self }
    }

    /// What the reader calls it.
    pub(crate) fn shown(&self) -> String {
        if self.bare { self.name.to_uppercase() } else { format!("--{}", self.name) }
    }
}

/// An option; without a default it may be left out.
pub fn opt(name: &'static str, kind: Kind, default: impl Into<Option<&'static str>>, about: Text) -> Opt {
    Opt { name, kind, default: default.into(), about, bare: false }
}

/// Values are checked by [`check`], in the reader's language; clap only splits the words.
pub(crate) fn argument(option: &Opt) -> Arg {
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
    let arg = Arg::new(option.name).help(about);
    let arg = match option.bare {
        // A value that begins with a dash would be an option, and one that is misspelt must be said to be one.
        true => arg.value_name(option.shown()),
        false => arg.long(option.name).value_name(value).allow_hyphen_values(true),
    };
    arg.value_parser(ValueParser::os_string()).default_value(option.default).hide_default_value(true)
}

/// Whether the value of an option is one that it takes; says what to give instead.
pub(crate) fn check(option: &Opt, matches: &ArgMatches) -> Result<()> {
    let Some(value) = matches.get_one::<OsString>(option.name) else {
        return Ok(());
    };
    let (name, shown) = (option.shown(), value.to_string_lossy());
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
        ko: format!("{name} {shown}: {} 주십시오.", wanted.ko),
        en: format!("{name} {shown}: give {}.", wanted.en),
    }))
}
