//! Anything at all as a scenario, a schedule or a question: an answer or a refusal that says why, never a crash and never a hang.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::client::{Program, quick};

/// Sends drawn questions, and at the end asks whether the program is still well.
fn fuzz(cases: u32, endpoint: &'static str, questions: impl Strategy<Value = Value>, accepts: &[u16]) {
    let program = quick();
    let answered = Cell::new(0);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&questions, |question| {
            let response = program.ask(endpoint, &question);
            prop_assert!(accepts.contains(&response.status), "{} {}: {}", endpoint, response.status, question);
            if response.status == 200 {
                answered.set(answered.get() + 1);
                response.json();
            } else {
                let error = response.json()["error"].clone();
                let text = error["text"]["ko"].as_str().unwrap_or_default();
                prop_assert!(lab::lang::has_hangul(text), "{}: {}", question, error);
            }
            Ok(())
        })
        .unwrap();
    let answered = answered.get();
    assert!(
        answered > 0 && answered < cases,
        "{endpoint}: {answered} of {cases} were answered: one side is never tried"
    );
    is_well(&program);
}

fn is_well(program: &Program) {
    assert_eq!(program.ask("meta", &json!({})).status, 200, "it has not survived");
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        "\\PC{0,20}",
        Just("run forever".to_owned()),
        Just("\u{7f}\"\\\n[[threads]]".to_owned())
    ]
}

fn time() -> impl Strategy<Value = String> {
    (0_u32..2000, prop_oneof![Just("ns"), Just("us"), Just("ms"), Just("s"), Just("µs"), Just("h")])
        .prop_map(|(n, unit)| format!("{n}{unit}"))
}

fn scenario_step() -> impl Strategy<Value = String> {
    let verb = prop_oneof![
        Just("run"),
        Just("wait"),
        Just("native"),
        Just("native-held"),
        Just("echo"),
        Just("lock"),
        Just("unlock")
    ];
    prop_oneof![8 => (verb, time()).prop_map(|(verb, time)| format!("{verb} {time}")), 1 => word()]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn group() -> impl Strategy<Value = Value> {
    let steps = prop::collection::vec(scenario_step(), 0..5);
    (word(), 0_u32..70, prop::option::of(0_u32..20), 0_u32..9, steps).prop_map(
        |(name, count, times, interpreter, does)| {
            let mut group = json!({"name": name, "count": count, "interpreter": interpreter, "does": does});
            if let Some(times) = times {
                group["times"] = json!(times);
            }
            group
        },
    )
}

fn scenario() -> impl Strategy<Value = Value> {
    let version = prop_oneof!["2\\.7", "3\\.[0-9]{1,2}", Just("free".to_owned()), word()];
    let known = (0_u32..12, 0_u32..70, version, time(), prop::collection::vec(group(), 0..4)).prop_map(
        |(seconds, cores, version, interval, threads)| {
            let interval = if version == "2.7" { json!(100) } else { json!(interval) };
            json!({"seconds": seconds, "cores": cores, "gil": {"version": version, "interval": interval}, "threads": threads})
        },
    );
    // Half of them are valid but for what one number may break.
    let sound = (1_u32..4, 1_u32..9, 1_u32..9, "[1-9]00us").prop_map(|(cores, a, b, time)| {
        json!({"seconds": 1, "cores": cores, "gil": {"version": "3.12", "interval": "5ms"},
            "threads": [{"count": a, "does": [format!("run {time}"), "wait 1ms"]}, {"count": b, "does": ["run forever"]}]})
    });
    prop_oneof![4 => known, 2 => sound, 1 => any_json()]
}

#[test]
fn any_scenario_is_simulated_or_refused() {
    let questions = (scenario(), prop::option::of(any::<u64>()))
        .prop_map(|(scenario, keep)| json!({"scenario": scenario, "keep": keep}));
    fuzz(150, "simulate", questions, &[200, 400]);
}

#[test]
fn any_schedule_is_played_or_refused() {
    let schedule = prop_oneof!["[abc]{0,40}", "(!?[ab]\\*?){0,60}", "[a-zA-Z!* ]{0,20}", "\\PC{0,20}"];
    let level =
        prop_oneof![(1_u32..9).prop_map(|n| format!("break-{n}")), (1_u32..9).prop_map(|n| format!("reach-{n}"))];
    let chance = prop::option::of((any::<u64>(), 0_u32..60));
    let questions = (level, schedule, chance).prop_map(|(level, schedule, chance)| {
        json!({"level": level, "schedule": schedule, "chance": chance.map(|(seed, turns)| json!({"seed": seed, "turns": turns}))})
    });
    fuzz(150, "play", questions, &[200, 400]);
}

#[test]
fn any_counter_is_answered_or_refused() {
    let version = prop_oneof![Just("py2"), Just("py36"), Just("py311"), Just("free"), Just("py9")];
    let counter = (version, -1_i64..5, "[ab!c ]{0,30}").prop_map(|(version, iterations, schedule)| {
        json!({"program": "call", "version": version, "iterations": iterations, "schedule": schedule})
    });
    fuzz(80, "counter", counter, &[200, 400, 404]);
}

#[test]
fn bytes_that_are_no_question_are_refused() {
    let program = quick();
    for endpoint in ["meta", "simulate", "play", "counter", "kitchen", "real", "levels"] {
        for bytes in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"unknown\": 1}", b"1e999", b"\"\\ud800\""] {
            let response = program.ask_bytes(endpoint, bytes);
            assert_eq!(response.status, 400, "{endpoint}: {bytes:?}");
            assert_eq!(response.json()["error"]["code"], "bad_request", "{endpoint}: {bytes:?}");
        }
    }
    is_well(&program);
}
