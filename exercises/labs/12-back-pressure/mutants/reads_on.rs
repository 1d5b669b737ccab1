use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Reports the error, and reads all the rest first.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(bound);
    let (to_write, values) = channel::bounded(bound);
    thread::scope(|scope| {
        scope.spawn(move || {
            for item in read {
                if to_convert.send(item).is_err() {
                    break;
                }
            }
        });
        let converter = scope.spawn(move || {
            let mut outcome = Ok(());
            for item in items {
                match convert(item) {
                    Ok(value) if outcome.is_ok() => to_write.send(value).expect("the writer goes on to the end"),
                    Ok(_) => {}
                    Err(error) => outcome = outcome.and(Err(error)),
                }
            }
            outcome
        });
        let mut written = 0;
        for value in values {
            write(value);
            written += 1;
        }
        converter.join().expect("no stage panics").map(|()| written)
    })
}
