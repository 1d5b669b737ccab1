//! Why a question has no answer, as the page gets it.

use lab::lang::Text;
use lab::text;
use serde::Serialize;

/// A question without an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The status of the response.
    pub status: u16,
    /// For the page to tell the reasons apart.
    pub code: &'static str,
    /// For the reader.
    pub text: Text,
    /// Where in the scenario.
    pub path: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    text: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

impl Refused {
    fn new(status: u16, code: &'static str, text: Text) -> Refused {
        Refused { status, code, text, path: None }
    }

    /// The question has not the form that it must have.
    pub fn bad(text: Text) -> Refused {
        Refused::new(400, "bad_request", text)
    }

    /// The scenario cannot be read, or has more of something than a page may have.
    pub fn scenario(text: Text, path: Option<String>) -> Refused {
        Refused { path, ..Refused::new(400, "scenario", text) }
    }

    /// The schedule cannot be read, or is too long.
    pub fn schedule(text: Text) -> Refused {
        Refused::new(400, "schedule", text)
    }

    /// Only one at a time, and one runs.
    pub fn busy() -> Refused {
        let text = text!(
            "다른 창에서 파이썬을 실행하고 있습니다. 끝난 뒤에 다시 하십시오.",
            "Python is running for another window. Try again when it has ended."
        );
        Refused::new(409, "busy", text)
    }

    /// The interpreter did not run the scenario.
    pub fn python(text: Text) -> Refused {
        Refused::new(502, "python", text)
    }

    /// No endpoint, level, interpreter or program of that name.
    pub fn not_found() -> Refused {
        Refused::new(404, "not_found", text!("그런 것은 없습니다.", "There is no such thing."))
    }

    /// The body of the response.
    pub fn body(&self) -> Vec<u8> {
        let error = Inner { code: self.code, text: &self.text, path: self.path.as_deref() };
        serde_json::to_vec(&Body { error }).expect("texts are plain data")
    }
}
