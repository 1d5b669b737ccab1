//! The scenarios that come with gil-sim and fit the page's limits, as the page takes them.

use lab::lang::Text;
use lab::{Error, Result, text};
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Shipped {
    pub id: &'static str,
    pub title: Text,
    /// As `simulate` takes it.
    pub json: Value,
}

macro_rules! shipped {
    ($($id:literal)*) => { [$(($id, include_str!(concat!("../../gil-sim/scenarios/", $id, ".toml")))),*] };
}

/// In the order of the page's menu.
const FILES: [(&str, &str); 9] = shipped! {
    "convoy" "convoy-two" "article-cpu" "article-waiting" "native" "native-held" "own-lock" "interpreters" "python2"
};

/// Cores of a scenario that does not say how many.
const CORES: usize = 2;

pub fn all() -> Result<Vec<Shipped>> {
    FILES.into_iter().map(|(id, words)| shipped(id, words)).collect()
}

fn shipped(id: &'static str, words: &str) -> Result<Shipped> {
    let wrong = |e: &dyn std::fmt::Display| Error::failed(text!("시나리오 {id}: {e}", "scenario {id}: {e}"));
    let mut json: Value = basic_toml::from_str(words).map_err(|e| wrong(&e))?;
    if let Value::Object(top) = &mut json {
        top.entry("cores").or_insert_with(|| json!(CORES));
    }
    let title = json.get("title").cloned().unwrap_or_default();
    Ok(Shipped { id, title: serde_json::from_value(title).map_err(|e| wrong(&e))?, json })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::scenario;

    #[test]
    fn each_is_the_scenario_of_its_file() {
        for (one, (_, words)) in all().unwrap().iter().zip(FILES) {
            let given = scenario::read(&one.json).unwrap_or_else(|e| panic!("{}: {e:?}", one.id));
            let file = gil_sim::scenario::parse(words).unwrap();
            assert_eq!((given.scenario.setup, given.scenario.cores), (file.setup, Some(file.cores.unwrap_or(CORES))));
        }
    }
}
