//! A pipeline with back-pressure: three stages, and a bounded queue between two of them.

use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Reads, converts and writes every item: three stages on three threads, with a queue of at most `bound` items between
/// two of them. Returns how many values were written, or the first error.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(bound);
    let (to_write, values) = channel::bounded(bound);
    thread::scope(|scope| {
        scope.spawn(move || {
            for item in read {
                // The converter has ended, with an error: nobody wants the rest.
                if to_convert.send(item).is_err() {
                    break;
                }
            }
        });
        // Each end of a channel moves into the thread that uses it, and is dropped with it: that is how its neighbour
        // learns that it has ended.
        let converter = scope.spawn(move || {
            for item in items {
                if to_write.send(convert(item)?).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut written = 0;
        for value in values {
            write(value);
            written += 1;
        }
        converter.join().expect("no stage panics").map(|()| written)
    })
}
