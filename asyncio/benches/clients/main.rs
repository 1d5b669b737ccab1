//! `asyncio -- fetch` beside other clients that do the same job, in one run and in turn:
//! `cargo bench -p asyncio --bench clients [-- speed|faults|lines] [-- --rounds N --python PYTHON --oha OHA]`.
//!
//! aiohttp and httpx are measured if PYTHON has them: `python3 -m venv target/venv-clients` and
//! `target/venv-clients/bin/pip install aiohttp httpx`; oha if it is installed: `cargo install oha`. Every run has a server of its own,
//! `asyncio -- serve` in another process, on the same cores. The wall time is each client's own, from its first connection to its last
//! response, without the start of its process; memory is the peak resident memory of the whole process.

mod client;
mod faults;
mod floor;
mod lines;
mod run;
mod server;
mod speed;
mod stats;

use std::path::PathBuf;

use client::Client;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == floor::FLOOR) {
        return floor::run(&args[1..]);
    }
    // As a test it would take minutes and prove nothing.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let option = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let rounds = option("--rounds").and_then(|n| n.parse().ok());
    let python = option("--python").map_or("python3", String::as_str);
    let oha = option("--oha").map_or_else(|| PathBuf::from("oha"), PathBuf::from);
    let named = |table: &str| args.iter().any(|arg| arg == table);
    let all = !["speed", "faults", "lines"].iter().any(|table| named(table));

    println!("{}", lab::machine::describe().en);
    let pythons = client::pythons(python);
    if all || named("lines") {
        lines::show();
    }
    if all || named("speed") {
        let mut clients = vec![Client::Ours, Client::OwnServer, Client::Floor];
        clients.extend(client::oha(&oha));
        clients.extend(pythons.iter().cloned());
        speed::show(&clients, rounds.unwrap_or(5));
    }
    if all || named("faults") {
        let clients: Vec<Client> = [Client::Ours].into_iter().chain(pythons).collect();
        faults::show(&clients, rounds.unwrap_or(3));
    }
}
