//! Every folder of `labs/` that has a `promises.rs` is a lab: writes the list of them, so that a new lab needs no other file changed.
//! And passes on where `planted` put the copies of locks that `break` plays.

use std::path::Path;
use std::{env, fs};

fn main() {
    // Where the copies of locks with a bug are, for `src/break_it/copies.rs`.
    let planted = env::var("DEP_PLANTED_OUT").expect("cargo tells it: `planted` has `links`");
    println!("cargo:rustc-env=PLANTED={planted}");
    println!("cargo:rerun-if-changed=labs");
    let labs = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("labs");
    let entries = fs::read_dir(&labs).unwrap_or_else(|e| panic!("{}: {e}", labs.display()));
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    folders.retain(|folder| folder.join("promises.rs").is_file());
    folders.sort();
    let (mut modules, mut list) = (String::new(), String::new());
    for folder in folders {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name like 01-join-all").to_owned();
        let module = format!("lab_{}", name.replace('-', "_"));
        let file = folder.join("promises.rs");
        modules.push_str(&format!("#[path = {file:?}]\nmod {module};\n"));
        list.push_str(&format!("    ({name:?}, {module}::judge),\n"));
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("judges.rs");
    let text = format!(
        "{modules}\n/// Each lab's folder and its judge, in order.\npub const JUDGES: &[(&str, Judge)] = &[\n{list}];\n"
    );
    // Not touched if nothing changed, so that nothing is compiled again.
    if fs::read_to_string(&out).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(&out, text).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}
