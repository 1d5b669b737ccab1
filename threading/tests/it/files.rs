//! What `files` promises: the same digest by every technique; loops and unreadable files are named, and the rest is done.

use std::fs;
use std::path::{Path, PathBuf};

use lab::report::Report;
use threading::experiments::files::techniques::{TECHNIQUES, digest, read_all, sums};
use threading::experiments::files::{self, Workload, cache, tree};

fn plant(home: &Path) {
    fs::create_dir_all(home.join("a/b")).unwrap();
    fs::create_dir_all(home.join("cache")).unwrap();
    for (path, bytes) in [
        ("z", &b"last"[..]),
        ("a/b/deep", b""),
        ("a/한글", b"utf-8"),
        ("cache/big", b"skipped"),
        ("cache/CACHEDIR.TAG", b""),
    ] {
        fs::write(home.join(path), bytes).unwrap();
    }
}

fn read(root: &Path, follow: bool) -> Report {
    files::run(&Workload { root: root.to_owned(), threads: 3, rounds: 2, follow }, &[]).unwrap()
}

fn names(home: &Path, listed: &[PathBuf]) -> Vec<String> {
    listed.iter().map(|p| p.strip_prefix(home).unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_technique_has_the_same_digest_and_another_tree_has_another() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    let lines = || read(home.path(), false).lines;
    let before = lines();
    assert_eq!(before, lines());
    fs::write(home.path().join("z"), "changed").unwrap();
    let changed = lines();
    assert_ne!(before, changed);
    fs::rename(home.path().join("z"), home.path().join("y")).unwrap();
    assert_ne!(changed, lines(), "a name counts too");
}

#[test]
fn caches_and_links_are_left_out() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    #[cfg(unix)]
    std::os::unix::fs::symlink(home.path(), home.path().join("a/loop")).unwrap();
    let (listed, wrong) = tree::list(home.path(), false);
    assert_eq!(names(home.path(), &listed), ["a/b/deep", "a/한글", "z"]);
    assert!(wrong.is_empty());
}

/// Links in a circle, links to nowhere, and one that is worth following.
#[cfg(unix)]
#[test]
fn loops_are_named_and_the_rest_is_done() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let (root, other) = (home.path().join("root"), home.path().join("other"));
    plant(&root);
    fs::create_dir(&other).unwrap();
    fs::write(other.join("file"), "elsewhere").unwrap();
    symlink(&root, root.join("a/loop")).unwrap();
    symlink("second", root.join("first")).unwrap();
    symlink("first", root.join("second")).unwrap();
    symlink(&other, root.join("link")).unwrap();
    let (listed, wrong) = tree::list(&root, true);
    assert_eq!(names(&root, &listed), ["a/b/deep", "a/한글", "link/file", "z"]);
    let told = |what: &str| wrong.iter().filter(|text| text.en.contains(what)).count();
    assert_eq!(
        (wrong.len(), told("a/loop: the link leads back"), told("first: could not"), told("second: could not")),
        (3, 1, 1, 1)
    );
    assert_ne!(read(&root, true).lines, read(&root, false).lines, "what was followed counts");
}

/// Creates a file that cannot be read. For root, which permissions do not stop, it is a link to a write-only file of the kernel.
#[cfg(target_os = "linux")]
fn unreadable(home: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let path = home.join("secret");
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/proc/sys/net/ipv4/route/flush", &path).unwrap();
    }
    fs::metadata(&path).is_ok() && fs::File::open(&path).is_err()
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_is_done() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    let clean = read(home.path(), true);
    let complaints =
        |report: &Report| report.failures.iter().filter(|line| line.en.contains("could not be read")).count();
    assert_eq!(complaints(&clean), 0);
    if !unreadable(home.path()) {
        return println!("not measured: this system lets us read everything");
    }
    let report = read(home.path(), true);
    assert_eq!(complaints(&report), 1);
    assert!(
        report.failures.iter().any(|line| line.en.contains("secret: could not be read: Permission denied")),
        "{:?}",
        report.failures
    );
    assert_eq!((clean.exit_code, report.exit_code), (0, 1));
    assert!(report.shows.en.contains("1 failed") && report.measure("wall.rayon").is_some());
    assert_ne!(report.lines, clean.lines, "its name counts");
}

#[test]
fn a_file_that_vanishes_is_one_failure() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    let (paths, _) = tree::list(home.path(), false);
    fs::remove_file(home.path().join("a/한글")).unwrap();
    let expected = digest(home.path(), &paths, &sums(&paths));
    for technique in TECHNIQUES {
        let (sums, _) = read_all(technique, &paths, 2).unwrap();
        assert_eq!(sums.iter().map(Result::is_err).collect::<Vec<_>>(), [false, true, false], "{technique}");
        assert_eq!(digest(home.path(), &paths, &sums), expected, "{technique}");
    }
}

#[cfg(unix)]
#[test]
fn a_hundred_problems_are_all_in_the_report_and_ten_on_the_page() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    (0..100).for_each(|n| std::os::unix::fs::symlink("nowhere", home.path().join(format!("link{n}"))).unwrap());
    let report = read(home.path(), true);
    assert_eq!(report.failures.iter().filter(|line| line.en.contains("could not be opened")).count(), 100);
    let page =
        lab::render::text::full(&report, lab::render::Canvas { width: 200, colour: false, lang: lab::lang::Lang::En });
    assert_eq!(page.lines().filter(|line| line.contains("could not be opened")).count(), 10, "{page}");
    assert!(page.contains("90 more"), "{page}");
}

/// Changes the tree again and again while it is read, and returns the report.
#[cfg(unix)]
fn read_while(home: &Path, change: impl Fn(u64) + Send + Sync) -> Report {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if done.load(Relaxed) {
                    return;
                }
                change(n);
                std::thread::yield_now();
            }
        });
        let report = files::run(&Workload { root: home.to_owned(), threads: 3, rounds: 30, follow: false }, &[]);
        done.store(true, Relaxed);
        report.unwrap()
    })
}

/// A file that grows, one that shrinks and grows again, and one that comes and goes: each is named, and the others are read.
#[cfg(unix)]
#[test]
fn files_that_change_meanwhile_are_named_and_the_rest_is_done() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    let path = |name: &str| home.path().join(name);
    for name in ["grows", "shrinks", "vanishes"] {
        fs::write(path(name), "x".repeat(1000)).unwrap();
    }
    let report = read_while(home.path(), |n| {
        fs::write(path("grows"), "x".repeat(1001 + n as usize % 5000)).unwrap();
        fs::write(path("shrinks"), "x".repeat(n as usize % 999)).unwrap();
        if n % 2 == 0 {
            let _ = fs::remove_file(path("vanishes"));
        } else {
            fs::write(path("vanishes"), "x".repeat(1000)).unwrap();
        }
    });
    let named = |name: &str| report.failures.iter().any(|line| line.en.contains(&format!("/{name}: ")));
    assert!(named("grows") && named("shrinks"), "{:?}", report.failures);
    assert!(!named("z") && !named("a/한글"), "{:?}", report.failures);
    assert!(report.exit_code == 1 && report.measure("wall.rayon").is_some());
}

#[cfg(unix)]
#[test]
fn a_fifo_that_takes_a_files_place_is_named_and_does_not_block() {
    let home = tempfile::tempdir().unwrap();
    plant(home.path());
    let (paths, _) = tree::list(home.path(), false);
    fs::remove_file(home.path().join("z")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(home.path().join("z")).status().unwrap();
    assert!(made.success());
    for technique in TECHNIQUES {
        let (sums, _) = read_all(technique, &paths, 2).unwrap();
        assert!(
            sums[2].as_ref().is_err_and(|why| why.en.contains("no longer a regular file")),
            "{technique}: {sums:?}"
        );
        assert!(sums[2].as_ref().is_err_and(|why| why.ko.contains("일반 파일이 아닙니다")), "{technique}: {sums:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_claims_to_be_empty_is_read() {
    let sums = sums(&["/proc/version", "/dev/null"].map(|path| Path::new(path).to_owned()));
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("copy");
    fs::write(&copy, fs::read("/proc/version").unwrap()).unwrap();
    assert_eq!(sums[0], files::techniques::sums(&[copy])[0]);
    assert!(sums[1].is_err(), "a device is no regular file");
}

/// If no file could be listed, the error says why.
#[test]
fn nothing_to_read_has_its_reason() {
    let program = env!("CARGO_BIN_EXE_threading");
    let home = tempfile::tempdir().unwrap();
    let run = |script: &str| {
        let script = format!("{script} --no-python --lang en");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, program]).arg(home.path());
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (code, said) = run("exec \"$0\" files \"$1\"");
    assert!(code == Some(1) && said.contains("no file to read") && !said.contains("could not"), "{said}");
    fs::create_dir_all(home.path().join("folder")).unwrap();
    fs::write(home.path().join("folder/file"), "x").unwrap();
    // Enough descriptors for the program and the root folder, none for what is in it.
    let seen: Vec<_> = (4..10).map(|n| run(&format!("ulimit -n {n}; exec \"$0\" files \"$1\""))).collect();
    // 127: descriptors that this process has inherited leave none for the program's libraries, and it does not even start.
    let is_fine = |(code, said): &(Option<i32>, String)| match code {
        Some(0 | 127) => true,
        _ => said.contains("Too many open files"),
    };
    assert!(seen.iter().all(is_fine), "{seen:?}");
    assert!(seen.iter().any(|(_, said)| said.contains("Too many open files")), "{seen:?}");
}

#[test]
fn a_made_tree_is_the_same_every_time_and_never_in_the_way() {
    let home = tempfile::tempdir().unwrap();
    let (one, two) = (home.path().join("one"), home.path().join("two"));
    tree::make(&one, 250).unwrap();
    tree::make(&two, 250).unwrap();
    assert_eq!(tree::list(&one, false).0.len(), 250);
    assert_eq!(read(&one, false).lines, read(&two, false).lines);
    let error = tree::make(&one, 1).unwrap_err();
    assert!(error.code() == 2 && error.text().en.contains("not empty"), "{error}");
}

/// After the cache was dropped, files are read from storage.
#[test]
fn dropped_files_are_read_from_storage_and_cached_ones_are_not() {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    tree::make(&home.path().join("tree"), 1000).unwrap();
    let (paths, _) = tree::list(home.path(), false);
    // Other tests of this process read too, but far less.
    let fetched = |forget: bool| {
        let asked = forget && cache::drop_cached(&paths);
        let before = cache::from_storage();
        sums(&paths);
        let fetched = cache::from_storage().zip(before).map(|(after, before)| after - before);
        fetched.filter(|_| asked || !forget)
    };
    sums(&paths);
    // Another process may read much, or need so much memory that files which were just read leave the cache; not every time.
    let seen: Vec<_> = (0..5).map(|_| (fetched(true), fetched(false))).collect();
    let is_told = |(cold, warm): &(Option<u64>, Option<u64>)| match (cold, warm) {
        (Some(cold), Some(warm)) if *cold > 0 || on_a_disk(home.path()) => Some(*cold >= 2_000_000 && *warm < cold / 2),
        _ => None,
    };
    let told: Vec<bool> = seen.iter().filter_map(is_told).collect();
    if told.is_empty() {
        return println!("not measured: this file system keeps its pages {seen:?}");
    }
    assert!(told.contains(&true), "{seen:?}");
}

/// Whether this file system certainly reads from a disk.
fn on_a_disk(path: &Path) -> bool {
    let stat = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(path).output();
    let kind = stat.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    cfg!(target_os = "linux") && ["ext2/ext3", "xfs", "btrfs"].contains(&kind.as_str())
}

/// A file in /proc has length 0 and can be read forever.
#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_is_a_failure_by_name() {
    let sums = sums(&[Path::new("/proc/self/pagemap").to_owned()]);
    assert!(sums[0].as_ref().is_err_and(|why| why.en.contains("no end")), "{sums:?}");
}
