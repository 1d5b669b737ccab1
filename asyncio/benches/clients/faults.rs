//! One percent of the requests is answered with 500, or cut off, or not answered at all: what becomes of the calls?

use lab::report::Report;
use serde_json::Value;

use crate::client::Client;
use crate::run::{Load, Run};
use crate::stats::{mib, seconds, spread};

const LOAD: Load =
    Load { calls: 10_000, concurrency: 100, delay: 0.05, timeout: 2.0, faults: "error=0.004,close=0.003,never=0.003" };

pub fn show(clients: &[Client], rounds: usize) {
    let mut runs: Vec<Vec<Run>> = clients.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (client, runs) in clients.iter().zip(&mut runs) {
            runs.push(Run::of(client, &LOAD));
        }
    }
    let Load { calls, concurrency, timeout, faults, .. } = LOAD;
    println!(
        "\n{calls} calls, {concurrency} at once, timeout {}, faults {faults}; ideal without faults {}; sums of {rounds} rounds",
        seconds(timeout),
        seconds(LOAD.ideal())
    );
    println!(
        "{:<12}{:<30}{:<36}{:<9}{:<9}{:<10}{:<10}{:<8}{:<8}{:<10}",
        "client", "wall", "memory", "ok", "failed", "retries", "requests", "unseen", "lost", "twice"
    );
    for (client, theirs) in clients.iter().zip(&runs) {
        let column = |value: fn(&Run) -> usize| theirs.iter().map(value).sum::<usize>();
        let [ok, failed, attempts, requests, lost, twice] = [ok, failed, attempts, requests, lost, twice].map(column);
        println!(
            "{:<12}{:<30}{:<36}{ok:<9}{failed:<9}{:<10}{requests:<10}{:<8}{lost:<8}{twice:<10}",
            client.name(),
            spread(&theirs.iter().map(|run| run.wall).collect::<Vec<f64>>(), seconds),
            spread(&theirs.iter().filter_map(|run| run.memory).collect::<Vec<f64>>(), mib),
            attempts - ok - failed,
            requests as i64 - attempts as i64,
        );
    }
    println!(
        "Requests: counted by the server. Unseen: requests that the client sent again and does not report as a retry."
    );
    println!("Lost: calls without a line in the results. Twice: calls with more than one.");
}

fn all(run: &Run) -> impl Iterator<Item = &Value> {
    run.lines.values().flatten()
}

fn ok(run: &Run) -> usize {
    all(run).filter(|line| line["error"].is_null()).count()
}

fn failed(run: &Run) -> usize {
    all(run).count() - ok(run)
}

fn attempts(run: &Run) -> usize {
    all(run).filter_map(|line| line["attempts"].as_u64()).sum::<u64>() as usize
}

fn requests(run: &Run) -> usize {
    let requests = |report: &Report| report.measure("requests").map(|measure| measure.median() as usize);
    run.served.as_ref().and_then(requests).expect("the server counts its requests")
}

fn lost(run: &Run) -> usize {
    (0..LOAD.calls as u64).filter(|call| !run.lines.contains_key(call)).count()
}

fn twice(run: &Run) -> usize {
    run.lines.values().filter(|lines| lines.len() > 1).count()
}
