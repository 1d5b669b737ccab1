//! A model that every worker loads once: `cargo run -p process-pool --example initializer`

use std::collections::HashMap;
use std::sync::OnceLock;

use process_pool::{Failure, Pool, task};

/// The weights of words: above 0 stands for spam. Each worker has its own, and keeps them from task to task.
static MODEL: OnceLock<HashMap<String, f64>> = OnceLock::new();

task! {
    /// The initializer. If it panics, no task is run with a model that is missing: they fail, with this as the reason.
    static LOAD: fn(String) -> () = |file| {
        let entries = file.lines().filter_map(|line| line.split_once(' '));
        let model = entries.map(|(word, weight)| (word.to_owned(), weight.parse().expect("a weight"))).collect();
        MODEL.set(model).expect("an initializer runs once in each worker");
    };
    static IS_SPAM: fn(String) -> bool = |mail| {
        let model = MODEL.get().expect("the initializer has run");
        mail.split(' ').filter_map(|word| model.get(word)).sum::<f64>() > 0.0
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    let file = "winner 2.5\nfree 1.2\nmeeting -2.0\nagenda -1.5\n";
    // A worker that replaces a dead or recycled one loads the model, too.
    let pool = Pool::builder().workers(2).initializer(&LOAD, &file.to_owned()).max_tasks_per_worker(2).build()?;

    let mails = ["you are a winner", "agenda for the meeting", "a free agenda", "free tickets", "see you"];
    let is_spam: Vec<bool> =
        pool.map(&IS_SPAM, mails.map(str::to_owned)).into_iter().collect::<Result<_, Failure>>()?;

    let spam: Vec<&str> =
        mails.into_iter().zip(is_spam).filter(|(_, is_spam)| *is_spam).map(|(mail, _)| mail).collect();
    println!("spam: {spam:?}");
    Ok(())
}
