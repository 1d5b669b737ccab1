use std::thread;

use crossbeam::channel;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Tries again and again, instead of waiting.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let (to_convert, items) = channel::bounded(bound);
    let (to_write, values) = channel::bounded(bound);
    thread::scope(|scope| {
        scope.spawn(move || read.into_iter().all(|item| insist(&to_convert, item)));
        let converter = scope.spawn(move || {
            for item in items {
                if !insist(&to_write, convert(item)?) {
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

fn insist<T>(channel: &channel::Sender<T>, mut item: T) -> bool {
    loop {
        match channel.try_send(item) {
            Ok(()) => return true,
            Err(channel::TrySendError::Disconnected(_)) => return false,
            Err(channel::TrySendError::Full(back)) => item = back,
        }
        thread::yield_now();
    }
}
