//! Hand-overs: a sleep and a wait for I/O, native code that releases the lock, and native code that keeps it.

use std::io::{self, PipeReader, Read, Write};
use std::thread;
use std::time::Duration;

use lab::lang::Text;
use lab::trace::Recorder;
use lab::trace::Trace;
use lab::{Error, Result, text};

use super::race::together;
use crate::ThreadId;
use crate::vm::code::Program;
use crate::vm::heap::{Counting, Heap};
use crate::vm::programs;
use crate::vm::run::Interpreter;
use crate::vm::version::Version;

/// How often a thread sleeps, reads, or calls native code.
const TIMES: i64 = 3;
/// How long a sleep or a wait takes.
const WAIT: Duration = Duration::from_millis(20);
/// Iterations of the loop in native code: some ten milliseconds.
const NATIVE: i64 = 10_000_000;
/// Iterations of the article's loop while others sleep.
const COUNT: i64 = 2_000_000;

/// A sleeper, a reader and a thread that computes; then two threads in native code that lets go; then two that keep the lock.
pub fn all(interval: Duration) -> Result<Vec<Trace>> {
    let version = Version::Py313;
    let (reader, mut writer) = io::pipe()?;
    // The peer. The pipe buffers its bytes, so it never blocks.
    let peer = thread::Builder::new().spawn(move || {
        for _ in 0..TIMES {
            thread::sleep(WAIT);
            writer.write_all(b".")?;
        }
        io::Result::Ok(())
    });
    let peer = peer.map_err(|e| Error::no_thread(&e))?;
    let wait = move || read_one(&reader);
    let waits = [
        (text!("sleep", "sleep"), programs::calls(programs::sleep(), WAIT.as_millis() as i64), TIMES),
        (text!("read", "read"), programs::calls(programs::read(wait), 1), TIMES),
        (text!("count += i", "count += i"), programs::article(), COUNT),
    ];
    let waiting =
        picture(text!("기다리는 동안 GIL을 해제", "a thread that waits releases the GIL"), &waits, version, interval)?;
    peer.join().expect("the peer does not panic")?;
    let native = |lets_go| {
        let program = programs::calls(programs::native(lets_go), NATIVE);
        [0, 1].map(|n| (text!("스레드 {n}", "Thread {n}"), program.clone(), TIMES))
    };
    let lets_go = text!("GIL을 해제하는 네이티브 코드", "native code that releases the GIL");
    let keeps = text!("GIL을 쥔 채 실행되는 네이티브 코드", "native code that holds the GIL");
    Ok(vec![
        waiting,
        picture(lets_go, &native(true), version, interval)?,
        picture(keeps, &native(false), version, interval)?,
    ])
}

/// Runs one thread for each program, all under one lock of this version.
pub fn picture(title: Text, lives: &[(Text, Program, i64)], version: Version, interval: Duration) -> Result<Trace> {
    let (recorder, lock) = (Recorder::new(), version.lock(interval));
    let lanes: Vec<_> = lives.iter().map(|(name, ..)| std::sync::Mutex::new(recorder.lane(name.clone()))).collect();
    together(lives.len(), |n| {
        let (_, program, iterations) = &lives[n];
        let heap = Heap::of(program, Counting::Plain);
        let mut lane = lanes[n].lock().expect("each thread has its own lane");
        let interpreter = Interpreter { program, heap: &heap, lock: &*lock, version };
        interpreter.run(ThreadId(n as u64 + 1), *iterations, &mut *lane);
    })?;
    drop(lanes);
    Ok(recorder.finish(title))
}

/// Waits for one byte. A broken pipe ends the wait too, which the drawing shows.
fn read_one(mut reader: &PipeReader) {
    let _ = reader.read_exact(&mut [0]);
}
