//! The modules of the page as one classic script. They use few forms of `import` and `export`, and anything else is an error, not a guess:
//!
//! ```js
//! import { a, b } from "./x.js";
//! import * as x from "../x.js";
//! export function f() {}
//! export const C = 1;
//! export class D {}
//! ```
//!
//! Each module becomes a function that is called once, in the order of the imports, and returns what it exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use lab::{Error, Result, text};

/// A line of a module that imports.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    /// What stands before `=`: `{ a, b }` or `x`.
    names: String,
    /// The path below the page.
    from: String,
}

#[derive(Debug)]
struct Module {
    imports: Vec<Import>,
    exports: Vec<String>,
    body: String,
}

/// The script of a page that begins with `entry`. `sources` has all modules by their paths.
pub fn bundle(entry: &str, sources: &BTreeMap<&str, String>) -> Result<String> {
    let mut modules = BTreeMap::new();
    let mut order = Vec::new();
    visit(entry, sources, &mut modules, &mut order, &mut BTreeSet::new())?;
    let mut script = String::from("\"use strict\";\n(() => {\n");
    let number = |path: &str| order.iter().position(|other| other == path).expect("it was visited");
    for (n, path) in order.iter().enumerate() {
        let module: &Module = &modules[path];
        let _ = writeln!(script, "// {path}\nconst module{n} = (() => {{");
        for Import { names, from } in &module.imports {
            let _ = writeln!(script, "const {names} = module{};", number(from));
        }
        let _ = writeln!(script, "{}return {{ {} }};\n}})();", module.body, module.exports.join(", "));
    }
    script.push_str("})();\n");
    Ok(script)
}

fn wrong(path: &str, what: &str) -> Error {
    Error::failed(text!(
        "{path}: 한 스크립트로 묶을 수 없습니다: {what}",
        "{path}: cannot be put into one script: {what}"
    ))
}

fn visit(
    path: &str,
    sources: &BTreeMap<&str, String>,
    modules: &mut BTreeMap<String, Module>,
    order: &mut Vec<String>,
    above: &mut BTreeSet<String>,
) -> Result<()> {
    if order.iter().any(|done| done == path) {
        return Ok(());
    }
    if !above.insert(path.to_owned()) {
        return Err(wrong(path, "it imports itself"));
    }
    let source = sources.get(path).ok_or_else(|| wrong(path, "there is no such module"))?;
    let module = read(path, source)?;
    for import in &module.imports {
        visit(&import.from, sources, modules, order, above)?;
    }
    above.remove(path);
    modules.insert(path.to_owned(), module);
    order.push(path.to_owned());
    Ok(())
}

fn read(path: &str, source: &str) -> Result<Module> {
    let mut module = Module { imports: Vec::new(), exports: Vec::new(), body: String::new() };
    for line in source.lines() {
        if line.starts_with("import") {
            module.imports.push(import(path, line).ok_or_else(|| wrong(path, line))?);
            continue;
        }
        let Some(rest) = line.strip_prefix("export ") else {
            if line.contains("import(") || line.contains("import.meta") || line.starts_with("await ") {
                return Err(wrong(path, line));
            }
            module.body.push_str(line);
            module.body.push('\n');
            continue;
        };
        module.exports.push(exported(rest).ok_or_else(|| wrong(path, line))?);
        module.body.push_str(rest);
        module.body.push('\n');
    }
    Ok(module)
}

fn import(path: &str, line: &str) -> Option<Import> {
    let (names, from) = line.strip_prefix("import ")?.strip_suffix(';')?.split_once(" from ")?;
    let from = from.strip_prefix('"').and_then(|from| from.strip_suffix('"'));
    let from = from.or_else(|| line.strip_suffix("';")?.rsplit_once('\'').map(|(_, from)| from))?;
    let names = match names.strip_prefix("* as ") {
        Some(name) => name.to_owned(),
        None if names.starts_with('{') && names.ends_with('}') && !names.contains(" as ") => names.to_owned(),
        None => return None,
    };
    Some(Import { names, from: resolve(path, from)? })
}

/// The path below the page that a module names.
fn resolve(path: &str, from: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    if !from.starts_with("./") && !from.starts_with("../") {
        return None;
    }
    for part in from.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The name that a line declares, behind `export`.
fn exported(rest: &str) -> Option<String> {
    let kinds = ["async function ", "function ", "const ", "class "];
    let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
    Some(rest[..end].to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled(files: &[(&'static str, &str)]) -> Result<String> {
        bundle("app.js", &files.iter().map(|(path, source)| (*path, (*source).to_owned())).collect())
    }

    #[test]
    fn modules_come_after_what_they_import() {
        let script = bundled(&[
            ("app.js", "import { f } from \"./views/a.js\";\nimport * as b from './b.js';\nf(b.C);\n"),
            ("views/a.js", "import { C } from \"../b.js\";\nexport function f() { return C; }\n"),
            ("b.js", "export const C = 1;\nexport class D {}\nexport async function g() {}\n"),
            ("unused.js", "export default 1;\n"),
        ])
        .unwrap();
        let at = |words: &str| script.find(words).unwrap_or_else(|| panic!("{words}: {script}"));
        assert!(at("// b.js") < at("// views/a.js") && at("// views/a.js") < at("// app.js"));
        assert!(script.contains("return { C, D, g };") && script.contains("const { C } = module0;"), "{script}");
        assert!(script.contains("const b = module0;") && !script.contains("export ") && !script.contains("unused"));
    }

    #[test]
    fn what_cannot_be_bundled_is_refused() {
        for wrong in [
            "import a from \"./b.js\";",
            "import { a as c } from \"./b.js\";",
            "import { a } from \"b.js\";",
            "import { a } from \"./none.js\";",
            "import { a } from \"../b.js\";",
            "import \"./b.js\";",
            "import {\n    a } from \"./b.js\";",
            "export default 1;",
            "export { a };",
            "export let a = 1;",
            "const a = await import(\"./b.js\");",
            "await f();",
        ] {
            let all = [("app.js", wrong), ("b.js", "export const a = 1;\n")];
            assert!(bundled(&all).is_err(), "{wrong}: {:?}", bundled(&all));
        }
        let circle = [("app.js", "import { a } from \"./b.js\";"), ("b.js", "import { c } from \"./app.js\";")];
        assert!(bundled(&circle).is_err());
    }

    #[test]
    fn the_page_can_be_bundled() {
        let read = |name: &'static str| (name, String::from_utf8(crate::pages::file(name).unwrap().1).unwrap());
        let sources = crate::pages::names().filter(|name| name.ends_with(".js")).map(read).collect();
        let script = bundle("app.js", &sources).unwrap_or_else(|e| panic!("{e}"));
        assert!(script.contains("// api.js"));
    }
}
