//! Reads a list line by line.

use std::io::{BufRead, Read};

use lab::lang::Text;
use lab::text;

/// Calls `each` with the lines that are not empty and their numbers, from 1, until it returns `false`. White space around a line is
/// removed.
pub fn each_line(
    mut list: impl BufRead,
    longest: usize,
    mut each: impl FnMut(usize, &[u8]) -> bool,
) -> Result<(), Text> {
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = (&mut list).take(longest as u64).read_until(b'\n', &mut bytes);
        if read.map_err(|e| Text::same(e.to_string()))? == 0 {
            break;
        }
        if bytes.len() == longest && !bytes.ends_with(b"\n") {
            let kib = longest / 1024;
            return Err(text!("{line}번째 줄이 {kib} KiB보다 깁니다.", "line {line} is longer than {kib} KiB."));
        }
        let bytes = bytes.trim_ascii();
        if !bytes.is_empty() && !each(line, bytes) {
            break;
        }
    }
    Ok(())
}
