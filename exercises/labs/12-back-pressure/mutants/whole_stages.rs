use std::thread;

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Each stage has a thread, and waits until the stage before has finished everything.
pub fn run(read: Read, convert: Convert, mut write: Write, _bound: usize) -> Result<usize, String> {
    let items: Vec<u32> = thread::spawn(move || read.collect()).join().expect("no stage panics");
    let values = thread::spawn(move || items.into_iter().map(convert).collect::<Result<Vec<u64>, String>>());
    let values = values.join().expect("no stage panics")?;
    let writer = thread::spawn(move || {
        let written = values.len();
        values.into_iter().for_each(&mut write);
        written
    });
    Ok(writer.join().expect("no stage panics"))
}
