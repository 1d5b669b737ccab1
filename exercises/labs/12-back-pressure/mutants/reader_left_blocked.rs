use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Returns the error at once. The reader still waits for room in a queue that nobody empties.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(bound);
    let (to_write, values) = channel::bounded(bound);
    let kept = items.clone();
    thread::spawn(move || {
        for item in read {
            if to_convert.send(item).is_err() {
                break;
            }
        }
        drop(kept);
    });
    let writer = thread::spawn(move || {
        let mut written = 0;
        for value in values {
            write(value);
            written += 1;
        }
        written
    });
    let mut outcome = Ok(());
    for item in items {
        match convert(item) {
            Ok(value) => to_write.send(value).expect("the writer goes on to the end"),
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    drop(to_write);
    let written = writer.join().expect("no stage panics");
    outcome.map(|()| written)
}
