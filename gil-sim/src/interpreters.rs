//! Which lock, and which rules of handing it over, a Python interpreter has: the one place where an interpreter becomes a
//! [`Version`] of the model or a [`Kind`] of the simulator.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::text;

use crate::sim::Kind;
use crate::vm::version::Version;

/// The newest minor version of CPython 3 whose lock is known here.
pub const NEWEST: u32 = 15;

/// The version whose rules an interpreter follows. The reason, if it is none that we know.
pub fn version_of(python: &Interpreter) -> Result<Version, Text> {
    let [major, minor, _] = python.version;
    match (python.implementation.as_str(), python.gil) {
        ("CPython", Some(gil)) => numbered(major, minor, gil).ok_or_else(|| {
            text!(
                "CPython {major}.{minor}의 락은 지원하지 않습니다(2.7과 3.0–3.{NEWEST}만 지원)",
                "the lock of CPython {major}.{minor} is not supported (2.7 and 3.0 to 3.{NEWEST} are)"
            )
        }),
        (_, None) => Err(python.why_no_gil().unwrap_or_default()),
        (name, Some(true)) => {
            Err(text!("{name}의 GIL은 CPython의 것과 다릅니다", "{name} has a GIL of its own, unlike CPython's"))
        }
        (name, Some(false)) => Err(text!("{name}에는 CPython의 락이 없습니다", "{name} has none of CPython's locks")),
    }
}

/// The lock that an interpreter has, for the simulator. The reason, if it is none that the simulator knows.
pub fn lock_of(python: &Interpreter) -> Result<Kind, Text> {
    version_of(python).map(lock_of_version)
}

/// The lock of a version as a scenario names it: "2.7", "3.14", and "free" for a build without a lock.
pub fn lock_named(name: &str) -> Option<Kind> {
    if name == "free" {
        return Some(Kind::Free);
    }
    let (major, minor) = name.split_once('.')?;
    numbered(major.parse().ok()?, minor.parse().ok()?, true).map(lock_of_version)
}

/// Sources: `docs/src/en/gil.md`. The protocols of 3.14 and 3.15 are those of 3.13.
fn numbered(major: u32, minor: u32, gil: bool) -> Option<Version> {
    Some(match (major, minor, gil) {
        (3, 13..=NEWEST, false) => Version::Free,
        (_, _, false) => return None,
        (2, 7, _) | (3, 0 | 1, _) => Version::Py2,
        (3, 2..=9, _) => Version::Py36,
        (3, 10, _) => Version::Py310,
        (3, 11 | 12, _) => Version::Py311,
        (3, 13..=NEWEST, _) => Version::Py313,
        _ => return None,
    })
}

fn lock_of_version(version: Version) -> Kind {
    match version {
        Version::Py2 => Kind::Ticks,
        Version::Py36 | Version::Py310 | Version::Py311 => Kind::Shared,
        Version::Py313 => Kind::Addressed,
        Version::Free => Kind::Free,
    }
}
