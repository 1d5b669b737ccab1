//! Which line a thread is in. The process goes on meanwhile: what does not fit together is dropped.

use std::collections::HashMap;
use std::sync::Arc;

use super::line_table::line_at;
use super::runtime::Runtime;
use crate::memory::field;

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
    /// The module of a library that it has called, and in which the thread is.
    pub library: Option<Arc<str>>,
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

/// The module that a library's file belongs to: `requests` of `…/site-packages/requests/api.py`.
fn module_of(file: &str) -> Option<&str> {
    let packages = ["/site-packages/", "/dist-packages/"].iter().find_map(|folder| file.split_once(folder));
    let inside = packages.map(|(_, inside)| inside).or_else(|| {
        // `/usr/lib/python3.13/json/decoder.py`
        let (_, versioned) = file.rsplit_once("/python3")?;
        versioned.split_once('/').map(|(_, inside)| inside)
    })?;
    let first = inside.split('/').next()?;
    Some(first.strip_suffix(".py").unwrap_or(first)).filter(|module| !module.is_empty())
}

/// Whether it is a part of a function rather than one that could be called: `<genexpr>`, `<listcomp>`, `<lambda>`.
fn has_no_name(function: &str) -> bool {
    function.starts_with('<') && function != "<module>"
}

/// The frames of a thread so far, from the innermost outwards.
#[derive(Debug, Default)]
pub(super) struct Frames {
    innermost: Option<Line>,
    own: Option<Line>,
    library: Option<Arc<str>>,
    has_any: bool,
    /// An import has been reached: what is further outside does not matter.
    pub is_import: bool,
}

impl Frames {
    /// Whether the line of the next frame matters, which is in this file.
    pub fn needs(&mut self, file: &str) -> bool {
        self.is_import |= is_import(file);
        self.has_any = true;
        !self.is_import && self.own.as_ref().is_none_or(|own| has_no_name(&own.function))
    }

    /// Adds a frame that matters.
    pub fn add(&mut self, line: Line) {
        if let Some(own) = &mut self.own {
            // A generator expression is run by the function that it stands in, perhaps through a library's.
            if own.file == line.file {
                own.function = line.function;
            }
        } else if is_library(&line.file) {
            self.library = module_of(&line.file).map(Into::into);
            self.innermost.get_or_insert(line);
        } else {
            self.own = Some(Line { library: self.library.take(), ..line });
        }
    }

    /// What they say together.
    pub fn stack(self) -> Stack {
        Stack { line: self.own.or(self.innermost), is_starting: self.is_import || !self.has_any }
    }
}

/// Reads the stacks of one interpreter. Code objects are kept by their address, thread states by their thread.
#[derive(Debug, Default)]
pub struct StackReader {
    codes: HashMap<u64, Code>,
    threads: HashMap<u32, u64>,
}

impl StackReader {
    /// What the stack of a thread says; `None` if the interpreter does not know the thread, or nothing fits together.
    pub fn read(&mut self, runtime: &Runtime, tid: u32) -> Option<Stack> {
        let (memory, o) = (&runtime.memory, &runtime.offsets);
        let mut frame = memory.word(field(self.thread(runtime, tid)?, o.current_frame))?;
        let mut seen = Frames::default();
        for _ in 0..DEEPEST {
            if frame == 0 {
                break;
            }
            let owner = memory.bytes::<1>(field(frame, o.frame_owner))?[0];
            if owner < OWNED_BY_C {
                // The lowest bits of the reference are a tag.
                let code = self.code(runtime, memory.word(field(frame, o.frame_executable))? & !7)?;
                if seen.needs(&code.file) {
                    seen.add(line(runtime, frame, &code)?);
                }
                if seen.is_import {
                    break;
                }
            }
            frame = memory.word(field(frame, o.frame_previous))?;
        }
        Some(seen.stack())
    }

    /// The state of a thread. Known ones are checked: a state may have been given to another thread.
    fn thread(&mut self, runtime: &Runtime, tid: u32) -> Option<u64> {
        let (memory, o) = (&runtime.memory, &runtime.offsets);
        if let Some(at) = self.threads.get(&tid)
            && memory.word(field(*at, o.native_thread_id)) == Some(u64::from(tid))
        {
            return Some(*at);
        }
        self.threads.clear();
        let mut interpreter = memory.word(field(runtime.at, o.interpreters_head))?;
        while interpreter != 0 && self.threads.len() < MOST_THREADS {
            let mut thread = memory.word(field(interpreter, o.threads_head))?;
            while thread != 0 && self.threads.len() < MOST_THREADS {
                let native = memory.word(field(thread, o.native_thread_id))?;
                // A list that changes while it is walked can lead in a circle.
                if self.threads.insert(u32::try_from(native).ok()?, thread).is_some() {
                    break;
                }
                thread = memory.word(field(thread, o.thread_next))?;
            }
            let next = memory.word(field(interpreter, o.interpreter_next))?;
            if next == interpreter {
                break;
            }
            interpreter = next;
        }
        self.threads.get(&tid).copied()
    }

    fn code(&mut self, runtime: &Runtime, at: u64) -> Option<Code> {
        let (memory, o) = (&runtime.memory, &runtime.offsets);
        let (file, lines) = (memory.word(field(at, o.code_filename))?, memory.word(field(at, o.code_line_table))?);
        let key = [at, file, lines];
        if let Some(known) = self.codes.get(&at).filter(|code| code.key == key) {
            return Some(known.clone());
        }
        let code = Code {
            key,
            file: string(runtime, file)?,
            function: string(runtime, memory.word(field(at, o.code_name))?)?,
            first_line: memory.half(field(at, o.code_first_line))?,
            lines: table(runtime, lines)?,
        };
        self.codes.insert(at, code.clone());
        Some(code)
    }
}

fn line(runtime: &Runtime, frame: u64, code: &Code) -> Option<Line> {
    let instruction = runtime.memory.word(field(frame, runtime.offsets.frame_instruction))?;
    let start = field(code.key[0], runtime.offsets.code_bytecode);
    // A build without a GIL may run a copy of the bytecode that belongs to the thread; then only the function is known.
    let unit = instruction.checked_sub(start).map(|bytes| bytes / 2);
    let line = unit.and_then(|unit| line_at(&code.lines, code.first_line, unit)).unwrap_or(code.first_line);
    Some(Line { file: Arc::clone(&code.file), function: Arc::clone(&code.function), line, library: None })
}

/// A line table, which is a `bytes`.
fn table(runtime: &Runtime, bytes: u64) -> Option<Arc<[u8]>> {
    let o = &runtime.offsets;
    let size = runtime.memory.word(field(bytes, o.bytes_size)).filter(|size| *size < LONGEST)?;
    runtime.memory.many(field(bytes, o.bytes_value), usize::try_from(size).ok()?).map(Into::into)
}

/// A `str`: one, two or four bytes a character.
fn string(runtime: &Runtime, at: u64) -> Option<Arc<str>> {
    let (memory, o) = (&runtime.memory, &runtime.offsets);
    let length = memory.word(field(at, o.unicode_length)).filter(|length| *length < LONGEST)?;
    let (width, is_ascii) = form(memory.half(field(at, o.unicode_state))?)?;
    // Behind the head of other strings stand their UTF-8 form's pointer and length.
    let data = field(field(at, o.unicode_ascii_size), if is_ascii { 0 } else { 16 });
    let bytes = memory.many(data, usize::try_from(length).ok()? * width)?;
    let character = |one: &[u8]| {
        let code = one.iter().rev().fold(0, |code, byte| code << 8 | u32::from(*byte));
        char::from_u32(code)
    };
    bytes.chunks(width).map(character).collect::<Option<String>>().map(Into::into)
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
    fn words_that_are_no_addresses_lead_nowhere() {
        let words = [u64::MAX - 3; 64];
        let memory = crate::memory::Memory::of(std::process::id()).unwrap();
        let at = std::ptr::from_ref(&words) as u64;
        let runtime = Runtime { memory, offsets: super::super::offsets::Offsets::all(16), at };
        let mut reader = StackReader::default();
        assert_eq!(reader.read(&runtime, 1), None);
        for none in [u64::MAX - 3, u64::MAX - 16, 1 << 63, at] {
            assert!(reader.code(&runtime, none).is_none() && string(&runtime, none).is_none(), "{none:x}");
            assert!(table(&runtime, none).is_none(), "{none:x}");
        }
        assert!(runtime.gils().is_empty() && !runtime.is_collecting());
    }

    fn line(file: &str, function: &str, line: u32) -> Line {
        Line { file: file.into(), function: function.into(), line, library: None }
    }

    fn seen(frames: &[Line]) -> Line {
        let mut all = Frames::default();
        for frame in frames {
            if all.needs(&frame.file) {
                all.add(frame.clone());
            }
        }
        all.stack().line.unwrap()
    }

    #[test]
    fn a_generator_expression_belongs_to_the_function_that_runs_it() {
        let part = line("my.py", "<genexpr>", 5);
        let inner = line("my.py", "total", 4);
        let outer = line("my.py", "main", 9);
        assert_eq!(seen(&[part.clone(), inner.clone(), outer.clone()]), line("my.py", "total", 5));
        let nested = line("my.py", "<lambda>", 6);
        assert_eq!(seen(&[part.clone(), nested, outer.clone()]), line("my.py", "main", 5));
        let library = line("/usr/lib/python3.13/statistics.py", "fmean", 400);
        assert_eq!(seen(&[part.clone(), library, inner]), line("my.py", "total", 5));
        assert_eq!(seen(&[part.clone(), line("other.py", "run", 1)]), part, "who runs it is elsewhere");
        let module = line("my.py", "<module>", 1);
        assert_eq!(seen(&[module.clone(), outer]), module, "a module is what runs");
    }

    #[test]
    fn the_reader_looks_for_lines_of_the_program() {
        assert!(is_library("/usr/lib/python3.13/json/decoder.py") && is_library("<frozen runpy>"));
        assert!(!is_library("<string>") && !is_library("my_script.py") && !is_library("/home/me/lib/parse.py"));
        for (file, module) in [
            ("/usr/lib/python3.13/urllib/request.py", Some("urllib")),
            ("/usr/lib/python3.13/socket.py", Some("socket")),
            ("/venv/lib/python3.13/site-packages/requests/api.py", Some("requests")),
            ("/usr/lib/python3/dist-packages/six.py", Some("six")),
            ("<frozen runpy>", None),
        ] {
            assert_eq!(module_of(file), module, "{file}");
        }
        assert!(is_import("<frozen importlib._bootstrap_external>") && !is_import("<frozen runpy>"));
    }
}
