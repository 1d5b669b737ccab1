//! The book: every page exists in both languages, every link and every include has a target, every printed block agrees with what
//! the programs print.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};
use tests::labs;
use tests::printed::{LANGUAGES, blocks, pictures, structure};
use tests::workspace::workspace;

fn source() -> PathBuf {
    workspace().join("docs/src")
}

/// The names of the pages in a language.
fn pages(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect()
}

/// Every Markdown file of the book.
fn all_pages() -> Vec<PathBuf> {
    let both = LANGUAGES.map(|lang| source().join(lang));
    both.iter().flat_map(|folder| pages(folder).into_iter().map(|name| folder.join(name))).collect()
}

/// Local links of a page whose target is missing.
fn broken_links(page: &Path, words: &str) -> Vec<String> {
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    let local = Parser::new(words).filter_map(target).filter(|url| !url.contains("://") && !url.starts_with('#'));
    let missing = |url: &String| {
        let file = page.parent().unwrap().join(url.split('#').next().unwrap_or_default());
        // The built book contains only its own pages.
        let outside = page.starts_with(source()) && !file.canonicalize().is_ok_and(|file| file.starts_with(source()));
        outside || !file.is_file()
    };
    local.filter(missing).collect()
}

/// Includes of a page whose file, or whose anchor in it, is missing.
fn broken_includes(page: &Path, words: &str) -> Vec<String> {
    let includes = words.split("{{#").skip(1).map(|rest| rest.split("}}").next().unwrap_or_default());
    includes.filter(|include| !has_target(page, include)).map(str::to_owned).collect()
}

fn has_target(page: &Path, include: &str) -> bool {
    let Some(target) = include.strip_prefix("include ") else {
        return false;
    };
    let (file, anchor) =
        target.trim().split_once(':').map_or((target.trim(), None), |(file, anchor)| (file, Some(anchor)));
    let Ok(text) = fs::read_to_string(page.parent().unwrap().join(file)) else {
        return false;
    };
    let marks = |mark: &str, name: &str| {
        text.lines().filter(|line| line.trim_end().ends_with(&format!("{mark}: {name}"))).count()
    };
    anchor.is_none_or(|name| marks("ANCHOR", name) == 1 && marks("ANCHOR_END", name) == 1)
}

#[test]
fn every_page_has_its_facing_page_with_the_same_headings() {
    let (ko, en) = (pages(&source().join("ko")), pages(&source().join("en")));
    assert_eq!(ko, en);
    assert!(ko.len() >= 8, "a page for each section of the article");
    for name in ko {
        let words = |lang: &str| fs::read_to_string(source().join(lang).join(&name)).unwrap();
        let headings = |words: &str| {
            let level = |event| match event {
                Event::Start(Tag::Heading { level, .. }) => Some(level),
                _ => None,
            };
            Parser::new(words).filter_map(level).collect::<Vec<HeadingLevel>>()
        };
        let (ko, en) = (words("ko"), words("en"));
        assert_eq!(headings(&ko), headings(&en), "{name}");
        assert!(
            ko.contains(&format!("../en/{name}")) && en.contains(&format!("../ko/{name}")),
            "{name}: no link to the other language"
        );
        assert!(lab::lang::has_hangul(&ko), "{name}");
        let count = |words: &str| words.matches("{{#include").count();
        assert_eq!(count(&ko), count(&en), "{name}: includes differ");
    }
}

#[test]
fn each_summary_lists_every_page() {
    for folder in LANGUAGES.map(|lang| source().join(lang)) {
        let summary = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
        let listed = Parser::new(&summary).filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
            _ => None,
        });
        assert_eq!(listed.collect::<BTreeSet<String>>(), pages(&folder), "{}", folder.display());
    }
}

#[test]
fn every_link_and_every_include_has_a_target() {
    for page in all_pages() {
        let words = fs::read_to_string(&page).unwrap();
        let broken = [broken_links(&page, &words), broken_includes(&page, &words)].concat();
        assert!(broken.is_empty(), "{}: {broken:?}", page.display());
    }
}

#[test]
fn the_checks_can_fail() {
    let page = source().join("ko/threading.md");
    assert_eq!(broken_links(&page, "[x](nowhere.md) [y](https://example.org)"), ["nowhere.md"]);
    let source_file = "../../../threading/src/lib.rs";
    assert_eq!(broken_links(&page, &format!("[a file that the built book lacks]({source_file})")), [source_file]);
    let includes = "{{#include ../../../threading/src/nowhere.rs}} {{#include ../../../threading/src/lib.rs:nowhere}} {{#unclude x}}";
    assert_eq!(broken_includes(&page, includes).len(), 3);
    assert!(broken_includes(&page, "{{#include ../../../threading/src/lib.rs}}").is_empty());
}

#[test]
fn code_and_output_come_from_files() {
    for page in all_pages() {
        let words = fs::read_to_string(&page).unwrap();
        for block in words.split("\n```").skip(1).step_by(2) {
            let (fence, body) = block.split_once('\n').unwrap_or((block, ""));
            // Commands are typed in; everything else is included.
            let typed = fence.trim() == "sh" || body.contains("{{#include");
            assert!(typed, "{}: a block that is not included: {block}", page.display());
        }
    }
}

#[test]
fn every_printed_file_has_a_command() {
    let printed = workspace().join("docs/printed");
    let mut commands: Vec<_> =
        blocks().iter().flat_map(|block| LANGUAGES.map(|language| block.path(language))).collect();
    let pictures = pictures();
    let pictures = pictures.iter().flat_map(|picture| LANGUAGES.map(|language| picture.picture_file(language)));
    commands.extend(pictures.map(|file| printed.join(file)));
    let mut kept: Vec<_> = folder(&printed).iter().flat_map(|package| folder(package)).collect();
    commands.sort();
    kept.sort();
    assert_eq!(kept, commands, "the files below docs/printed, and those that docs/printed.toml names");
}

fn folder(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Every block of a language has the structure of what its program prints now.
fn blocks_are_up_to_date(language: &str) {
    for block in blocks() {
        let file = block.file(language);
        let kept = fs::read_to_string(block.path(language)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let (kept, now) = (structure(&kept), structure(&block.print_for_test(language)));
        assert_eq!(kept, now, "{file}: the program prints something else now; `cargo run -p tests` prints it anew");
    }
}

#[test]
fn korean_blocks_are_up_to_date() {
    blocks_are_up_to_date("ko");
}

#[test]
fn english_blocks_are_up_to_date() {
    blocks_are_up_to_date("en");
}

/// The commands in a text, each once: `cargo run -p threading -- fetch`.
fn commands(words: &str) -> BTreeSet<String> {
    let code = words.split('`').skip(1).step_by(2);
    code.filter(|code| code.starts_with("cargo run ")).map(str::to_owned).collect()
}

#[test]
fn prepare_runs_the_commands_of_the_lab_pages() {
    #[derive(serde::Deserialize)]
    struct Plan {
        step: Vec<BTreeMap<String, String>>,
    }
    let plan: Plan = basic_toml::from_str(&fs::read_to_string(workspace().join("docs/plan.toml")).unwrap()).unwrap();
    let prepared: BTreeSet<String> = plan.step.iter().map(|step| step["command"].clone()).collect();
    for lang in LANGUAGES {
        let page = fs::read_to_string(source().join(lang).join("lab.md")).unwrap();
        let rows = page.lines().filter(|line| line.starts_with("| ")).collect::<Vec<_>>().join("\n");
        assert_eq!(commands(&rows), prepared, "{lang}/lab.md and docs/plan.toml");
        for step in &plan.step {
            let row = page.lines().find(|line| line.starts_with(&format!("| {} ", step["minutes"]))).unwrap();
            assert!(commands(row).contains(&step["command"]), "{lang}: {step:?}");
        }
    }
}

#[test]
fn what_the_book_says_of_the_labs_comes_from_the_labs() {
    let wanted = labs::files();
    let folder = workspace().join("docs/labs");
    let kept: BTreeSet<PathBuf> = self::folder(&folder).into_iter().collect();
    assert_eq!(
        kept,
        wanted.keys().cloned().collect(),
        "docs/labs and the labs; `cargo run -p tests -- labs` writes it anew"
    );
    for (file, words) in &wanted {
        let kept = fs::read_to_string(file).unwrap();
        assert_eq!(&kept, words, "{}: `cargo run -p tests -- labs` writes it anew", file.display());
    }
    for lang in LANGUAGES {
        for (page, parts) in [("labs-tasks.md", &["task"][..]), ("teach-labs.md", &["head", "wrong"])] {
            let words = fs::read_to_string(source().join(lang).join(page)).unwrap();
            let included: Vec<&str> =
                words.lines().filter_map(|line| line.strip_prefix("{{#include ../../labs/")).collect();
            let all = labs::labs()
                .into_iter()
                .flat_map(|lab| parts.iter().map(move |part| format!("{:02}.{part}.{lang}.md}}}}", lab.number)));
            assert_eq!(included, all.collect::<Vec<String>>(), "{lang}/{page}: every lab, in order");
        }
    }
}

/// Promises that a page names after a lab's link, `[lab 4](labs-tasks.md#lab-4), `no-lost-update``, and that the lab lacks.
fn unknown_promises(words: &str, promises: &BTreeMap<u32, BTreeSet<String>>) -> Vec<String> {
    let after_links = words.split("](labs-tasks.md#lab-").skip(1);
    let mut unknown = Vec::new();
    for after in after_links {
        let (number, mut rest) = after.split_once(')').unwrap_or((after, ""));
        let Some(known) = number.parse().ok().and_then(|number: u32| promises.get(&number)) else {
            unknown.push(format!("lab {number}"));
            continue;
        };
        while let Some((id, next)) = rest.strip_prefix(", `").and_then(|id| id.split_once('`')) {
            if !known.contains(id) {
                unknown.push(format!("lab {number}: {id}"));
            }
            rest = next;
        }
    }
    unknown
}

#[test]
fn promises_that_the_book_names_exist() {
    let of_lab = |lab: labs::Lab| (lab.number, lab.promises.into_iter().map(|promise| promise.id).collect());
    let promises: BTreeMap<u32, BTreeSet<String>> = labs::labs().into_iter().map(of_lab).collect();
    let mut named = 0;
    for page in all_pages() {
        let words = fs::read_to_string(&page).unwrap();
        named += words.matches("), `").count();
        assert_eq!(unknown_promises(&words, &promises), [""; 0], "{}", page.display());
    }
    assert!(named > 20, "the notes on the sections name promises");
    let known = BTreeMap::from([(4, BTreeSet::from(["kept".to_owned()]))]);
    let words = "[4](labs-tasks.md#lab-4), `kept`, `gone` [5](labs-tasks.md#lab-5)";
    assert_eq!(unknown_promises(words, &known), ["lab 4: gone", "lab 5"]);
}

/// The sheet to hand out has a row for each command of the lab.
#[test]
fn the_sheet_has_the_commands_of_the_lab() {
    for lang in LANGUAGES {
        let read = |page: &str| fs::read_to_string(source().join(lang).join(page)).unwrap();
        let rows = |page: &str| page.lines().filter(|line| line.starts_with("| ")).collect::<Vec<_>>().join("\n");
        let mut planned = commands(&rows(&read("lab.md")));
        // It is the last thing that is run: there is nothing to predict.
        assert!(planned.remove("cargo run -p exercises -- list"));
        assert_eq!(commands(&rows(&read("sheet.md"))), planned, "{lang}/sheet.md and lab.md");
    }
}

/// Words that the glossary of a language excludes: the last column of its table.
fn excluded(lang: &str) -> Vec<String> {
    let page = fs::read_to_string(source().join(lang).join("glossary.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    let last = rows.filter_map(|row| row.trim_end().strip_suffix('|')?.rsplit('|').next());
    last.flat_map(|cell| cell.trim().split(", ")).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The words among `words` that occur in a text.
fn found<'a>(text: &str, words: &'a [String]) -> Vec<&'a str> {
    words.iter().map(String::as_str).filter(|word| text.contains(*word)).collect()
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for path in self::folder(folder) {
        match path.extension().and_then(|ending| ending.to_str()) {
            None if path.is_dir() && !path.ends_with("target") && !path.ends_with("printed") => sources(&path, all),
            Some("rs" | "py" | "toml" | "md" | "js") => all.push(path),
            _ => {}
        }
    }
}

/// Korean is checked everywhere; English in the book and in the files at the top of the workspace.
#[test]
fn texts_keep_to_the_glossary() {
    let (korean, english) = (excluded("ko"), excluded("en"));
    assert!(korean.len() > 15 && english.len() > 15, "{korean:?} {english:?}");
    let mut all = Vec::new();
    sources(workspace(), &mut all);
    assert!(all.len() > 300, "{} files", all.len());
    for path in all.iter().filter(|path| !path.ends_with("glossary.md")) {
        let text = fs::read_to_string(path).unwrap();
        let mut wrong = found(&text, &korean);
        let is_top = path.parent() == Some(workspace()) && path.extension().is_some_and(|ending| ending == "md");
        if path.starts_with(source().join("en")) || is_top {
            wrong.extend(found(&text, &english));
        }
        assert!(wrong.is_empty(), "{}: {wrong:?}, see docs/src/*/glossary.md", path.display());
    }
    let known_wrong = format!("{} {}", korean[0], english[0]);
    assert_eq!((found(&known_wrong, &korean).len(), found(&known_wrong, &english).len()), (1, 1));
}

#[test]
fn both_readmes_have_the_same_structure() {
    let structure = |name: &str| {
        let words = fs::read_to_string(workspace().join(name)).unwrap();
        assert!(broken_links(&workspace().join(name), &words).is_empty(), "{name}");
        let part = |event| match event {
            Event::Start(Tag::Heading { level, .. }) => Some(level.to_string()),
            Event::Start(Tag::CodeBlock(_)) => Some("code".to_owned()),
            Event::Start(Tag::Item) => Some("item".to_owned()),
            Event::Start(Tag::TableRow) => Some("row".to_owned()),
            _ => None,
        };
        Parser::new_ext(&words, Options::ENABLE_TABLES).filter_map(part).collect::<Vec<String>>()
    };
    for folder in ["", "support/process-pool/"] {
        let korean = structure(&format!("{folder}README.ko.md"));
        assert_eq!(structure(&format!("{folder}README.md")), korean, "{folder}");
    }
}
