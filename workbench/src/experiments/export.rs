//! The page as files: from disk or on any web host, without a server of ours.
//!
//! Run: `cargo run -p workbench -- export DIR`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::{Front, Report, Table};
use lab::{Error, Result, atomic_write, text};

use crate::export::answers::Answers;
use crate::export::bundle::bundle;
use crate::pages;

/// How `index.html` names the page's script.
const MODULE: &str = "<script type=\"module\" src=\"./app.js\"></script>";
/// How it names the two of the exported page.
const SCRIPTS: &str = "<script defer src=\"./data.js\"></script>\n<script defer src=\"./page.js\"></script>";
/// Where the policy of the exported page stands: before everything that it is about.
const CHARSET: &str = "<meta charset=\"utf-8\">";
/// The exported page asks nobody anything. A page from disk has no origin that every browser takes for `'self'`, so files are named as well.
const POLICY: &str = "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data: blob:; \
                      base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";

/// `workbench export DIR`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let dir = options.positional_output(
        "dir",
        text!("파일을 둘 폴더 (없으면 만듦)", "the folder for the files (made if it is missing)"),
    );
    let about = text!("서버 없이 열리는 페이지를 폴더에 저장", "the page as files that need no server");
    Experiment::new("export", about, options, move |args| {
        let dir = args.get(dir).ok_or_else(|| {
            Error::usage(text!("파일을 둘 폴더를 주십시오: export DIR", "give the folder for the files: export DIR"))
        })?;
        run(&dir)
    })
    .looks_for_pythons() // it needs none
}

/// Writes the page into a folder.
pub fn run(dir: &Path) -> Result<Report> {
    prepare(dir)?;
    let files = files()?;
    let mut rows = Vec::new();
    let mut all: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for (name, bytes) in files {
        let path = dir.join(&name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        rows.push(vec![Text::same(name), Text::same(format!("{} KiB", bytes.len().div_ceil(1024)))]);
        all.push((path, bytes));
    }
    atomic_write::write_together(&all)?;
    let page = dir.join("index.html").display().to_string();
    let mut report = Report::new("workbench/export");
    report.tables = vec![Table {
        title: text!("페이지의 파일", "the files of the page"),
        head: vec![text!("파일", "file"), text!("크기", "size")],
        rows,
    }];
    report.front = vec![Front::Table(0)];
    report.shows = text!(
        "{page}: 서버 없이 브라우저에서 열립니다. 실제 파이썬에 물어보는 것과 미리 계산하지 않은 값은 `cargo run -p workbench`에만 있습니다.",
        "{page} opens in a browser without a server. Only `cargo run -p workbench` asks a real Python, and has values that were not computed before."
    );
    Ok(report)
}

/// A folder that is new, empty, or an exported page.
fn prepare(dir: &Path) -> Result<()> {
    let name = dir.display();
    fs::create_dir_all(dir)
        .map_err(|e| Error::failed(text!("{name}: 폴더를 만들 수 없습니다: {e}", "{name}: cannot be made: {e}")))?;
    let empty = fs::read_dir(dir)?.next().is_none();
    if empty || (dir.join("data.js").is_file() && dir.join("page.js").is_file()) {
        return Ok(());
    }
    Err(Error::usage(text!(
        "{name}: 다른 파일이 있는 폴더입니다. 빈 폴더나 새 이름을 주십시오.",
        "{name}: the folder has other files. Give an empty one, or a new name."
    )))
}

/// All files by their names.
fn files() -> Result<BTreeMap<String, Vec<u8>>> {
    let all = || pages::names().filter_map(|name| Some((name, pages::file(name)?.1)));
    let modules = all().filter(|(name, _)| name.ends_with(".js"));
    let modules = modules.map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())).collect();
    let script = bundle("app.js", &modules)?;
    let mut files: BTreeMap<String, Vec<u8>> =
        all().filter(|(name, _)| !name.ends_with(".js")).map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    let index = files.get_mut("index.html").expect("the page has one");
    *index = without_server(&String::from_utf8_lossy(index))?.into_bytes();
    files.insert("page.js".into(), script.into_bytes());
    files.insert("data.js".into(), Answers::compute()?.script().into_bytes());
    Ok(files)
}

fn without_server(index: &str) -> Result<String> {
    let mut page = index.to_owned();
    let policy = format!("{CHARSET}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    for (line, exported) in [(CHARSET, policy.as_str()), (MODULE, SCRIPTS)] {
        if page.matches(line).count() != 1 {
            return Err(Error::failed(text!(
                "index.html에 이 줄이 하나 있어야 합니다: {line}",
                "index.html must have one {line}"
            )));
        }
        page = page.replace(line, exported);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_has_the_scripts_and_the_policy() {
        let index = without_server(&format!("<head>{CHARSET}{MODULE}</head>")).unwrap();
        assert!(index.contains("data.js") && index.contains("page.js") && !index.contains("module"));
        assert!(index.find(POLICY) < index.find("data.js") && index.contains(POLICY), "{index}");
        assert!(without_server("<head></head>").is_err() && without_server(MODULE).is_err());
    }
}
