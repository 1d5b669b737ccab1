//! What must come of each starter, solution and mutant.

use std::path::PathBuf;
use std::time::Duration;

use lab::Result;
use lab::python::Interpreter;

use crate::assess::{self, Assessment, Kept};
use crate::copy;
use crate::labs::Lab;
use crate::manifest::Mutant;
use crate::tools::Tools;
use crate::track::Track;

/// What a submission of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Fails exactly what the manifest says.
    Starter,
    /// Passes.
    Solution,
    /// The solution, beside two busy loops.
    Busy,
    /// Fails the promise that it names, by its number in the manifest.
    Mutant(usize),
}

/// One submission on one compiler or interpreter.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// Its language.
    pub track: Track,
    /// Where, if it is in Python.
    pub python: Option<&'a Interpreter>,
    /// What it is.
    pub role: Role,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What is not as it should be; empty if all is well.
    pub wrong: Vec<String>,
    /// How many promises were asked.
    pub asked: usize,
    /// How long it took.
    pub took: Duration,
}

/// Every case of these labs. A mutant whose promise is not asked on an interpreter is no case there.
pub fn all<'a>(labs: &'a [Lab], pythons: &'a [Interpreter]) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for lab in labs {
        for track in lab.manifest.tracks() {
            let places: Vec<Option<&Interpreter>> = match track {
                Track::Rust => vec![None],
                Track::Python => pythons.iter().filter(|python| lab.manifest.runs_on(python)).map(Some).collect(),
            };
            for python in places {
                let asked = |id: &str| {
                    let promise = lab.manifest.promises_of(track).find(|promise| promise.id == id);
                    promise.is_some_and(|promise| promise.why_not_asked(python).is_none())
                };
                let mutants = lab.manifest.mutants.iter().enumerate();
                let mutants = mutants.filter(|(_, mutant)| mutant.track == track && asked(&mutant.promise));
                let roles = [Role::Starter, Role::Solution, Role::Busy]
                    .into_iter()
                    .chain(mutants.map(|(n, _)| Role::Mutant(n)));
                cases.extend(roles.map(|role| Case { lab, track, python, role }));
            }
        }
    }
    cases
}

impl Case<'_> {
    fn mutant(&self) -> Option<&Mutant> {
        match self.role {
            Role::Mutant(n) => self.lab.manifest.mutants.get(n),
            Role::Starter | Role::Solution | Role::Busy => None,
        }
    }

    /// Its name in a message.
    pub fn name(&self) -> String {
        match self.role {
            Role::Starter => "starter".to_owned(),
            Role::Solution => "solution".to_owned(),
            Role::Busy => "solution beside two busy loops".to_owned(),
            Role::Mutant(_) => self.mutant().map(|mutant| mutant.file.clone()).unwrap_or_default(),
        }
    }

    fn file(&self) -> PathBuf {
        match (self.role, self.mutant()) {
            (_, Some(mutant)) => self.lab.folder.join("mutants").join(&mutant.file),
            (Role::Starter, _) => self.lab.file("starter", self.track),
            _ => self.lab.file("solution", self.track),
        }
    }

    /// Judges it, and compares.
    pub fn run(&self, tools: &Tools) -> Result<Outcome> {
        let source = copy::read(&self.file())?;
        let assessment = match self.python {
            None => assess::rust(self.lab, &source, tools)?,
            Some(python) => assess::python(self.lab, &source, python)?,
        };
        let asked = assessment.promises.iter().filter(|(_, kept)| !matches!(kept, Kept::NotAsked(_))).count();
        Ok(Outcome { wrong: self.compare(&assessment), asked, took: assessment.took })
    }

    fn compare(&self, assessment: &Assessment) -> Vec<String> {
        if let Some(why) = &assessment.not_compiled {
            let said = why.said.lines().next();
            return vec![said.map_or_else(|| why.why.to_string(), |said| format!("does not compile: {said}"))];
        }
        let broken = assessment.broken();
        let was_asked = |id: &&String| {
            let kept = assessment.promises.iter().find(|(promise, _)| promise.id == **id);
            kept.is_some_and(|(_, kept)| !matches!(kept, Kept::NotAsked(_)))
        };
        match (self.role, self.mutant()) {
            (_, Some(mutant)) if broken.contains(&mutant.promise.as_str()) => Vec::new(),
            (_, Some(mutant)) => vec![format!("keeps the promise '{}', and breaks {broken:?}", mutant.promise)],
            (Role::Starter, _) => {
                let should: Vec<&String> =
                    self.lab.manifest.starter_fails[&self.track].iter().filter(was_asked).collect();
                let same = should.len() == broken.len() && should.iter().all(|id| broken.contains(&id.as_str()));
                if same { Vec::new() } else { vec![format!("breaks {broken:?} instead of {should:?}")] }
            }
            _ => self.seen(assessment),
        }
    }

    /// What a solution broke, with what was seen.
    fn seen(&self, assessment: &Assessment) -> Vec<String> {
        let seen = assessment.promises.iter().filter_map(|(promise, kept)| match kept {
            Kept::No(broken) => Some(format!("breaks '{}': {}", promise.id, broken.seen)),
            Kept::Yes | Kept::NotAsked(_) => None,
        });
        seen.collect()
    }
}
