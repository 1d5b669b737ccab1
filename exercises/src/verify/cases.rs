//! What must come of each starter, solution and mutant.

use std::path::PathBuf;
use std::time::Duration;

use lab::lang::Text;
use lab::python::Interpreter;
use lab::{Result, text};

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
    pub wrong: Vec<Text>,
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
    pub fn name(&self) -> Text {
        match self.role {
            Role::Starter => text!("출발점", "starter"),
            Role::Solution => text!("답안", "solution"),
            Role::Busy => text!("바쁜 루프 둘과 함께 실행한 답안", "solution beside two busy loops"),
            Role::Mutant(_) => self.mutant().map(|mutant| Text::same(&mutant.file)).unwrap_or_default(),
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

    fn compare(&self, assessment: &Assessment) -> Vec<Text> {
        if let Some(why) = &assessment.not_compiled {
            let said = why.said.lines().next();
            let told = |said| text!("컴파일되지 않습니다: {said}", "does not compile: {said}");
            return vec![said.map_or_else(|| why.why.clone(), told)];
        }
        let broken = assessment.broken();
        let was_asked = |id: &&String| {
            let kept = assessment.promises.iter().find(|(promise, _)| promise.id == **id);
            kept.is_some_and(|(_, kept)| !matches!(kept, Kept::NotAsked(_)))
        };
        match (self.role, self.mutant()) {
            (_, Some(mutant)) if broken.contains(&mutant.promise.as_str()) => Vec::new(),
            (_, Some(mutant)) => {
                let kept = &mutant.promise;
                vec![text!(
                    "약속 '{kept}'을(를) 지킵니다. 깨는 것: {broken:?}",
                    "keeps the promise '{kept}', and breaks {broken:?}"
                )]
            }
            (Role::Starter, _) => {
                let should: Vec<&String> =
                    self.lab.manifest.starter_fails[&self.track].iter().filter(was_asked).collect();
                let same = should.len() == broken.len() && should.iter().all(|id| broken.contains(&id.as_str()));
                let other = || {
                    text!("{should:?}이(가) 아니라 {broken:?}을(를) 깹니다", "breaks {broken:?} instead of {should:?}")
                };
                if same { Vec::new() } else { vec![other()] }
            }
            _ => self.seen(assessment),
        }
    }

    /// What a solution broke, with what was seen.
    fn seen(&self, assessment: &Assessment) -> Vec<Text> {
        let seen = assessment.promises.iter().filter_map(|(promise, kept)| match kept {
            Kept::No(broken) => {
                let (id, ko, en) = (&promise.id, &broken.seen.ko, &broken.seen.en);
                Some(text!("'{id}'을(를) 깹니다: {ko}", "breaks '{id}': {en}"))
            }
            Kept::Yes | Kept::NotAsked(_) => None,
        });
        seen.collect()
    }
}
