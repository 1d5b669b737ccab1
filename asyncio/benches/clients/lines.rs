//! Lines of code: neither blank, nor only a comment or a documentation string, and without the unit tests in the same file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::client::folder;

pub fn show() {
    println!("\nlines of code: not blank, not only a comment or a documentation string, not a unit test");
    let rust = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/experiments/fetch");
    println!("  {:<22}{:>6}", "ours, all of fetch", files(&rust, "rs").iter().map(|file| of_rust(file)).sum::<usize>());
    let shared = of_python(&folder().join("job.py"));
    for library in ["streams", "aiohttp", "httpx"] {
        let own = of_python(&folder().join(format!("with_{library}.py")));
        println!("  {library:<22}{:>6} ({own} for its HTTP, {shared} in job.py)", own + shared);
    }
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is in the repository");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path, kind),
            false => Vec::from_iter(path.extension().is_some_and(|ext| ext == kind).then_some(path)),
        })
        .collect()
}

fn of_rust(path: &Path) -> usize {
    let code = fs::read_to_string(path).expect("it is in the repository");
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn of_python(path: &Path) -> usize {
    let (mut lines, mut inside) = (0, false);
    for line in fs::read_to_string(path).expect("it is in the repository").lines().map(str::trim) {
        // In these files a documentation string begins and ends its line.
        let marks = line.matches("\"\"\"").count();
        if !inside && marks == 0 && !line.is_empty() && !line.starts_with('#') {
            lines += 1;
        }
        inside ^= marks % 2 == 1;
    }
    lines
}
