//! Lists of URLs, one per line.

use std::io::BufRead;

use lab::lang::Text;
use lab::text;

use super::lines::each_line;
use super::listed::{Listed, Unusable};
use crate::experiments::fetch::target::Target;

/// Maximum length of a line.
const LONGEST_LINE: usize = 64 * 1024;

/// Calls `each` for the URLs of a list, in order, until it returns `false`. Empty lines and lines that begin with `#` are ignored.
pub fn read(list: impl BufRead, mut each: impl FnMut(Listed) -> bool) -> Result<(), Text> {
    each_line(list, LONGEST_LINE, |line, bytes| bytes.starts_with(b"#") || each(listed(line, bytes)))
}

fn listed(line: usize, bytes: &[u8]) -> Listed {
    let url = String::from_utf8_lossy(bytes).into_owned();
    let target = match std::str::from_utf8(bytes) {
        Ok(url) => Target::read(url),
        Err(_) => Err(text!("UTF-8이 아닙니다.", "it is not UTF-8.")),
    };
    Listed { line, url, target: target.map_err(Unusable::Address), request: None, checksum: None }
}
