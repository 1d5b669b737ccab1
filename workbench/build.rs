//! Lists the page's files, so that a new one needs no other file changed.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=page");
    let page = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("page");
    let mut files = Vec::new();
    below(&page, &page, &mut files);
    files.sort();
    let mut list = String::new();
    for (name, path) in &files {
        list.push_str(&format!("    ({name:?}, include_bytes!({path:?})),\n"));
    }
    let text = format!("/// Each file and its bytes.\nstatic FILES: &[(&str, &[u8])] = &[\n{list}];\n");
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("pages.rs");
    fs::write(&out, text).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}

/// Files below a folder: the path below the page with `/`, and the whole path.
fn below(page: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            below(page, &path, files);
            continue;
        }
        let relative = path.strip_prefix(page).expect("it is below the page");
        let parts: Vec<_> = relative.iter().map(|part| part.to_str().expect("a name in UTF-8")).collect();
        let served =
            ["html", "css", "js", "svg", "json"].iter().any(|kind| relative.extension().is_some_and(|e| e == *kind));
        if served {
            files.push((parts.join("/"), path.to_str().expect("a path in UTF-8").to_owned()));
        }
    }
}
