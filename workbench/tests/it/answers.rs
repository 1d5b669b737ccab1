//! The answers, asked as the page asks them.

use serde_json::{Value, json};

use crate::client::{program, quick};

#[test]
fn the_page_and_every_module_that_it_names_are_served() {
    let program = quick();
    let index = program.get("");
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    let html = String::from_utf8(index.body).unwrap();
    let named = html.split(['"', '\'']).filter(|word| word.starts_with("./")).map(|word| word[2..].to_owned());
    let mut open: Vec<String> = named.collect();
    assert!(open.iter().any(|name| name == "app.js"), "{html}");
    let mut seen = Vec::new();
    while let Some(name) = open.pop() {
        if seen.contains(&name) {
            continue;
        }
        let response = program.get(&name);
        assert_eq!(response.status, 200, "{name}");
        let words = String::from_utf8(response.body).unwrap();
        for line in words.lines().filter(|line| line.starts_with("import ")) {
            let from = line.rsplit(['"', '\'']).nth(1).unwrap();
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            for part in from.split('/') {
                match part {
                    "." => {}
                    ".." => drop(parts.pop()),
                    _ => parts.push(part),
                }
            }
            open.push(parts.join("/"));
        }
        seen.push(name);
    }
    assert!(seen.iter().any(|name| name == "api.js"), "{seen:?}");
}

#[test]
fn the_menu_can_be_simulated() {
    let program = quick();
    let meta = program.ask("meta", &json!({})).json();
    assert_eq!(meta["pythons"], json!([]));
    assert_eq!(meta["states"].as_array().unwrap().len(), 10);
    let scenarios = meta["scenarios"].as_array().unwrap();
    assert!(scenarios.len() >= 8);
    for one in scenarios {
        let answer = program.ask("simulate", &json!({"scenario": one["scenario"]})).json();
        let trace: lab::trace::Trace = serde_json::from_value(answer["trace"].clone()).unwrap();
        assert!(trace.lanes.iter().any(|lane| !lane.spans.is_empty()), "{}: {answer}", one["id"]);
        assert!(answer["lasted"].as_u64().unwrap() >= trace.end(), "{}", one["id"]);
        assert!(gil_sim::scenario::parse(answer["toml"].as_str().unwrap()).is_ok());
    }
}

#[test]
fn a_wrong_scenario_is_told_with_its_place() {
    let scenario =
        json!({"seconds": 1, "cores": 2, "gil": {"version": "3.12"}, "threads": [{"does": ["run 5ms", "sing 1ms"]}]});
    let response = quick().ask("simulate", &json!({"scenario": scenario}));
    let error = &response.json()["error"];
    assert_eq!((response.status, &error["path"]), (400, &json!("threads[0].does[1]")));
    assert!(lab::lang::has_hangul(error["text"]["ko"].as_str().unwrap()), "{error}");
}

/// The schedule of a level is the one that the terminal takes, and both say the same.
#[test]
fn a_level_is_broken_here_as_in_the_terminal() {
    let program = quick();
    let levels = program.ask("levels", &json!({})).json();
    let levels = levels["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 16);
    for (level, words) in levels.iter().zip(exercises::break_it::levels::SOLUTIONS) {
        let answer = program.ask("play", &json!({"level": level["id"], "schedule": words})).json();
        let terminal =
            exercises::break_it::run(level["number"].as_u64().map(|n| n.to_string()).as_deref(), Some(words)).unwrap();
        let won = answer["won"]["en"].as_str().unwrap_or_else(|| panic!("{}: {answer}", level["id"]));
        assert!(terminal.shows.en.contains(won), "{}: {won}", level["id"]);
        assert!(terminal.shows.en.contains(answer["shipped"]["en"].as_str().unwrap()), "{}", level["id"]);
        let source: Vec<&str> = level["source"].as_str().unwrap().lines().collect();
        let lines = answer["steps"].as_array().unwrap().iter().flat_map(|step| step["lines"].as_array().unwrap());
        let lines: Vec<u64> = lines.filter_map(Value::as_u64).collect();
        assert!(lines.len() >= 2, "{}: no lines", level["id"]);
        for line in lines {
            let words = source[line as usize - 1].trim();
            assert!(!words.is_empty() && !words.starts_with("//"), "{}: line {line} is no code", level["id"]);
        }
    }
}

#[test]
fn chance_is_repeatable_and_plays_to_the_end() {
    let program = quick();
    let ask = |seed: u64| {
        program
            .ask("play", &json!({"level": "reach-6", "schedule": "a", "chance": {"seed": seed, "turns": 1000}}))
            .json()
    };
    let first = ask(1);
    assert_eq!(first["over"], true, "{first}");
    assert_eq!(first, ask(1));
    assert!((2..9).any(|seed| ask(seed)["schedule"] != first["schedule"]), "the seed decides");
    let again = program.ask("play", &json!({"level": "reach-6", "schedule": first["schedule"]})).json();
    assert_eq!(again, first, "what was drawn is a schedule like any other");
}

#[test]
fn what_is_not_there_is_not_found() {
    let program = quick();
    for (endpoint, question) in [
        ("none", json!({})),
        ("play", json!({"level": "break-9"})),
        ("counter", json!({"program": "plain", "version": "py99"})),
        ("kitchen", json!({"kitchen": "canteen", "dishes": 2, "minute_ms": 1})),
        (
            "real",
            json!({"scenario": {"seconds": 1, "gil": {"version": "3.12"}, "threads": [{"does": ["run 1ms"]}]}, "python": 0}),
        ),
    ] {
        let response = program.ask(endpoint, &question);
        assert_eq!((response.status, &response.json()["error"]["code"]), (404, &json!("not_found")), "{endpoint}");
    }
}

/// "Ask the real one": figures of both, lanes of both, and what the simulator is off by.
#[test]
fn a_scenario_is_run_on_a_real_python_and_simulated_beside_it() {
    let program = program(&[]);
    let meta = program.ask("meta", &json!({})).json();
    let pythons = meta["pythons"].as_array().unwrap();
    let Some(python) = pythons.iter().position(|python| python["why_not"].is_null()) else {
        println!("not measured: no Python that runs scenarios");
        return;
    };
    let scenario = json!({"seconds": 0.5, "gil": {"version": "3.12", "interval": "5ms"},
        "threads": [{"name": "CPU", "does": ["run forever"]}, {"name": "I/O", "does": ["wait 2ms"]}]});
    let answer = program.ask("real", &json!({"scenario": scenario, "python": python})).json();
    for of in ["real", "simulated"] {
        let rounds = answer["groups"][1]["rate"][of].as_f64().unwrap_or_else(|| panic!("{of}: {answer}"));
        // A wait of 2 ms: not more than 500 rounds a second, however fast the machine is.
        assert!(rounds > 0.0 && rounds <= 500.0, "{of}: {rounds} rounds a second");
    }
    assert!(answer["groups"][0]["rate"].is_null(), "a thread that computes for ever has no rounds: {answer}");
    assert!(answer["groups"][1]["rate"]["error"].as_f64().unwrap().is_finite());
    let simulated: lab::trace::Trace = serde_json::from_value(answer["simulated_trace"].clone()).unwrap();
    assert_eq!(simulated.lanes.len(), 2);
    // Either there are lanes of the real run, or it is said why not.
    let real: Option<lab::trace::Trace> = serde_json::from_value(answer["trace"].clone()).unwrap();
    assert_ne!(real.is_some(), answer["why_no_trace"].is_object(), "{answer}");
    assert!(real.is_none_or(|real| real.lanes.iter().any(|lane| !lane.spans.is_empty())), "{answer}");
}
