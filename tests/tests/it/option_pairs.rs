//! Tries every pair of options of every experiment: an option without effect is refused before anything starts.
//!
//! No experiment runs here: each command line also asks for a trace in a folder that does not exist. Options that go together end with
//! that error and exit code 1; a pair that does not go together is refused before it, with exit code 2.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use lab::lang::has_hangul;
use tests::run::{SECTIONS, run, words};

use crate::machine_readable::PAGES;

const NOWHERE: &str = "/no/such/folder/trace.json";

/// The options that all programs share.
const COMMON: [&str; 7] = ["--lang", "--full", "--json", "--trace", "--svg", "--python", "--no-python"];

/// Pairs that are refused: program, experiment, and two options; `*` stands for all.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("*", "*", "--json", "--full"),
    ("*", "*", "--no-python", "--python"),
    ("threading", "fetch", "--urls", "URL"),
    ("threading", "fetch", "--urls", "--requests"),
    ("threading", "fetch", "--urls", "--delay"),
    ("threading", "fetch", "URL", "--delay"),
    ("asyncio", "fetch", "--urls", "URL"),
    ("asyncio", "fetch", "--urls", "--requests"),
    ("asyncio", "fetch", "--urls", "--delay"),
    ("asyncio", "fetch", "URL", "--delay"),
    ("asyncio", "fetch", "--urls", "--inject"),
    ("asyncio", "fetch", "URL", "--inject"),
    ("asyncio", "fetch", "--rows", "--requests"),
    ("asyncio", "fetch", "--resume", "--out"),
    ("asyncio", "fetch", "--data", "--data-json"),
    ("asyncio", "million", "--no-python", "--twin"),
    ("compare", "scaling", "--seconds", "--quick"),
    ("compare", "report", "--from", "--budget"),
    ("compare", "table", "--quick", "--thorough"),
    ("choose", "run", "--pid", "PROGRAM"),
    ("gil-sim", "verify", "FILE", "--breadth"),
    ("gil-sim", "verify", "--no-python", "--transport"),
    ("multiprocessing", "start-methods", "--no-python", "--iterations"),
];

/// The first has an effect only together with the second.
const NEEDS: &[(&str, &str, &str, &str)] = &[
    ("asyncio", "fetch", "--rows", "URL"),
    ("choose", "run", "--seconds", "--pid"),
    ("asyncio", "fetch", "--rows-format", "--rows"),
    ("threading", "files", "--make", "DIR"),
];

/// An option as `--help` shows it, and a value that it accepts.
#[derive(Clone, Debug, PartialEq)]
struct Given {
    name: String,
    value: Option<String>,
}

impl Given {
    fn words(&self) -> Vec<&str> {
        let is_named = self.name.starts_with('-');
        is_named.then_some(&*self.name).into_iter().chain(self.value.as_deref()).collect()
    }
}

/// Reads `  -N, --name <VALUE>  about (default X)` or `  [NAME]  about`; a long line is wrapped.
fn options(program: &str, experiment: &str) -> Vec<Given> {
    let help = run(program, &[experiment, "--help", "--lang", "en"]).ends_with(0).out;
    let mut entries: Vec<String> = Vec::new();
    for line in help.lines().skip(2).filter(|line| line.starts_with(' ')) {
        // What is wrapped stands further to the right, and may begin with an option that is only mentioned.
        let is_entry = line.len() - line.trim_start().len() <= 6;
        let line = line.trim();
        if is_entry && (line.starts_with('-') || line.starts_with('[')) {
            entries.push(line.to_owned());
        } else if let Some(last) = entries.last_mut() {
            last.push(' ');
            last.push_str(line);
        }
    }
    entries.iter().filter_map(|entry| given(entry)).collect()
}

fn given(entry: &str) -> Option<Given> {
    let mut words = entry.split_whitespace();
    let mut first = words.next()?.trim_end_matches(',');
    if first == "-h" {
        return None;
    }
    if first.starts_with('-') && !first.starts_with("--") {
        first = words.next()?; // the long name
    }
    let name = first.trim_matches(['[', ']', '.']).to_owned();
    let kind = if name.starts_with('-') { words.next().unwrap_or_default() } else { "<PATH>" };
    let default = entry.rsplit_once("(default ").map(|(_, rest)| rest.split([',', ')']).next().unwrap_or_default());
    let value = match kind {
        "<ko|en>" => Some("en"),
        "<FILE>" => Some(NOWHERE),
        "<N>" | "<S>" | "<WORD>" => default.or(Some("1")),
        "<PATH>" | "<PATH|all>" | "<TEXT>" => Some(&*name).map(|name| name.trim_matches('-')),
        _ => None,
    };
    Some(Given { value: value.map(str::to_owned), name })
}

/// Whether the pair must be refused. An option alone is a pair with itself.
fn expected(program: &str, experiment: &str, a: &Given, b: &Given) -> bool {
    let here = |(p, e): (&str, &str)| (p == "*" || p == program) && (e == "*" || e == experiment);
    let both = |x: &str, y: &str| (a.name == x && b.name == y) || (a.name == y && b.name == x);
    let any = |x: &str| a.name == x || b.name == x;
    REFUSED.iter().any(|(p, e, x, y)| here((p, e)) && both(x, y))
        || NEEDS.iter().any(|(p, e, x, y)| here((p, e)) && any(x) && !any(y))
}

fn try_pair(program: &str, experiment: &str, a: &Given, b: &Given) -> Result<(), String> {
    let both: Vec<&Given> = if a == b { vec![a] } else { vec![a, b] };
    let named = |option: &&&Given| option.name.starts_with('-');
    let mut args = vec![experiment];
    args.extend(both.iter().filter(named).flat_map(|option| option.words()));
    args.extend(if args.contains(&"--trace") { vec![] } else { vec!["--trace", NOWHERE] });
    args.extend(if args.contains(&"--lang") { vec![] } else { vec!["--lang", "en"] });
    // Last: what follows the name of a reader's program belongs to that.
    args.extend(both.iter().filter(|option| !named(option)).flat_map(|option| option.words()));
    let done = run(program, &args);
    let refused = expected(program, experiment, a, b);
    let wrong = format!("{program} {args:?}: {} expected: {done:?}", if refused { "2" } else { "1" });
    let one_line = done.out.is_empty() && done.err.lines().count() == 1 && !has_hangul(&done.err);
    let good = match refused {
        true => done.status.code() == Some(2) && (done.err.contains(&a.name) || done.err.contains(&b.name)),
        false => done.status.code() == Some(1) && done.err.contains(NOWHERE),
    };
    if good && one_line { Ok(()) } else { Err(wrong) }
}

#[test]
fn an_option_without_effect_is_refused() {
    let mut pairs = Vec::new();
    for program in SECTIONS.iter().copied().chain(["lab"]) {
        // A page has no report, so it has none of the options that say what becomes of one.
        let is_page = |word: &String| PAGES.contains(&(program, word.as_str()));
        for experiment in words(program).into_iter().filter(|word| !is_page(word)) {
            let all = options(program, &experiment);
            let names: BTreeSet<&str> = all.iter().map(|option| &*option.name).collect();
            assert!(COMMON.iter().all(|name| names.contains(name)), "{program} {experiment}: {names:?}");
            for (n, a) in all.iter().enumerate() {
                pairs.extend(all[n..].iter().map(|b| (program, experiment.clone(), a.clone(), b.clone())));
            }
        }
    }
    // Otherwise a rule about an option that no longer exists would stay here unnoticed.
    for (program, experiment, a, b) in REFUSED.iter().chain(NEEDS).filter(|(program, ..)| *program != "*") {
        let tried = pairs.iter().any(|(p, e, x, y)| {
            p == program && e == experiment && [&*x.name, &*y.name].iter().all(|name| [a, b].contains(&name))
        });
        assert!(tried, "{program} {experiment}: {a} and {b} are not both its options");
    }
    // Pairs of shared options are tried once per program.
    let shared = |option: &Given| COMMON.contains(&&*option.name);
    let mut seen = BTreeSet::new();
    pairs.retain(|(program, _, a, b)| {
        !(shared(a) && shared(b)) || seen.insert((*program, a.name.clone(), b.name.clone()))
    });
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || pairs.get(next.fetch_add(1, Relaxed));
        std::iter::from_fn(take).filter_map(|(p, e, a, b)| try_pair(p, e, a, b).err()).collect::<Vec<_>>()
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers = [(); 4].map(|()| scope.spawn(work));
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {} pairs: {wrong:#?}", wrong.len(), pairs.len());
}

/// With `--svg`, `--full` has an effect even beside `--json`: it selects what is drawn.
#[test]
fn full_has_an_effect_on_a_picture() {
    let args = ["article", "--json", "--full", "--svg", NOWHERE, "--lang", "en"];
    assert!(run("threading", &args).ends_with(1).err.contains(NOWHERE));
}
