//! From a question's bytes to its answer's.

use lab::python::Interpreter;
use lab::{Result, text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::meta::{self, Meta};
use super::real::Pythons;
use super::{counter, kitchen, levels, play, simulate};
use crate::refused::Refused;

/// Everything that answers need.
pub struct Api {
    meta: Meta,
    pythons: Pythons,
}

impl Api {
    pub fn new(pythons: Vec<Interpreter>) -> Result<Api> {
        Ok(Api { meta: meta::answer(&pythons)?, pythons: Pythons::new(pythons) })
    }

    /// The answer to a question, as JSON.
    pub fn answer(&self, endpoint: &str, question: &[u8]) -> Result<Vec<u8>, Refused> {
        match endpoint {
            "meta" => read::<Nothing>(question).and_then(|_| json(&self.meta)),
            "levels" => read::<Nothing>(question).and_then(|_| json(&levels::answer())),
            "simulate" => simulate::answer(read(question)?).and_then(|answer| json(&answer)),
            "real" => self.pythons.answer(read(question)?).and_then(|answer| json(&answer)),
            "play" => play::answer(&read(question)?).and_then(|answer| json(&answer)),
            "counter" => counter::answer(&read(question)?).and_then(|answer| json(&answer)),
            "kitchen" => kitchen::answer(&read(question)?).and_then(|answer| json(&answer)),
            _ => Err(Refused::not_found()),
        }
    }
}

/// A question without parts: `{}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn read<T: DeserializeOwned>(question: &[u8]) -> Result<T, Refused> {
    // serde would also take an array of the parts in their order.
    if question.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refused::bad(text!("JSON 객체가 와야 합니다", "expected a JSON object")));
    }
    serde_json::from_slice(question)
        .map_err(|e| Refused::bad(text!("요청의 형식이 다릅니다: {e}", "this is not the form of a request: {e}")))
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, Refused> {
    Ok(serde_json::to_vec(answer).expect("answers are plain data with text keys"))
}
