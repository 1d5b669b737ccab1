//! The page's files. They are compiled in; a debug build reads them from the sources, so that whoever works on the page only reloads it.

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// A file by its path below `page/`: its type and its bytes. None if there was no such file when the program was compiled.
pub fn file(path: &str) -> Option<(&'static str, Vec<u8>)> {
    let (name, compiled) = FILES.iter().find(|(name, _)| *name == path)?;
    Some((kind(name)?, current(name, compiled).into_owned()))
}

/// The names of all files.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

fn current(name: &str, compiled: &'static [u8]) -> Cow<'static, [u8]> {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page").join(name);
    let read = || std::fs::read(source).ok();
    let changed = if cfg!(debug_assertions) { read() } else { None };
    changed.map_or(Cow::Borrowed(compiled), Cow::Owned)
}

/// The type of a file, by the end of its name.
fn kind(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_type_and_nothing_else_is_served() {
        assert!(names().any(|name| name == "index.html") && names().any(|name| name == "api.js"));
        assert!(names().all(|name| file(name).is_some()));
        for other in ["", "/index.html", "../Cargo.toml", "views/../api.js", "./api.js", "api.js\0", "views", "API.JS"]
        {
            assert_eq!(file(other), None, "{other}");
        }
    }
}
