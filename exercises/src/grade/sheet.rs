//! What grading returns: points per promise, for each submission and lab.

use lab::lang::Text;
use serde::{Deserialize, Serialize};

/// One promise of one submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Its id in the lab's manifest.
    pub promise: String,
    /// What is promised.
    pub title: Text,
    /// 0 or `most`.
    pub points: u32,
    /// What it is worth.
    pub most: u32,
    /// If it was broken: what was seen.
    pub seen: Option<Text>,
}

impl Mark {
    /// Whether the promise was kept.
    pub fn is_kept(&self) -> bool {
        self.seen.is_none()
    }
}

/// One submission to one lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// The name of its folder or file.
    pub submission: String,
    /// The folder of the lab, such as `01-five-waits`.
    pub lab: String,
    /// The file that was graded, below the submission's folder.
    pub file: String,
    /// What it was run with: `rust`, or the Pythons.
    pub with: String,
    /// In the order of the manifest.
    pub marks: Vec<Mark>,
    /// Why nothing was run: it does not compile, it is no regular file, …
    pub refused: Option<Text>,
    /// What a teacher should know besides: processes that it left behind, …
    pub notes: Vec<Text>,
    /// How long grading took.
    pub seconds: f64,
}

impl Grade {
    /// The points of all promises.
    pub fn points(&self) -> u32 {
        self.marks.iter().map(|mark| mark.points).sum()
    }

    /// The points of a solution.
    pub fn most(&self) -> u32 {
        self.marks.iter().map(|mark| mark.most).sum()
    }

    /// What stands behind a broken promise, or why nothing was run.
    pub fn remarks(&self) -> impl Iterator<Item = (Option<&Mark>, &Text)> {
        let refused = self.refused.iter().map(|why| (None, why));
        let broken = self.marks.iter().filter_map(|mark| Some((Some(mark), mark.seen.as_ref()?)));
        // If it was refused, each promise says the same.
        refused.clone().chain(broken.take(if self.refused.is_some() { 0 } else { usize::MAX }))
    }
}

/// All that was graded, in the order in which the submissions are listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// One for each submission and lab.
    pub grades: Vec<Grade>,
    /// Submissions that were not reached, because grading was stopped.
    pub missing: usize,
    /// What this machine could not guard against, a sentence each.
    pub unguarded: Vec<Text>,
}

impl Sheet {
    /// The labs in it, in order, each with its grades.
    pub fn by_lab(&self) -> Vec<(&str, Vec<&Grade>)> {
        let mut labs: Vec<(&str, Vec<&Grade>)> = Vec::new();
        for grade in &self.grades {
            match labs.iter_mut().find(|(lab, _)| *lab == grade.lab) {
                Some((_, grades)) => grades.push(grade),
                None => labs.push((&grade.lab, vec![grade])),
            }
        }
        labs.sort_by_key(|(lab, _)| *lab);
        labs
    }
}
