use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Keeps a sender: the converter waits for ever for one more item.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(bound);
    let (to_write, values) = channel::bounded(bound);
    thread::scope(|scope| {
        let sender = to_convert.clone();
        scope.spawn(move || {
            for item in read {
                if sender.send(item).is_err() {
                    break;
                }
            }
        });
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
        let ended = converter.join().expect("no stage panics");
        drop(to_convert);
        ended.map(|()| written)
    })
}
