use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Leaves out an item that cannot be converted, and goes on.
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
        scope.spawn(move || {
            for value in items.into_iter().flat_map(convert) {
                if to_write.send(value).is_err() {
                    break;
                }
            }
        });
        let mut written = 0;
        for value in values {
            write(value);
            written += 1;
        }
        Ok(written)
    })
}
