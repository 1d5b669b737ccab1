//! `_Py_DebugOffsets`: at the beginning of the section `.PyRuntime`, the interpreter lists where the fields of its structures are. The
//! list itself differs between minor versions, and is fixed within one (Include/internal/pycore_debug_offsets.h).

use crate::memory::Memory;

/// The first eight bytes.
const COOKIE: [u8; 8] = *b"xdebugpy";
/// Words that are read behind the cookie; all fields that are used are among them.
const WORDS: usize = 96;

/// The field offsets of one interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offsets {
    pub minor: u8,
    pub free_threaded: bool,
    pub interpreters_head: u64,
    pub interpreter_next: u64,
    pub threads_head: u64,
    /// The pointer to the GIL that this interpreter uses.
    pub ceval_gil: u64,
    /// From the beginning of a GIL to its fields.
    pub gil_locked: u64,
    pub gil_holder: u64,
    pub thread_next: u64,
    pub current_frame: u64,
    pub native_thread_id: u64,
    pub frame_previous: u64,
    pub frame_executable: u64,
    pub frame_instruction: u64,
    pub frame_owner: u64,
    pub code_filename: u64,
    pub code_name: u64,
    pub code_line_table: u64,
    pub code_first_line: u64,
    pub code_bytecode: u64,
    pub bytes_size: u64,
    pub bytes_value: u64,
    pub unicode_state: u64,
    pub unicode_length: u64,
    pub unicode_ascii_size: u64,
    /// From the beginning of an interpreter to the flag that says whether its garbage collector runs.
    pub collecting: u64,
}

/// Why there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No table there, or memory that may not be read.
    NoTable,
    /// A version whose list is not known here.
    Version(u8, u8),
}

/// The newest version whose list is known.
pub const NEWEST: u8 = 15;

/// Places in the list, in words behind the cookie, of the fields of [`Offsets`] from `ceval_gil` on.
const PLACES: [(u8, [usize; 24]); 3] = [
    (13, [13, 14, 16, 17, 20, 22, 24, 28, 29, 30, 32, 34, 35, 37, 38, 42, 64, 65, 67, 68, 69, 8, 9, 71]),
    (14, [14, 15, 17, 18, 23, 25, 27, 31, 32, 33, 35, 39, 40, 42, 43, 47, 74, 75, 77, 78, 79, 8, 10, 81]),
    (15, [14, 15, 17, 18, 23, 25, 30, 39, 40, 41, 43, 47, 48, 50, 51, 55, 86, 87, 89, 90, 91, 8, 10, 93]),
];

impl Offsets {
    /// Reads the list at the beginning of an interpreter's `.PyRuntime`.
    pub fn read(memory: &Memory, runtime: u64) -> Result<Offsets, Missing> {
        let bytes: [u8; 8 * (WORDS + 1)] = memory.bytes(runtime).ok_or(Missing::NoTable)?;
        Offsets::parse(&bytes)
    }

    /// All fields at the same place.
    #[cfg(test)]
    pub(super) fn all(place: u64) -> Offsets {
        let words = (0..WORDS).map(|n| if n == 0 { 0x030d_00f0 } else { place });
        let bytes: Vec<u8> = COOKIE.into_iter().chain(words.flat_map(u64::to_le_bytes)).collect();
        Offsets::parse(&bytes).expect("it is a list")
    }

    fn parse(bytes: &[u8]) -> Result<Offsets, Missing> {
        if bytes[..8] != COOKIE {
            return Err(Missing::NoTable);
        }
        let word = |n: usize| u64::from_le_bytes(bytes[8 * n + 8..8 * n + 16].try_into().expect("eight bytes"));
        let [_, _, minor, major, ..] = word(0).to_le_bytes();
        let known = PLACES.iter().find(|(known, _)| major == 3 && *known == minor);
        let (_, places) = known.ok_or(Missing::Version(major, minor))?;
        let [ceval_gil, gil, locked, holder, thread_next, current_frame, native_thread_id, rest @ ..] =
            places.map(word);
        let [previous, executable, instruction, owner, filename, name, line_table, first_line, bytecode, rest @ ..] =
            rest;
        let [bytes_size, bytes_value, unicode_state, unicode_length, unicode_ascii_size, rest @ ..] = rest;
        let [threads_head, gc, collecting] = rest;
        Ok(Offsets {
            minor,
            free_threaded: word(1) != 0,
            interpreters_head: word(4),
            interpreter_next: word(7),
            threads_head,
            ceval_gil,
            gil_locked: locked.checked_sub(gil).ok_or(Missing::NoTable)?,
            gil_holder: holder.checked_sub(gil).ok_or(Missing::NoTable)?,
            thread_next,
            current_frame,
            native_thread_id,
            frame_previous: previous,
            frame_executable: executable,
            frame_instruction: instruction,
            frame_owner: owner,
            code_filename: filename,
            code_name: name,
            code_line_table: line_table,
            code_first_line: first_line,
            code_bytecode: bytecode,
            bytes_size,
            bytes_value,
            unicode_state,
            unicode_length,
            unicode_ascii_size,
            collecting: gc.wrapping_add(collecting),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list in which each word is its own place.
    fn list(version: u64) -> Vec<u8> {
        let words = (0..WORDS as u64).map(|n| if n == 0 { version } else { n });
        COOKIE.into_iter().chain(words.flat_map(u64::to_le_bytes)).collect()
    }

    #[test]
    fn fields_are_read_from_the_places_of_their_version() {
        let of = |version| Offsets::parse(&list(version)).unwrap();
        let (old, new) = (of(0x030d_00f0), of(0x030f_00f0));
        assert_eq!((old.minor, old.native_thread_id, old.gil_locked, old.gil_holder), (13, 24, 2, 3));
        assert_eq!((new.minor, new.native_thread_id, new.gil_locked, new.unicode_ascii_size), (15, 30, 2, 91));
        assert_eq!((old.threads_head, new.code_bytecode), (8, 55));
        assert_eq!((old.collecting, new.collecting), (9 + 71, 10 + 93));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(Offsets::parse(&list(0x0310_00f0)), Err(Missing::Version(3, 16)));
        let mut other = list(0x030d_00f0);
        other[0] = b'y';
        assert_eq!(Offsets::parse(&other), Err(Missing::NoTable));
    }
}
