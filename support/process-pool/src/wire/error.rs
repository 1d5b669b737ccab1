//! Why a value cannot be encoded or decoded.

use std::fmt;

use crate::limits::DEEPEST;
use crate::limits::MOST_TAGGED;

/// Boxed: each element of a sequence returns one or none.
#[derive(Debug)]
pub struct Error(Box<Reason>);

#[derive(Debug)]
enum Reason {
    Text(String),
    TooDeep,
    TooMany,
    CutShort,
    Malformed(&'static str),
    Announced(usize, usize),
}

impl Error {
    #[cold]
    fn new(reason: Reason) -> Error {
        Error(Box::new(reason))
    }

    /// The value nests too deeply.
    #[cold]
    pub fn too_deep() -> Error {
        Error::new(Reason::TooDeep)
    }

    /// A sequence has too many elements.
    #[cold]
    pub fn too_many() -> Error {
        Error::new(Reason::TooMany)
    }

    /// The input ends too early.
    #[cold]
    pub fn cut_short() -> Error {
        Error::new(Reason::CutShort)
    }

    /// The input is not what [`encode`](fn@super::encode) writes.
    #[cold]
    pub fn malformed(what: &'static str) -> Error {
        Error::new(Reason::Malformed(what))
    }

    /// A `Serialize` gave another number of elements than it had announced.
    #[cold]
    pub fn announced(announced: usize, given: usize) -> Error {
        Error::new(Reason::Announced(announced, given))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Text(text) => f.write_str(text),
            Reason::TooDeep => write!(f, "nested more than {DEEPEST} levels deep"),
            Reason::TooMany => write!(f, "a sequence of more than {MOST_TAGGED} elements"),
            Reason::CutShort => f.write_str("the encoded value is cut short"),
            Reason::Malformed(what) => write!(f, "not an encoded value: {what}"),
            Reason::Announced(announced, given) => {
                write!(f, "its Serialize announced {announced} elements and gave {given}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl serde::ser::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(text: T) -> Error {
        Error::new(Reason::Text(text.to_string()))
    }
}

impl serde::de::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(text: T) -> Error {
        Error::new(Reason::Text(text.to_string()))
    }
}
