use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// A queue without room: every item is handed over from hand to hand.
pub fn run(read: Read, convert: Convert, mut write: Write, _bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(0);
    let (to_write, values) = channel::bounded(0);
    thread::scope(|scope| {
        scope.spawn(move || {
            for item in read {
                if to_convert.send(item).is_err() {
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
        converter.join().expect("no stage panics").map(|()| written)
    })
}
