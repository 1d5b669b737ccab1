//! Another process's memory, read through `/proc/PID/mem`: no stop, no ptrace, and no unsafe code, which process_vm_readv needs. The
//! kernel asks for the same rights for both.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// Memory is read in blocks of this size, which never reach into the next page.
const BLOCK: usize = 256;
/// So many blocks are kept, each for so long: the words of one structure are asked for one after another, and a system call for each
/// would be most of what a sample costs. Between two samples all of them grow too old.
const KEPT: usize = 16;
const FRESH: Duration = Duration::from_micros(200);

/// The memory of a process.
#[derive(Debug)]
pub struct Memory {
    file: File,
    kept: RefCell<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    blocks: Vec<Block>,
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    at: u64,
    read: Instant,
    bytes: [u8; BLOCK],
}

/// The address of a field. What was read of a process that goes on may be no address at all: then this is none either, and reading it
/// fails.
pub fn field(base: u64, offset: u64) -> u64 {
    base.wrapping_add(offset)
}

impl Memory {
    /// Opens the memory of a process.
    pub fn of(pid: u32) -> io::Result<Memory> {
        File::open(format!("/proc/{pid}/mem")).map(|file| Memory { file, kept: RefCell::default() })
    }

    /// The bytes at an address; `None` where nothing is mapped, or the process has ended.
    pub fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        let offset = (at % BLOCK as u64) as usize;
        if offset + N <= BLOCK {
            bytes.copy_from_slice(&self.block(at - offset as u64)?[offset..offset + N]);
        } else {
            self.file.read_exact_at(&mut bytes, at).ok()?;
        }
        Some(bytes)
    }

    /// So many bytes at an address.
    pub fn many(&self, at: u64, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.file.read_exact_at(&mut bytes, at).ok()?;
        Some(bytes)
    }

    /// A word of 64 bits.
    pub fn word(&self, at: u64) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes)
    }

    /// A word of 32 bits.
    pub fn half(&self, at: u64) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    /// A word of 32 bits as it is now, whatever was read just before.
    pub fn half_now(&self, at: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, at).ok()?;
        Some(u32::from_le_bytes(bytes))
    }

    fn block(&self, at: u64) -> Option<[u8; BLOCK]> {
        let now = Instant::now();
        let mut kept = self.kept.borrow_mut();
        let known = kept.blocks.iter().find(|block| block.at == at && now - block.read < FRESH);
        if let Some(known) = known {
            return Some(known.bytes);
        }
        let mut block = Block { at, read: now, bytes: [0; BLOCK] };
        self.file.read_exact_at(&mut block.bytes, at).ok()?;
        if kept.blocks.len() < KEPT {
            kept.blocks.push(block);
        } else {
            let next = kept.next;
            kept.blocks[next] = block;
            kept.next = (next + 1) % KEPT;
        }
        Some(block.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_memory_can_be_read() {
        let known: Box<[u64; 2]> = Box::new([0x0123_4567_89ab_cdef, 7]);
        let at = std::ptr::from_ref(&*known) as u64;
        let memory = Memory::of(std::process::id()).unwrap();
        assert_eq!(memory.word(at), Some(known[0]));
        assert_eq!(memory.half(at + 8), Some(7));
        assert_eq!(memory.many(at + 8, 8), Some(7_u64.to_le_bytes().to_vec()));
        assert_eq!(memory.word(8), None, "nothing is mapped at the beginning");
        for none in [u64::MAX, u64::MAX - 7, 1 << 63] {
            assert_eq!((memory.word(none), memory.half_now(none), memory.many(none, 8)), (None, None, None));
            assert_eq!(memory.word(field(none, 16)), None);
        }
    }

    #[test]
    fn what_is_kept_grows_old() {
        let place = std::sync::atomic::AtomicU64::new(1);
        let at = place.as_ptr() as u64;
        let memory = Memory::of(std::process::id()).unwrap();
        assert_eq!(memory.word(at), Some(1));
        place.store(2, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(memory.half_now(at), Some(2), "not what is kept");
        std::thread::sleep(FRESH);
        assert_eq!(memory.word(at), Some(2));
    }

    #[test]
    fn words_are_whole_wherever_they_begin() {
        let known: Vec<u8> = (0..4 * BLOCK).map(|n| n as u8).collect();
        let at = known.as_ptr() as u64;
        let memory = Memory::of(std::process::id()).unwrap();
        for n in 0..known.len() - 8 {
            let word = u64::from_le_bytes(known[n..n + 8].try_into().unwrap());
            assert_eq!(memory.word(at + n as u64), Some(word), "{n}");
        }
    }
}
