//! Many calls at once without faults: how far each client is from the ideal.

use crate::client::Client;
use crate::run::{Load, Run};
use crate::stats::{median, mib, percent, seconds, spread};

const LOAD: Load = Load { calls: 10_000, concurrency: 1000, delay: 0.05, timeout: 10.0, faults: "" };

pub fn show(clients: &[Client], rounds: usize) {
    let mut runs: Vec<Vec<Run>> = clients.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (client, runs) in clients.iter().zip(&mut runs) {
            runs.push(Run::of(client, &LOAD));
        }
    }
    let Load { calls, concurrency, delay, .. } = LOAD;
    println!(
        "\n{calls} calls, {concurrency} at once, answered after {}; ideal {}; medians of {rounds} rounds",
        seconds(delay),
        seconds(LOAD.ideal())
    );
    println!(
        "{:<18}{:<32}{:<26}{:<26}{:<12}{:<12}{:<12}{:<10}{:<8}",
        "client", "wall", "× ideal", "× raw sockets", "memory", "CPU", "server CPU", "others", "failed"
    );
    let floor = clients.iter().position(|client| *client == Client::Floor);
    for (client, theirs) in clients.iter().zip(&runs) {
        let walls: Vec<f64> = theirs.iter().map(|run| run.wall).collect();
        let ratios = |to: &dyn Fn(usize) -> f64| -> Vec<f64> {
            walls.iter().enumerate().map(|(round, wall)| wall / to(round)).collect()
        };
        let known = |value: fn(&Run) -> Option<f64>, show: fn(f64) -> String| {
            median(&theirs.iter().filter_map(value).collect::<Vec<f64>>()).map_or_else(|| "-".to_owned(), show)
        };
        let to_floor = floor.map(|floor| ratios(&|round| runs[floor][round].wall)).unwrap_or_default();
        let failed: usize = theirs.iter().map(|run| LOAD.calls - run.ok.min(LOAD.calls)).sum();
        println!(
            "{:<18}{:<32}{:<26}{:<26}{:<12}{:<12}{:<12}{:<10}{failed:<8}",
            client.name(),
            spread(&walls, seconds),
            spread(&ratios(&|_| LOAD.ideal()), |ratio| format!("{ratio:.2}")),
            spread(&to_floor, |ratio| format!("{ratio:.2}")),
            known(|run| run.memory, mib),
            known(|run| run.cpu, seconds),
            known(|run| Some(run.server_cpu? / run.wall), percent),
            known(|run| run.others, percent),
        );
    }
    println!(
        "CPU: CPU time with the start of the process. Server CPU: of one core, in the client's wall time. Others: of the machine."
    );
}
