//! Where in a program or a library a section is: the few fields of ELF that lead there. 64-bit, little-endian.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// The address of a section, relative to where the beginning of the file is mapped. `None` if the file has no such section.
pub fn section(file: &File, name: &str) -> Option<u64> {
    let head: [u8; 64] = read(file, 0)?;
    // Magic number, 64 bits, little-endian.
    if head[..6] != *b"\x7fELF\x02\x01" {
        return None;
    }
    let (sections, size, count) = (u64_at(&head, 0x28), u16_at(&head, 0x3a), u16_at(&head, 0x3c));
    let header = |n: u16| read::<64>(file, sections.wrapping_add(u64::from(n) * u64::from(size)));
    let names = u64_at(&header(u16_at(&head, 0x3e))?, 24);
    let is_named = |one: &[u8; 64]| {
        let mut found = vec![0; name.len() + 1];
        let at = names.wrapping_add(u64::from(u32_at(one, 0)));
        file.read_exact_at(&mut found, at).is_ok() && found.strip_suffix(b"\0") == Some(name.as_bytes())
    };
    let section = (0..count).filter_map(header).find(is_named)?;
    u64_at(&section, 16).checked_sub(first_address(file, &head)?)
}

/// The address for which the segment with the beginning of the file was linked.
fn first_address(file: &File, head: &[u8; 64]) -> Option<u64> {
    const LOAD: u32 = 1;
    let (segments, size, count) = (u64_at(head, 0x20), u16_at(head, 0x36), u16_at(head, 0x38));
    let segment = |n: u16| read::<56>(file, segments.wrapping_add(u64::from(n) * u64::from(size)));
    let first = (0..count).filter_map(segment).find(|one| u32_at(one, 0) == LOAD && u64_at(one, 8) == 0)?;
    Some(u64_at(&first, 16))
}

fn read<const N: usize>(file: &File, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact_at(&mut bytes, at).ok()?;
    Some(bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_leads_nowhere_is_no_panic() {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, b"\x7fELF\x02\x01").unwrap();
        std::io::Write::write_all(&mut file, &[0xff; 1000]).unwrap();
        assert_eq!((section(&file, ".text"), first_address(&file, &[0xff; 64])), (None, None));
    }

    #[test]
    fn our_own_program_has_code_and_no_python() {
        let program = File::open("/proc/self/exe").unwrap();
        assert!(section(&program, ".text").is_some_and(|at| at > 0));
        assert_eq!(section(&program, ".PyRuntime"), None);
        assert_eq!(section(&program, ".tex"), None, "the whole name counts");
        assert_eq!(section(&File::open("/proc/self/status").unwrap(), ".text"), None);
    }
}
