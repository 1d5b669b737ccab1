//! Which interpreter a process is, and where it publishes its offsets.

use std::fs::{self, File};

use super::offsets::{Missing, NEWEST, Offsets};
use super::runtime::Runtime;
use super::view::View;
use crate::elf;
use crate::memory::{Memory, field};

/// What a process runs, as far as its mapped files tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CPython 3 of this minor version. Its GIL and its frames can be seen only with a [`View`].
    CPython(u8),
    /// PyPy.
    PyPy,
    /// No Python that is known here.
    Other,
}

/// Which interpreter a process is, with a view of its inside if it publishes one that can be read.
pub fn find(pid: u32) -> (Kind, Option<View>) {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let mut kind = Kind::Other;
    for (start, path) in beginnings(&maps) {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.contains("pypy") {
            return (Kind::PyPy, None);
        }
        let Some(minor) = minor_version(name) else { continue };
        kind = Kind::CPython(minor.unwrap_or(0));
        // Below `root` the path is the one that the process sees, also in a namespace of its own.
        let Ok(file) = File::open(format!("/proc/{pid}/root{path}")) else { continue };
        let Some(section) = elf::section(&file, ".PyRuntime") else {
            continue;
        };
        let Ok(memory) = Memory::of(pid) else { continue };
        match Offsets::read(&memory, field(start, section)) {
            Ok(offsets) => {
                let at = field(start, section);
                let runtime = Runtime { memory, offsets, at };
                return (Kind::CPython(runtime.version().0), Some(View::published(runtime)));
            }
            Err(Missing::Version(_, minor)) if minor > NEWEST => kind = Kind::CPython(minor),
            Err(_) => {}
        }
    }
    (kind, None)
}

/// The files whose beginning is mapped, and where; each once.
fn beginnings(maps: &str) -> impl Iterator<Item = (u64, &str)> {
    let mut last = "";
    maps.lines().filter_map(move |line| {
        let path = &line[line.find('/')?..];
        let mut fields = line.split_whitespace();
        let (range, offset) = (fields.next()?, fields.nth(1)?);
        let is_new = path != last && offset.bytes().all(|c| c == b'0');
        last = path;
        let start = u64::from_str_radix(range.split('-').next()?, 16).ok()?;
        is_new.then_some((start, path))
    })
}

/// The minor version in the name of an interpreter or its library: `python3.13`, `libpython3.14t.so.1.0`. `Some(None)` if the name
/// has none: `python3`, `python`.
fn minor_version(name: &str) -> Option<Option<u8>> {
    let rest = name.strip_prefix("lib").unwrap_or(name).strip_prefix("python")?;
    let minor = rest.strip_prefix("3.").map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    let is_program = rest.is_empty() || rest == "3" || minor.as_ref().is_some_and(|digits| !digits.is_empty());
    is_program.then(|| minor.and_then(|digits| digits.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_known_by_their_files() {
        for (name, minor) in [
            ("python3.13", Some(Some(13))),
            ("libpython3.14t.so.1.0", Some(Some(14))),
            ("libpython3.9.so.1.0", Some(Some(9))),
            ("python3", Some(None)),
            ("python", Some(None)),
            ("pythonish", None),
            ("libpython.so", None),
            ("_struct.cpython-313-x86_64-linux-gnu.so", None),
            ("bash", None),
        ] {
            assert_eq!(minor_version(name), minor, "{name}");
        }
    }

    #[test]
    fn a_file_counts_once_and_where_its_beginning_is() {
        let maps = "\
55d0-55d1 r--p 00000000 fe:00 7 /usr/bin/python3
55d1-55d2 r-xp 00001000 fe:00 7 /usr/bin/python3
7f00-7f01 rw-p 00000000 00:00 0
7f01-7f02 r--p 00001000 fe:00 8 /lib/b
7f03-7f04 r--p 00000000 fe:00 9 /lib/c d
";
        let found: Vec<_> = beginnings(maps).collect();
        assert_eq!(found, [(0x55d0, "/usr/bin/python3"), (0x7f03, "/lib/c d")]);
    }

    #[test]
    fn this_program_is_no_python() {
        assert_eq!(find(std::process::id()).0, Kind::Other);
    }
}
