//! The command `list`: the labs, and how far the student is.

use lab::cli::{Choice as _, Experiment, Options};
use lab::lang::Text;
use lab::report::{Front, Report, Table};
use lab::{Result, text};

use crate::labs;
use crate::workspace::Workspace;

/// `cargo run -p exercises`, and `-- list`.
pub fn command() -> Experiment {
    let about = text!("실습 목록과 진행 상황", "the labs, and how far you are");
    Experiment::new("list", about, Options::new(), |_| list()).looks_for_pythons()
}

fn list() -> Result<Report> {
    // Without a workspace the list is still of use.
    let workspace = Workspace::find(None).ok();
    let mut rows = Vec::new();
    for lab in labs::all()? {
        let tracks: Vec<_> = lab.manifest.tracks().collect();
        let passed: Vec<&str> = tracks
            .iter()
            .filter(|track| workspace.as_ref().is_some_and(|workspace| workspace.passed(&lab, **track)))
            .map(|track| track.word())
            .collect();
        let done = if passed.is_empty() { String::new() } else { format!("✓ {}", passed.join(", ")) };
        let minutes = lab.manifest.minutes;
        let tracks: Vec<&str> = tracks.iter().map(|track| track.word()).collect();
        rows.push(vec![
            Text::same(lab.number.to_string()),
            lab.manifest.title.clone(),
            Text::same(minutes.to_string()),
            Text::same(tracks.join(", ")),
            Text::same(done),
        ]);
    }
    let head = vec![
        text!("번호", "number"),
        text!("실습", "lab"),
        text!("분", "minutes"),
        text!("트랙", "track"),
        text!("통과", "passed"),
    ];
    let title = match &workspace {
        Some(workspace) => Text::same(workspace.folder.display().to_string()),
        None => text!("실습", "labs"),
    };
    let mut report = Report::new("exercises/list");
    report.shows = if workspace.is_some() {
        text!(
            "'check N'은 실습 N을 채점하고, 'next'는 다음 과제를 보여 줍니다.",
            "'check N' judges lab N; 'next' shows the next task."
        )
    } else {
        text!("'start DIR'로 실습 폴더를 만들고 시작하십시오.", "begin with 'start DIR', which makes a workspace.")
    };
    report.tables = vec![Table { title, head, rows }];
    report.front = vec![Front::Table(0)];
    Ok(report)
}
