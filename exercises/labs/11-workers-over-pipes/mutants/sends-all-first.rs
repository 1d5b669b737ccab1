//! All tasks are sent, and then the answers are read: as soon as they are larger than a pipe, both sides wait for ever.

use std::io::{self, Read, Write};

pub type Worker = (Box<dyn Write + Send>, Box<dyn Read + Send>);

pub fn run(tasks: Vec<Vec<u8>>, workers: usize, start: &(dyn Fn() -> Worker + Sync)) -> Vec<Vec<u8>> {
    let mut started: Vec<Worker> = (0..workers).map(|_| start()).collect();
    for (number, task) in tasks.iter().enumerate() {
        let _ = send(&mut started[number % workers].0, task);
    }
    let mut answers = Vec::new();
    for number in 0..tasks.len() {
        let worker = &mut started[number % workers];
        answers.push(receive(&mut worker.1).unwrap_or_else(|_| {
            *worker = start();
            for task in tasks[number..].iter().step_by(workers) {
                let _ = send(&mut worker.0, task);
            }
            receive(&mut worker.1).unwrap_or_default()
        }));
    }
    answers
}

fn send(to: &mut dyn Write, task: &[u8]) -> io::Result<()> {
    to.write_all(&(task.len() as u32).to_be_bytes())?;
    to.write_all(task)?;
    to.flush()
}

fn receive(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    from.read_exact(&mut answer)?;
    Ok(answer)
}
