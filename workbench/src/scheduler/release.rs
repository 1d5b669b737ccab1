//! The line at which a guard is dropped: Rust tells where it was made, and not where its scope ends.

/// The line (from 1) at which the guard that was made in line `made` is dropped, by a thread whose last operation was in line `from`: an
/// explicit `drop`, a `return`, or the end of the scope, whichever comes first. A guard without a name is dropped at the end of its statement.
pub fn line_of(source: &str, made: u32, from: u32) -> u32 {
    let lines: Vec<&str> = source.lines().map(code).collect();
    let at = |line: usize| lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
    let made = made as usize;
    let Some(name) = name_of(at(made)) else { return made as u32 };
    // A wait gives the guard back to the name that it had before.
    let Some(declared) = (1..=made).rev().find(|line| declares(at(*line), name)) else { return made as u32 };
    let Some(end) = end_of_scope(&lines, declared) else { return made as u32 };
    let from = if (made..end).contains(&(from as usize)) { from as usize } else { made };
    let ends = |line: &usize| {
        let words = at(*line);
        words.contains(&format!("drop({name})")) || words.starts_with("return ") || words == "return;"
    };
    (from + 1..end).find(ends).unwrap_or(end) as u32
}

/// A line without its comment and its indentation.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default().trim()
}

/// The name of the guard that a line makes: `let name = ….lock();`, or the one that it gives to a wait.
fn name_of(line: &str) -> Option<&str> {
    let is_name = |words: &&str| !words.is_empty() && words.chars().all(|c| c.is_alphanumeric() || c == '_');
    if let Some((_, arguments)) = line.split_once(".wait").and_then(|(_, call)| call.split_once('(')) {
        return arguments.split([',', ')']).map(str::trim).find(is_name);
    }
    let (name, value) = line.strip_prefix("let ")?.split_once(" = ")?;
    // `let free = *lock.lock();` names what is in it.
    Some(name.trim_start_matches("mut ")).filter(is_name).filter(|_| !value.starts_with('*'))
}

fn declares(line: &str, name: &str) -> bool {
    let declared = line.strip_prefix("let ").and_then(|rest| rest.split_once(" = "));
    declared.is_some_and(|(declared, _)| declared.trim_start_matches("mut ") == name)
}

/// The line with the brace that ends the scope of a line.
fn end_of_scope(lines: &[&str], line: usize) -> Option<usize> {
    let mut depth = 0_i32;
    (line + 1..=lines.len()).find(|line| {
        let words = lines[line - 1];
        depth += words.matches('{').count() as i32 - words.matches('}').count() as i32;
        depth < 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PY32: &str = include_str!("../../../gil-sim/src/lock/py32.rs");

    /// The line that has these words.
    fn line(words: &str) -> u32 {
        let found: Vec<usize> = PY32.lines().enumerate().filter(|(_, l)| l.contains(words)).map(|(n, _)| n).collect();
        assert!(!found.is_empty(), "py32.rs has no {words}");
        found[0] as u32 + 1
    }

    #[test]
    fn a_guard_ends_with_its_scope_at_its_drop_or_at_a_return() {
        let took = line("let mut state = self.state.lock();");
        let stored = line("self.drop_request.store(false, Relaxed);");
        assert_eq!(line_of(PY32, took, stored), line("drop(state);"), "an explicit drop");
        let waited = line("wait_timeout(&self.state");
        let gives_up = line("return Err(Finalizing);");
        assert_eq!(line_of(PY32, took, waited), gives_up, "whoever gives up returns");
        assert_eq!(line_of(PY32, waited, stored), line("drop(state);"), "a wait gives the guard back");
        let withdrawn = line("fn withdraw") + 2;
        assert_eq!(line_of(PY32, waited, withdrawn), gives_up, "after an operation in another function");
        let switch = line("let _switch = self.switch.lock();");
        let ends = line_of(PY32, switch, line("self.switched.notify_one();"));
        assert_eq!(ends, line("self.switched.notify_one();") + 1, "the end of the block");
        let free = line("fn free(&self)") + 1;
        assert_eq!(line_of(PY32, free, free), free + 3, "the end of the function");
    }

    #[test]
    fn a_guard_without_a_name_ends_with_its_statement() {
        let source = "fn release(&self) {\n    *self.locked.lock() = false;\n    self.released.notify_one();\n}\n";
        assert_eq!(line_of(source, 2, 2), 2);
        assert_eq!(name_of("let x = *m.lock();"), None);
        assert_eq!(
            name_of("let (back, timed_out) = self.freed.wait_timeout(&self.state, state, self.interval);"),
            Some("state")
        );
        assert_eq!(name_of("switch = self.switched.wait(switch);"), Some("switch"));
    }
}
