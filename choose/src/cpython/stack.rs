//! Which line a thread is in. The process goes on meanwhile: what does not fit together is dropped.

use std::collections::HashMap;
use std::sync::Arc;

use super::Runtime;
use super::line_table::line_at;

/// More threads than this in one interpreter are not walked.
const MOST_THREADS: usize = 1024;
/// Frames that are walked, from the innermost.
const DEEPEST: usize = 64;
/// Longer names and tables are taken for torn data.
const LONGEST: u64 = 1 << 20;
/// Owners of a frame from this on are C code, which has no line.
const OWNED_BY_C: u8 = 3;

/// A line of Python.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// Its file, as the interpreter knows it.
    pub file: Arc<str>,
    /// The function that it is in.
    pub function: Arc<str>,
    /// Its number.
    pub line: u32,
}

/// What the stack of a thread says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// The innermost line that is no library's; else the innermost.
    pub line: Option<Line>,
    /// It is importing a module, or has not come to the program yet.
    pub is_starting: bool,
}

#[derive(Clone, Debug)]
struct Code {
    /// What must be the same for the address to still be the same code object.
    key: [u64; 3],
    file: Arc<str>,
    function: Arc<str>,
    first_line: u32,
    lines: Arc<[u8]>,
}

/// Code objects by their address, and thread states by their thread.
#[derive(Debug, Default)]
pub struct Codes {
    known: HashMap<u64, Code>,
    threads: HashMap<u32, u64>,
}

/// Whether code of this file belongs to the interpreter's own start and its imports.
fn is_import(file: &str) -> bool {
    ["<frozen importlib", "<frozen zipimport", "<frozen site", "<frozen getpath"]
        .iter()
        .any(|own| file.starts_with(own))
}

/// Whether a file is a library's: the reader looks for the line of the program that called it.
fn is_library(file: &str) -> bool {
    file.starts_with("<frozen") || file.contains("/lib/python3") || file.contains("/lib64/python3")
}

impl Runtime {
    /// What the stack of a thread says; `None` if the interpreter does not know the thread.
    pub fn stack(&mut self, tid: u32) -> Option<Stack> {
        let thread = self.thread(tid)?;
        let (at, o) = (self.memory.word(thread + self.offsets.current_frame)?, self.offsets);
        let mut frame = at;
        let mut innermost = None;
        let mut own = None;
        let mut is_starting = true;
        for _ in 0..DEEPEST {
            if frame == 0 {
                break;
            }
            let owner = self.memory.bytes::<1>(frame + o.frame_owner)?[0];
            if owner < OWNED_BY_C {
                let code = self.code(self.memory.word(frame + o.frame_executable)? & !7)?;
                if is_import(&code.file) {
                    return Some(Stack { line: own.or(innermost), is_starting: true });
                }
                is_starting = false;
                if own.is_none() && !is_library(&code.file) {
                    own = Some(self.line(frame, &code)?);
                } else if innermost.is_none() {
                    innermost = Some(self.line(frame, &code)?);
                }
            }
            frame = self.memory.word(frame + o.frame_previous)?;
        }
        Some(Stack { line: own.or(innermost), is_starting })
    }

    /// The state of a thread. Known ones are checked: a state may have been given to another thread.
    fn thread(&mut self, tid: u32) -> Option<u64> {
        let o = self.offsets;
        if let Some(at) = self.codes.threads.get(&tid)
            && self.memory.word(at + o.native_thread_id) == Some(u64::from(tid))
        {
            return Some(*at);
        }
        self.codes.threads.clear();
        let mut interpreter = self.memory.word(self.at + o.interpreters_head)?;
        while interpreter != 0 && self.codes.threads.len() < MOST_THREADS {
            let mut thread = self.memory.word(interpreter + o.threads_head)?;
            while thread != 0 && self.codes.threads.len() < MOST_THREADS {
                let native = self.memory.word(thread + o.native_thread_id)?;
                // A list that changes while it is walked can lead in a circle.
                if self.codes.threads.insert(u32::try_from(native).ok()?, thread).is_some() {
                    break;
                }
                thread = self.memory.word(thread + o.thread_next)?;
            }
            interpreter = self.memory.word(interpreter + o.interpreter_next)?;
        }
        self.codes.threads.get(&tid).copied()
    }

    fn line(&self, frame: u64, code: &Code) -> Option<Line> {
        let instruction = self.memory.word(frame + self.offsets.frame_instruction)?;
        let start = code.key[0] + self.offsets.code_bytecode;
        // A build without a GIL may run a copy of the bytecode that belongs to the thread; then only the function is known.
        let unit = instruction.checked_sub(start).map(|bytes| bytes / 2);
        let line = unit.and_then(|unit| line_at(&code.lines, code.first_line, unit)).unwrap_or(code.first_line);
        Some(Line { file: Arc::clone(&code.file), function: Arc::clone(&code.function), line })
    }

    fn code(&mut self, at: u64) -> Option<Code> {
        let (memory, o) = (&self.memory, &self.offsets);
        let (file, lines) = (memory.word(at + o.code_filename)?, memory.word(at + o.code_line_table)?);
        let key = [at, file, lines];
        if let Some(known) = self.codes.known.get(&at).filter(|code| code.key == key) {
            return Some(known.clone());
        }
        let code = Code {
            key,
            file: self.string(file)?,
            function: self.string(memory.word(at + o.code_name)?)?,
            first_line: memory.half(at + o.code_first_line)?,
            lines: self.table(lines)?,
        };
        self.codes.known.insert(at, code.clone());
        Some(code)
    }

    fn table(&self, bytes: u64) -> Option<Arc<[u8]>> {
        let o = &self.offsets;
        let size = self.memory.word(bytes + o.bytes_size).filter(|size| *size < LONGEST)?;
        self.memory.many(bytes + o.bytes_value, usize::try_from(size).ok()?).map(Into::into)
    }

    /// A `str`: one, two or four bytes a character.
    fn string(&self, at: u64) -> Option<Arc<str>> {
        let o = &self.offsets;
        let length = self.memory.word(at + o.unicode_length).filter(|length| *length < LONGEST)?;
        let (width, is_ascii) = form(self.memory.half(at + o.unicode_state)?)?;
        // Behind the head of other strings stand their UTF-8 form's pointer and length.
        let data = at + o.unicode_ascii_size + if is_ascii { 0 } else { 16 };
        let bytes = self.memory.many(data, usize::try_from(length).ok()? * width)?;
        let character = |one: &[u8]| {
            let code = one.iter().rev().fold(0, |code, byte| code << 8 | u32::from(*byte));
            char::from_u32(code)
        };
        bytes.chunks(width).map(character).collect::<Option<String>>().map(Into::into)
    }
}

/// The width of a character and whether all are ASCII, from the bit field `state`: interned, kind (3 bits), compact, ascii. How many
/// bits `interned` has differs between versions; a string's name and file are never empty, so a kind of 0 is the wrong place.
fn form(state: u32) -> Option<(usize, bool)> {
    [2, 8, 16].into_iter().find_map(|shift| {
        let (kind, compact, ascii) = (state >> shift & 7, state >> (shift + 3) & 1, state >> (shift + 4) & 1);
        (matches!(kind, 1 | 2 | 4) && compact == 1 && (ascii == 0 || kind == 1)).then_some((kind as usize, ascii == 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_string_is_found_whatever_the_width_of_interned() {
        for shift in [2, 8, 16] {
            for interned in 0..4 {
                let state = |kind: u32, ascii: u32| interned | kind << shift | 1 << (shift + 3) | ascii << (shift + 4);
                assert_eq!(form(state(1, 1)), Some((1, true)), "{shift} {interned}");
                assert_eq!(form(state(1, 0)), Some((1, false)));
                assert_eq!(form(state(2, 0)), Some((2, false)));
                assert_eq!(form(state(4, 0)), Some((4, false)));
            }
        }
        assert_eq!(form(0), None);
    }

    #[test]
    fn the_reader_looks_for_lines_of_the_program() {
        assert!(is_library("/usr/lib/python3.13/json/decoder.py") && is_library("<frozen runpy>"));
        assert!(!is_library("<string>") && !is_library("my_script.py") && !is_library("/home/me/lib/parse.py"));
        assert!(is_import("<frozen importlib._bootstrap_external>") && !is_import("<frozen runpy>"));
    }
}
