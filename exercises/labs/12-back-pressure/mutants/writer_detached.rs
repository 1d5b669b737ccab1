use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Returns when everything is converted, while the writer is still at it.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(bound);
    let (to_write, values) = channel::bounded(bound);
    thread::spawn(move || {
        for item in read {
            if to_convert.send(item).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || values.into_iter().for_each(&mut write));
    let mut converted = 0;
    for item in items {
        if to_write.send(convert(item)?).is_err() {
            break;
        }
        converted += 1;
    }
    Ok(converted)
}
