//! What is in a folder of submissions.
//!
//! ```text
//! DIR/alice/01-join-all/submission.rs   a workspace of `start`
//! DIR/bob/submission.py                 with --lab
//! DIR/carol/anything.rs                 with --lab, if it is the only file of its language
//! DIR/dave.rs                           with --lab
//! ```
//!
//! `DIR` may also be one of these itself. Files are read without following a link and without waiting for a pipe: a link may lead to
//! the neighbour's solution.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};

use crate::copy::MOST;
use crate::labs::Lab;
use crate::limits::{is_link, read_result};
use crate::track::Track;

const TRACKS: [Track; 2] = [Track::Rust, Track::Python];

/// The file of a lab below a submission's folder.
fn expected(lab: &Lab, track: Track) -> String {
    format!("{}/{}", lab.name, track.file("submission"))
}

/// One file to grade, or the reason why there is none.
#[derive(Debug)]
pub struct Entry {
    /// The name of the submission's folder or file.
    pub submission: String,
    /// The lab.
    pub lab: Lab,
    /// The language.
    pub track: Track,
    /// Below the folder that was named on the command line.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub source: std::result::Result<Vec<u8>, Text>,
}

/// A submission: a folder, or a file.
struct Place {
    name: String,
    /// The folder that may not be left.
    base: PathBuf,
    /// Below it; empty if it is `base` itself.
    below: String,
    is_file: bool,
}

/// Everything to grade, by submission. `named`: the labs were chosen on the command line, so whoever has none of them is told.
pub fn find(folders: &[PathBuf], labs: &[Lab], named: bool) -> Result<Vec<Entry>> {
    let mut places = Vec::new();
    for folder in folders {
        places.extend(places_in(folder, labs, named)?);
    }
    let found: Vec<Vec<Entry>> = places.iter().map(|place| entries(place, labs, named)).collect();
    // Without --lab, the labs are those that somebody handed in.
    let wanted: BTreeSet<u32> = if named {
        labs.iter().map(|lab| lab.number).collect()
    } else {
        found.iter().flatten().map(|entry| entry.lab.number).collect()
    };
    if wanted.is_empty() {
        let file = labs.first().map(|lab| expected(lab, Track::Rust)).unwrap_or_default();
        return Err(Error::usage(text!(
            "제출물을 찾지 못했습니다. DIR/이름/{file} 과 같은 파일이 있어야 합니다. 다른 이름의 파일이면 --lab N 을 함께 주십시오.",
            "no submission was found. There should be files such as DIR/NAME/{file}; for files with other names, give --lab N as well."
        )));
    }
    let mut all = Vec::new();
    for (place, mut entries) in places.iter().zip(found) {
        for lab in labs.iter().filter(|lab| wanted.contains(&lab.number)) {
            if !entries.iter().any(|entry| entry.lab.number == lab.number) {
                entries.push(nothing(place, lab));
            }
        }
        entries.sort_by_key(|entry| (entry.lab.number, entry.track));
        all.extend(entries);
    }
    Ok(all)
}

/// The submissions in a folder that was named on the command line.
fn places_in(folder: &Path, labs: &[Lab], named: bool) -> Result<Vec<Place>> {
    let shown = folder.display();
    let Ok(about) = folder.metadata() else {
        return Err(Error::usage(text!("{shown}: 이런 폴더가 없습니다.", "{shown}: there is no such folder.")));
    };
    // `grade .` has a name too.
    let real = folder.canonicalize()?;
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if about.is_file() {
        let base = real.parent().unwrap_or(&real).to_owned();
        return Ok(vec![Place { below: name.clone(), name: stem(&name), base, is_file: true }]);
    }
    let itself = Place { name, base: real.clone(), below: String::new(), is_file: false };
    let is_submission = labs.iter().any(|lab| {
        TRACKS.iter().any(|&track| {
            real.join(expected(lab, track)).symlink_metadata().is_ok()
                || real.join(track.file("submission")).symlink_metadata().is_ok()
        })
    });
    if is_submission {
        return Ok(vec![itself]);
    }
    let mut places = Vec::new();
    for entry in fs::read_dir(&real)? {
        let entry = entry?;
        let below = entry.file_name().to_string_lossy().into_owned();
        // Hidden files, and what systems and teachers put beside the submissions.
        if below.starts_with('.') || below == "__MACOSX" {
            continue;
        }
        let kind = entry.file_type()?;
        let is_source = TRACKS.iter().any(|track| below.ends_with(&format!(".{}", track.extension())));
        if kind.is_dir() || (named && is_source) || (kind.is_symlink() && !below.contains('.')) {
            let name = if kind.is_dir() { below.clone() } else { stem(&below) };
            places.push(Place { name, base: real.clone(), below, is_file: !kind.is_dir() && is_source });
        }
    }
    places.sort_by(|a, b| (&a.name, &a.below).cmp(&(&b.name, &b.below)));
    Ok(places)
}

/// A file's name without its last extension.
fn stem(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// What a submission has for these labs.
fn entries(place: &Place, labs: &[Lab], named: bool) -> Vec<Entry> {
    let mut found = Vec::new();
    for lab in labs {
        for track in TRACKS.into_iter().filter(|track| lab.has(*track)) {
            if let Some(file) = file(place, lab, track, named && labs.len() == 1) {
                let (path, source) = (place.base.join(&file), read(&place.base, &file));
                found.push(Entry { submission: place.name.clone(), lab: lab.clone(), track, file, path, source });
            }
        }
    }
    found
}

/// The file of a lab, below the place's base. `only`: exactly one lab is asked for, so a file need not say to which it belongs.
fn file(place: &Place, lab: &Lab, track: Track, only: bool) -> Option<String> {
    if place.is_file {
        return (only && place.below.ends_with(&format!(".{}", track.extension()))).then(|| place.below.clone());
    }
    let below = |name: &str| if place.below.is_empty() { name.to_owned() } else { format!("{}/{name}", place.below) };
    let there = |name: &String| place.base.join(name).symlink_metadata().is_ok();
    let mut names = vec![below(&expected(lab, track))];
    if only {
        names.push(below(&track.file("submission")));
        names.extend(the_only_one(&place.base.join(&place.below), track).map(|name| below(&name)));
    }
    names.into_iter().find(there)
}

fn the_only_one(folder: &Path, track: Track) -> Option<String> {
    // A link instead of the folder may lead anywhere: not looked into.
    if !folder.symlink_metadata().is_ok_and(|about| about.is_dir()) {
        return None;
    }
    let names = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut sources = names.filter(|name| name.ends_with(&format!(".{}", track.extension())));
    sources.next().filter(|_| sources.next().is_none())
}

fn read(base: &Path, file: &str) -> std::result::Result<Vec<u8>, Text> {
    read_result(base, file, MOST).map_err(|e| match e.kind() {
        std::io::ErrorKind::FileTooLarge => {
            text!("제출 파일이 {MOST}바이트보다 큽니다.", "the file is larger than {MOST} bytes.")
        }
        _ if is_link(&e) => text!(
            "제출 파일이나 그 폴더가 링크입니다. 링크는 따라가지 않습니다.",
            "the file or its folder is a link, and links are not followed."
        ),
        _ => text!("제출 파일을 읽을 수 없습니다: {e}", "the file cannot be read: {e}"),
    })
}

fn nothing(place: &Place, lab: &Lab) -> Entry {
    let track = TRACKS.into_iter().find(|track| lab.has(*track)).unwrap_or(Track::Rust);
    let file = expected(lab, track);
    let is_link = place.base.join(&place.below).symlink_metadata().is_ok_and(|about| about.is_symlink());
    let why = if is_link {
        text!("제출 폴더가 링크입니다. 링크는 따라가지 않습니다.", "the folder is a link, and links are not followed.")
    } else {
        text!("제출하지 않았습니다({file} 없음).", "nothing was handed in: there is no {file}.")
    };
    let path = place.base.join(&file);
    Entry { submission: place.name.clone(), lab: lab.clone(), track, file, path, source: Err(why) }
}
