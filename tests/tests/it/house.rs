//! The structure of the workspace: no circular dependencies between crates or files, and files that are named after their commands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use tests::run::{SECTIONS, words};
use tests::workspace::workspace;

/// Libraries that depend on no other member of the workspace, but those that record with `lab` or draw its reports.
const INDEPENDENT: [&str; 10] = [
    "lab",
    "process-pool",
    "loopback",
    "web",
    "address",
    "harness",
    "progress",
    "planted",
    "exercise-kit",
    "report-page",
];

/// The folders of all members, by name.
fn members() -> BTreeMap<String, PathBuf> {
    let folders = |parent: PathBuf| fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    let all = folders(workspace().to_owned()).chain(folders(workspace().join("support")));
    let members = all.filter(|folder| folder.join("Cargo.toml").is_file());
    members.map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), folder)).collect()
}

/// Every Rust file below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `[dependencies]` of a manifest, without `[dev-dependencies]`.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section =
        |line: &str| line == "[dependencies]" || (line.starts_with("[target.") && line.ends_with(".dependencies]"));
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = section(line);
        } else if let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| inside && !name.is_empty()) {
            found.insert(name.to_owned());
        }
    }
    found
}

#[test]
fn dependencies_between_crates_run_one_way() {
    let members = members();
    for (name, folder) in &members {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let known: Vec<String> =
            dependencies(&manifest).into_iter().filter(|name| members.contains_key(name)).collect();
        if INDEPENDENT.contains(&name.as_str()) {
            let on_lab = ["exercise-kit", "report-page"].contains(&name.as_str());
            let allowed = if on_lab { vec!["lab"] } else { Vec::new() };
            assert_eq!(known, allowed, "{name} depends on {known:?}");
        }
        if SECTIONS[..7].contains(&name.as_str()) {
            let others: Vec<_> = known.iter().filter(|k| SECTIONS.contains(&k.as_str()) && *k != "gil-sim").collect();
            assert!(others.is_empty(), "the section {name} depends on {others:?}");
        }
        if ["choose", "exercises"].contains(&name.as_str()) {
            let others: Vec<_> = known.iter().filter(|k| SECTIONS.contains(&k.as_str()) && *k != "gil-sim").collect();
            assert!(others.is_empty(), "{name} depends on {others:?}");
        }
    }
    assert_eq!(
        dependencies("[dependencies]\na.workspace = true\n[dev-dependencies]\nb = \"1\"\n"),
        ["a".into()].into()
    );
}

/// The modules that a file names in paths, as absolute paths in its crate.
struct Named<'a> {
    /// The module of the file, from the root of the crate.
    here: &'a [String],
    found: BTreeSet<Vec<String>>,
}

impl Named<'_> {
    fn add(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let ups = path.iter().take_while(|part| *part == "super").count();
        let absolute = match first.as_str() {
            "crate" => path[1..].to_vec(),
            "self" => [self.here, &path[1..]].concat(),
            "super" if ups <= self.here.len() => [&self.here[..self.here.len() - ups], &path[ups..]].concat(),
            // A module that the file declares, if it exists; else another crate, which matches no file here and is ignored.
            _ => [self.here, path].concat(),
        };
        self.found.insert(absolute);
    }

    fn add_tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(before, tree)),
        }
    }
}

impl<'a> Visit<'a> for Named<'_> {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let is_test = |attr: &syn::Attribute| {
            attr.path().is_ident("cfg") && attr.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
        };
        if !module.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, module);
        }
    }

    /// Ignored: the path in `pub(super)` is not a use of that module.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.add(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }
}

/// The module that a file below `src` is.
fn module(src: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(src).unwrap().with_extension("");
    let mut parts: Vec<String> = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Which module uses which in a crate. The root and the programs are left out, because they list all modules.
fn arrows(sources: &BTreeMap<Vec<String>, String>) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut arrows = BTreeMap::new();
    for (here, source) in sources {
        let mut named = Named { here, found: BTreeSet::new() };
        named.visit_file(&syn::parse_file(source).unwrap_or_else(|e| panic!("{here:?}: {e}")));
        // The deepest module of the path that is a file.
        let file =
            |path: &Vec<String>| (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|p| sources.contains_key(p));
        let found: BTreeSet<_> = named.found.iter().filter_map(file).filter(|path| path != here).collect();
        arrows.insert(here.clone(), found);
    }
    arrows
}

/// Pairs of modules that reach each other.
fn circles(sources: &BTreeMap<Vec<String>, String>) -> Vec<String> {
    let arrows = arrows(sources);
    let reach = |from: &Vec<String>| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<_> = arrows[from].iter().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(&arrows[module]);
            }
        }
        seen
    };
    let reached: BTreeMap<_, _> = arrows.keys().map(|module| (module, reach(module))).collect();
    let direct = |a: &Vec<String>, b: &Vec<String>| arrows[a].contains(b) && reached[b].contains(a);
    let pairs = arrows.keys().flat_map(|a| arrows[a].iter().map(move |b| (a, b)));
    pairs.filter(|(a, b)| direct(a, b)).map(|(a, b)| format!("{} → {}", a.join("::"), b.join("::"))).collect()
}

#[test]
fn no_two_files_depend_on_each_other() {
    let mut all = BTreeSet::new();
    for (name, folder) in members() {
        let src = folder.join("src");
        let is_root = |file: &PathBuf| ["lib.rs", "main.rs"].iter().any(|root| *file == src.join(root));
        let files = rust_files(&src).into_iter().filter(|file| !is_root(file));
        let sources = files.map(|file| (module(&src, &file), fs::read_to_string(&file).unwrap())).collect();
        all.extend(circles(&sources).into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(all.is_empty(), "files that reach each other: {all:#?}");
}

#[test]
fn a_circle_is_noticed() {
    let sources = |list: &[(&str, &str)]| -> BTreeMap<Vec<String>, String> {
        list.iter().map(|(path, text)| (path.split("::").map(str::to_owned).collect(), (*text).to_owned())).collect()
    };
    let child_and_parent =
        [("race", "mod part;\nuse part::Part;\npub struct Case;"), ("race::part", "use super::Case;")];
    assert_eq!(circles(&sources(&child_and_parent)).len(), 2);
    let of_three = [("a", "use crate::b::B;"), ("b", "fn f() { crate::c::g() }"), ("c", "use crate::{a::A, b};")];
    assert_eq!(circles(&sources(&of_three)).len(), 4);
    let only_in_tests = [("a", "use crate::b::B;"), ("b", "#[cfg(test)]\nmod tests { use crate::a::A; }")];
    assert_eq!(circles(&sources(&only_in_tests)), [""; 0]);
}

/// What an `article.rs` may use of our own code: `say` prints in the reader's language, and `this_program` starts a process that runs
/// one of our functions, which `std` cannot.
const ARTICLES: [(&str, &[&str]); 3] = [
    ("threading", &["lab::say"]),
    ("asyncio", &["lab::say"]),
    ("multiprocessing", &["lab::say", "crate::this_program"]),
];

/// What a source uses of `lab` and of its own crate.
fn own_helpers(source: &str) -> Vec<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let named = |line: &str, root: &str| {
        let rest = line.split(root).skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
        rest.map(|name| format!("{root}{}", name.unwrap_or_default())).collect::<Vec<_>>()
    };
    code.flat_map(|line| ["lab::", "crate::", "super::"].iter().flat_map(move |root| named(line, root))).collect()
}

#[test]
fn a_listing_shows_only_the_library_that_it_teaches() {
    for (section, allowed) in ARTICLES {
        let source = fs::read_to_string(members()[section].join("src/article.rs")).unwrap();
        let others: Vec<String> =
            own_helpers(&source).into_iter().filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(others.is_empty(), "{section}: {others:?} are helpers that hide the library");
    }
    let helpers = "use lab::{say};\n// lab::text\n.stdin(lab::process::lifeline::end()?) + crate::exit_status";
    assert_eq!(own_helpers(helpers), ["lab::", "lab::process", "crate::exit_status"]);
}

#[test]
fn a_command_leads_to_its_file_by_name() {
    let members = members();
    for section in SECTIONS {
        let experiments = members[section].join("src/experiments");
        let words = words(section);
        assert!(!words.is_empty(), "{section}");
        let files: BTreeSet<String> = words.iter().map(|word| word.replace('-', "_")).collect();
        for file in &files {
            let found =
                experiments.join(format!("{file}.rs")).is_file() || experiments.join(file).join("mod.rs").is_file();
            assert!(found, "{section}: no experiments/{file}.rs and no experiments/{file}/mod.rs");
        }
        for entry in fs::read_dir(&experiments).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(name == "mod" || files.contains(&name), "{section}: experiments/{name} is no command");
        }
    }
}

/// The file that a twin belongs to, below `src`: an experiment, a part of one (`cpu_process_cost`: `cpu/process_cost`), or a module that
/// several experiments share.
fn file_of_twin(src: &Path, twin: &str) -> Option<PathBuf> {
    let parts = twin.match_indices('_').map(|(at, _)| format!("experiments/{}/{}.rs", &twin[..at], &twin[at + 1..]));
    let whole =
        ["experiments/{}.rs", "experiments/{}/mod.rs", "{}.rs", "{}/mod.rs"].map(|form| form.replace("{}", twin));
    whole.into_iter().chain(parts).map(|file| src.join(file)).find(|file| file.is_file())
}

#[test]
fn a_twin_has_the_name_of_its_file() {
    for section in SECTIONS {
        let folder = &members()[section];
        assert!(folder.join("tests/it/main.rs").is_file(), "{section}: no tests/it/main.rs");
        // The page has no twins: it asks those of `gil-sim`.
        assert!(folder.join("python").is_dir() || section == "workbench", "{section}: no python/");
        for entry in fs::read_dir(folder.join("python")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let is_twin = path.extension().is_some_and(|ext| ext == "py");
            let file = file_of_twin(&folder.join("src"), name);
            assert!(!is_twin || file.is_some(), "{section}: python/{name}.py is the twin of no file");
        }
    }
    let src = members()["multiprocessing"].join("src");
    assert_eq!(file_of_twin(&src, "cpu_process_cost"), Some(src.join("experiments/cpu/process_cost.rs")));
    for wrong in ["process_cost", "cpu_cost", "faults"] {
        assert_eq!(file_of_twin(&src, wrong), None, "{wrong}");
    }
}

#[test]
fn every_command_stands_in_both_readmes() {
    for readme in ["README.md", "README.ko.md"] {
        let page = fs::read_to_string(workspace().join(readme)).unwrap();
        for section in SECTIONS {
            let row = |line: &&str| line.contains(&format!("-p {section}"));
            let rows: String = page.lines().filter(row).collect();
            for word in words(section).iter().skip(1) {
                let named = rows.contains(&format!("-- {word}")) || rows.contains(&format!("`{word}`"));
                assert!(named, "{readme}: {section} -- {word}");
            }
        }
    }
}
