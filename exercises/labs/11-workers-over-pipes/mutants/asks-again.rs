//! When a worker dies, all that it ever had is given out again, also what it had answered.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Mutex;
use std::thread;

/// The standard input and the standard output of a worker process. Dropping the first tells the worker to end.
pub type Worker = (Box<dyn Write + Send>, Box<dyn Read + Send>);

/// Has all tasks done by `workers` processes and returns their answers in the order of the tasks.
/// `start` starts one more worker.
pub fn run(tasks: Vec<Vec<u8>>, workers: usize, start: &(dyn Fn() -> Worker + Sync)) -> Vec<Vec<u8>> {
    let answers = Mutex::new(vec![Vec::new(); tasks.len()]);
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..tasks.len()).collect());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| serve(&tasks, &waiting, &answers, start));
        }
    });
    answers.into_inner().unwrap()
}

/// One worker at a time, and a new one when it dies.
fn serve(
    tasks: &[Vec<u8>],
    waiting: &Mutex<VecDeque<usize>>,
    answers: &Mutex<Vec<Vec<u8>>>,
    start: &(dyn Fn() -> Worker + Sync),
) {
    let mut worker = start();
    let mut had = Vec::new();
    loop {
        // The lock is released at the end of this line: the others take tasks while this worker works.
        let Some(task) = waiting.lock().unwrap().pop_front() else { return };
        had.push(task);
        match ask(&mut worker, &tasks[task]) {
            Ok(answer) => answers.lock().unwrap()[task] = answer,
            Err(_) => {
                waiting.lock().unwrap().extend(had.drain(..));
                worker = start();
            }
        }
    }
}

fn ask((to, from): &mut Worker, task: &[u8]) -> io::Result<Vec<u8>> {
    to.write_all(&(task.len() as u32).to_be_bytes())?;
    to.write_all(task)?;
    to.flush()?;
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    from.read_exact(&mut answer)?;
    Ok(answer)
}
