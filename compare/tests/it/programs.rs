//! The programs whose complexity is counted do the same job.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use loopback::Server;

const PAGES: usize = 3;

fn prints(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The examples stand beside the program; cargo builds them for the tests.
fn example(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_compare")).parent().unwrap().join("examples");
    folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

#[test]
fn all_programs_count_the_same_bytes() {
    let server = Server::start(Duration::from_millis(1)).unwrap();
    let (address, pages) = (server.address().to_string(), PAGES.to_string());
    let mut expected: Option<String> = None;
    let mut runs = 0;
    for technique in ["sequence", "threads", "tasks", "processes"] {
        let rust = example(&format!("table_{technique}"));
        assert!(rust.is_file(), "cargo has not built {}", rust.display());
        let said = prints(rust.to_str().unwrap(), &[&address, &pages]);
        assert_eq!(*expected.get_or_insert_with(|| said.clone()), said, "{technique} in Rust");
        runs += 1;
        assert_eq!(server.served(), runs * PAGES, "{technique} fetches every page");
        if Command::new("python3").arg("--version").output().is_err() {
            println!("not measured: there is no python3");
            continue;
        }
        let twin = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("python/table/{technique}.py"));
        let (host, port) = address.rsplit_once(':').unwrap();
        let said = prints("python3", &[twin.to_str().unwrap(), host, port, &pages]);
        assert_eq!(expected.as_deref(), Some(said.as_str()), "{technique} in Python");
        runs += 1;
    }
    assert!(expected.unwrap().parse::<usize>().unwrap() > PAGES);
}
