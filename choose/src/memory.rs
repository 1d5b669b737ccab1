//! Another process's memory, read through `/proc/PID/mem`: no stop, no ptrace, and no unsafe code, which process_vm_readv needs. The
//! kernel asks for the same rights for both.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The memory of a process.
#[derive(Debug)]
pub struct Memory(File);

impl Memory {
    /// Opens the memory of a process.
    pub fn of(pid: u32) -> io::Result<Memory> {
        File::open(format!("/proc/{pid}/mem")).map(Memory)
    }

    /// The bytes at an address; `None` where nothing is mapped, or the process has ended.
    pub fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact_at(&mut bytes, at).ok()?;
        Some(bytes)
    }

    /// So many bytes at an address.
    pub fn many(&self, at: u64, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.0.read_exact_at(&mut bytes, at).ok()?;
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
    }
}
