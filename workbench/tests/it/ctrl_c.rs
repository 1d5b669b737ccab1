//! The end: nothing is left, also while a Python runs.

use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use harness::{HANG, alive, descendants, finish, signal, until, until_some};
use serde_json::json;

use crate::client::{Program, program, quick};

#[test]
fn ctrl_c_and_sigterm_end_it_with_0() {
    if harness::ignores_interrupts() {
        return; // the tests run in the background of a shell, and children inherit that
    }
    for name in ["INT", "TERM"] {
        let Program { child, address, .. } = quick();
        let idle = TcpStream::connect(address).unwrap();
        signal(name, child.0.id());
        finish(child).ends_with(0);
        assert!(TcpStream::connect(address).is_err(), "{name}: the port is closed");
        drop(idle);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_while_python_runs_leaves_nothing() {
    if harness::ignores_interrupts() {
        return;
    }
    let program = program(&[]);
    let meta = program.ask("meta", &json!({})).json();
    let usable = |python: &serde_json::Value| python["why_not"].is_null();
    if !meta["pythons"].as_array().unwrap().iter().any(usable) {
        println!("not measured: no Python that runs scenarios");
        return;
    }
    let scenario =
        json!({"seconds": 2, "gil": {"version": "3.12"}, "threads": [{"count": 2, "does": ["run forever"]}]});
    let body = json!({"scenario": scenario, "python": 0}).to_string();
    let host = program.host();
    let more = format!("Host: {host}\r\nContent-Type: application/json\r\n");
    let mut asking = TcpStream::connect(program.address).unwrap();
    asking.write_all(&program.question("real", &more, body.as_bytes())).unwrap();
    let pid = program.child.0.id();
    let children = until_some("a Python that runs", || Some(descendants(pid)).filter(|all| all.len() >= 2));
    // A second window has to wait, and is told so.
    let second = program.ask_bytes("real", body.as_bytes());
    assert_eq!((second.status, &second.json()["error"]["code"]), (409, &json!("busy")));
    signal("INT", pid);
    let start = Instant::now();
    finish(program.child).ends_with(0);
    assert!(start.elapsed() < HANG, "it does not wait for Python");
    until("all children have ended", || children.iter().all(|pid| !alive(*pid)));
}
