//! Image processing as a reader runs it: the same bytes by every technique, and never a partial file.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions; the helpers are called by nothing else"
)]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{self, children, error_line, has_proc, kill_if_alive, run_script, until_gone, workers};
use harness::{Done, Guarded, finish, ignores_interrupts, signal, until, until_some};
use lab::report::Report;
use multiprocessing::picture;
use tempfile::TempDir;

/// A worker may be done before we can kill it, but not in every attempt.
const ATTEMPTS: usize = 10;
const TECHNIQUES: [&str; 3] = ["sequence", "threads", "processes"];

/// A folder of pictures with these names, all copies of the smallest one that comes with the project.
fn pictures(names: &[&OsStr]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for name in names {
        fs::copy(Path::new(picture::FOLDER).join("rocket.jpg"), home.path().join(name)).unwrap();
    }
    home
}

fn named(names: &[&str]) -> TempDir {
    pictures(&names.iter().map(OsStr::new).collect::<Vec<_>>())
}

const LANGS: [&str; 2] = ["ko", "en"];

/// The error line of a failed run; it must be in this language.
fn error_line_in(lang: &str, done: &Done) -> String {
    let line = error_line(done);
    assert_eq!(lab::lang::has_hangul(&line), lang == "ko", "{line}");
    line
}

fn command(dir: &Path, out: &Path, more: &[&str]) -> Command {
    command_in("en", dir, out, more)
}

fn command_in(lang: &str, dir: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = common::command(&["images", "--no-python", "--lang", lang, "--workers", "2", "--rounds", "1"]);
    command.args(more).arg(dir).arg("--out").arg(out);
    command
}

fn run(dir: &Path, out: &Path, more: &[&str]) -> Done {
    finish(harness::start(&mut command(dir, out, more)))
}

fn report(dir: &Path, out: &Path) -> Report {
    common::report(&run(dir, out, &["--json"]).ends_with(0))
}

/// The report of a run in which some pictures failed: exit code 1, and the report says what was done.
fn partly_failed(dir: &Path, out: &Path) -> Report {
    let report = common::report(&run(dir, out, &["--json"]).ends_with(1));
    assert_eq!(report.exit_code, 1);
    report
}

fn names(folder: &Path) -> BTreeSet<OsString> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn every_technique_writes_the_same_bytes() {
    let (dir, out) = (Path::new(picture::FOLDER), tempfile::tempdir().unwrap());
    let report = report(dir, out.path());
    let first = out.path().join("sequence");
    assert_eq!(names(&first).len(), 5);
    for technique in TECHNIQUES {
        let folder = out.path().join(technique);
        assert_eq!(names(&folder), names(&first));
        for name in names(&first) {
            let bytes = fs::read(folder.join(&name)).unwrap();
            assert_eq!(bytes, fs::read(first.join(&name)).unwrap(), "{technique} {name:?}");
            let source = dir.join(Path::new(&name).file_stem().unwrap());
            assert_eq!(bytes, picture::shrink(&source).unwrap(), "{name:?}");
        }
        assert!(report.measure(&format!("wall.{technique}")).is_some());
    }
    assert_eq!(
        report.traces.iter().map(|t| t.lanes.iter().map(|l| l.spans.len()).sum()).collect::<Vec<usize>>(),
        [5; 3]
    );
    assert!(report.traces[2].lanes.len() <= 2 && !report.traces[2].lanes.is_empty());
}

/// Threads against processes; the sequence is the third drawing, and by default it would stand first.
#[test]
fn the_first_screen_draws_threads_and_processes() {
    let (dir, out) = (Path::new(picture::FOLDER), tempfile::tempdir().unwrap());
    let drawn = |more: &[&str]| {
        let page = run(dir, out.path(), more).ends_with(0).out;
        ["Rust, in sequence", "Rust, threads (2)", "Rust, processes (2)"].map(|title| page.contains(title))
    };
    assert_eq!(drawn(&[]), [false, true, true]);
    assert_eq!(drawn(&["--full"]), [true; 3]);
}

#[test]
fn names_that_differ_only_in_their_end_do_not_overwrite_each_other() {
    let (dir, out) = (named(&["a.jpg", "a.jpeg", "A.JPG", "notes.txt"]), tempfile::tempdir().unwrap());
    fs::create_dir(dir.path().join("folder.png")).unwrap();
    report(dir.path(), out.path());
    assert_eq!(
        names(&out.path().join("processes")),
        ["A.JPG.jpg", "a.jpeg.jpg", "a.jpg.jpg"].map(OsString::from).into()
    );
}

#[test]
fn a_broken_picture_is_named_and_the_others_are_done() {
    let (dir, out) = (named(&["a.jpg", "b.jpg", "c.jpg"]), tempfile::tempdir().unwrap());
    let whole = fs::read(dir.path().join("b.jpg")).unwrap();
    fs::write(dir.path().join("b.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(dir.path().join("d.png"), b"words").unwrap();
    let report = partly_failed(dir.path(), out.path());
    for technique in TECHNIQUES {
        assert_eq!(
            names(&out.path().join(technique)),
            ["a.jpg.jpg", "c.jpg.jpg"].map(OsString::from).into(),
            "{technique}"
        );
    }
    let note = |name: &str| report.notes.iter().any(|note| note.en.contains("failed") && note.en.contains(name));
    assert!(note("b.jpg") && note("d.png") && !note("a.jpg"));
    assert!(report.shows.en.starts_with("2 of 4 pictures"), "{}", report.shows.en);
}

#[test]
fn broken_pictures_only_are_a_failure() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("d.png"), b"words").unwrap();
    assert!(error_line(&run(dir.path(), out.path(), &[]).ends_with(1)).contains("d.png"));
}

#[cfg(unix)]
#[test]
fn names_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let name = OsStr::from_bytes(b"caf\xe9\xff.jpg");
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(OsStr::from_bytes(b"in\xfe"));
    fs::create_dir(&dir).unwrap();
    if fs::copy(Path::new(picture::FOLDER).join("rocket.jpg"), dir.join(name)).is_err() {
        println!("not measured: this file system takes no such names");
        return;
    }
    let out = home.path().join(OsStr::from_bytes(b"out\xfd"));
    report(&dir, &out);
    for technique in TECHNIQUES {
        assert_eq!(names(&out.join(technique)), [OsStr::from_bytes(b"caf\xe9\xff.jpg.jpg").to_owned()].into());
    }
}

#[test]
fn a_wrong_command_line_is_one_line_and_leaves_nothing() {
    let (dir, home) = (named(&["a.jpg"]), tempfile::tempdir().unwrap());
    let (file, inside, free) = (dir.path().join("a.jpg"), dir.path().join("new/out"), home.path().join("out"));
    let gone = home.path().join("gone");
    for (dir, out, more) in [
        (gone.as_path(), free.as_path(), ["--rounds", "1"]),
        (&file, &free, ["--rounds", "1"]),
        (dir.path(), &inside, ["--rounds", "1"]),
        (dir.path(), dir.path(), ["--rounds", "1"]),
        (dir.path(), &free, ["--workers", "0"]),
        (dir.path(), &free, ["--workers", "65"]),
    ] {
        let mut command = common::command(&["images", "--no-python", "--lang", "en"]);
        command.arg(dir).arg("--out").arg(out).args(more);
        let line = error_line(&finish(harness::start(&mut command)).ends_with(2));
        assert!((line.starts_with("--") || line.starts_with("DIR")) && !lab::lang::has_hangul(&line), "{line}");
    }
    assert_eq!(names(dir.path()), ["a.jpg"].map(OsString::from).into());
    assert!(names(home.path()).is_empty());
}

#[test]
fn a_folder_without_pictures_is_said() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(error_line(&run(dir.path(), out.path(), &[]).ends_with(1)).contains("no picture"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    /// The user `nobody`, which root can become.
    const NOBODY: u32 = 65534;
    let (dir, out) = (named(&["a.jpg"]), tempfile::tempdir().unwrap());
    let allow = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    for lang in LANGS {
        allow(0o000);
        let may_all = fs::read_dir(dir.path()).is_ok();
        let mut command = command_in(lang, dir.path(), out.path(), &[]);
        if may_all {
            command.uid(NOBODY);
        }
        let done = command.spawn().map(finish);
        allow(0o700);
        let Ok(done) = done else {
            println!("not measured: whoever runs this test may read everything, and nobody else can run the program");
            return;
        };
        assert!(error_line_in(lang, &done.ends_with(2)).contains("DIR"));
    }
}

/// Whether every file of a folder is a whole result, with an expected name.
fn all_whole(folder: &Path, asked: &BTreeSet<OsString>) -> bool {
    let whole = picture::shrink(&Path::new(picture::FOLDER).join("rocket.jpg")).unwrap();
    names(folder).iter().all(|name| asked.contains(name) && fs::read(folder.join(name)).unwrap() == whole)
}

/// A write fails in the middle of a file: the shell limits the size of files to some KiB.
#[cfg(unix)]
#[test]
fn no_space_is_one_line_and_no_half_a_file() {
    let (dir, out) = (named(&["a.jpg", "b.jpg"]), tempfile::tempdir().unwrap());
    for (lang, words) in LANGS.into_iter().zip(["쓸 수 없습니다", "cannot be written"]) {
        let script = r#"trap '' XFSZ; ulimit -f 8; exec "$0" images --no-python --lang "$3" "$1" --out "$2""#;
        let done = run_script(script, &[dir.path().as_ref(), out.path().as_ref(), lang.as_ref()]).ends_with(1);
        assert!(error_line_in(lang, &done).contains(words), "{done:?}");
        for technique in TECHNIQUES {
            assert!(names(&out.path().join(technique)).is_empty(), "{technique}");
        }
    }
}

/// A full file system, if one can be mounted.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line() {
    let (dir, disk) = (named(&["a.jpg", "b.jpg"]), tempfile::tempdir().unwrap());
    // `unshare` itself may end with 1. 77: nothing can be mounted; 78: the program has failed with 1, as it should.
    let script = r#"exec unshare -rm sh -c '
        mount -t tmpfs -o size=8k none "$2" 2>/dev/null || exit 77
        "$0" images --no-python --lang "$3" "$1" --out "$2"; test $? = 1 || exit 79; find "$2" -type f; exit 78' "$0" "$@""#;
    for (lang, words) in LANGS.into_iter().zip(["쓸 수 없습니다", "cannot be written"]) {
        let done = run_script(script, &[dir.path().as_ref(), disk.path().as_ref(), lang.as_ref()]);
        if matches!(done.status.code(), Some(1 | 77 | 127)) {
            return println!("not measured: no file system can be mounted here");
        }
        // No file is left, and there is no report.
        assert!(error_line_in(lang, &done.ends_with(78)).contains(words), "{words}");
    }
}

/// Ended at many points: in every technique, at the first file and at later ones.
#[test]
fn ending_it_leaves_whole_files_only() {
    if !has_proc() {
        return;
    }
    let files: Vec<String> = (0..24).map(|n| format!("{n}.jpg")).collect();
    let dir = named(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let asked: BTreeSet<OsString> = files.iter().map(|name| format!("{name}.jpg").into()).collect();
    let signals: &[&str] = if ignores_interrupts() { &["KILL"] } else { &["INT", "KILL"] };
    let mut interrupted = 0;
    for (round, technique) in TECHNIQUES.into_iter().cycle().take(9).enumerate() {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join(technique);
        let program = Guarded(harness::start(&mut command(dir.path(), out.path(), &[])));
        until("some files are there", || names(&folder).len() > round);
        let all = children(program.0.id());
        signal(signals[round % signals.len()], program.0.id());
        let done = finish(program);
        // On a busy machine it may be done before we look.
        interrupted += usize::from(!done.status.success());
        assert!(done.status.success() || done.out.is_empty() && done.err.is_empty(), "{technique}: {done:?}");
        // The workers of the pool may still be at their last picture.
        until_gone(&all);
        for technique in TECHNIQUES {
            assert!(all_whole(&out.path().join(technique), &asked), "{technique}: {:?}", names(&folder));
        }
    }
    assert!(interrupted > 0);
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("0.jpg.jpg"), b"half").unwrap();
    assert!(!all_whole(out.path(), &asked), "the check can fail");
}

#[test]
fn a_killed_worker_costs_no_picture() {
    if !has_proc() {
        return;
    }
    let files: Vec<String> = (0..20).map(|n| format!("{n}.jpg")).collect();
    let dir = named(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let mut killed = false;
    for _ in 0..ATTEMPTS {
        let out = tempfile::tempdir().unwrap();
        let mut program = Guarded(harness::start(&mut command(dir.path(), out.path(), &["--json"])));
        let victim = until_some("a worker is at work", || match workers(program.0.id()).first() {
            Some(worker) if !names(&out.path().join("processes")).is_empty() => Some(Some(*worker)),
            _ => program.0.try_wait().unwrap().map(|_| None),
        });
        killed |= victim.is_some_and(kill_if_alive);
        let report = common::report(&finish(program).ends_with(0));
        assert!(report.shows.en.starts_with("20 of 20"), "{}", report.shows.en);
        if killed {
            return;
        }
    }
    panic!("no worker was caught at work");
}

#[test]
fn every_picture_that_failed_is_named() {
    let (dir, out) = (named(&["good.jpg"]), tempfile::tempdir().unwrap());
    let bad: Vec<String> = (0..15).map(|n| format!("bad-{n}.png")).collect();
    for name in &bad {
        fs::write(dir.path().join(name), b"words").unwrap();
    }
    let report = partly_failed(dir.path(), out.path());
    for name in bad {
        assert!(report.notes.iter().any(|note| note.en.contains(&name) && note.ko.contains(&name)), "{name}");
    }
}

/// 83 Hangul letters and `.png` are 253 bytes: a file may be called so, but not with `.jpg` behind it.
#[test]
fn a_name_too_long_for_its_result_costs_that_picture_only() {
    let (too_long, long) = ("가".repeat(83) + ".png", "나".repeat(81) + ".jpg");
    let (dir, out) = (named(&["a.jpg", &too_long, &long, "z.jpg"]), tempfile::tempdir().unwrap());
    let report = partly_failed(dir.path(), out.path());
    let notes: Vec<_> = report.notes.iter().filter(|note| note.en.contains("picture failed")).collect();
    assert!(notes.len() == 1 && notes[0].en.contains(&too_long), "{notes:?}");
    fs::remove_file(dir.path().join(&too_long)).unwrap();
    // Results are replaced now, under a name in between that must not be too long either.
    let _ = self::report(dir.path(), out.path());
    for technique in TECHNIQUES {
        let known = ["a.jpg.jpg".to_owned(), format!("{long}.jpg"), "z.jpg.jpg".to_owned()];
        assert_eq!(names(&out.path().join(technique)), known.map(OsString::from).into(), "{technique}");
    }
}

/// A PNG with a header and no data: if its size is refused, it was refused before decoding.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    chunk.extend([8, 0, 0, 0, 0]); // eight bits of grey
    let crc = !chunk.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    let data = b"\0\0\0\x04IDAT\0\0\0\0";
    [&b"\x89PNG\r\n\x1a\n\0\0\0\x0d"[..], &chunk, &crc.to_be_bytes(), data].concat()
}

#[test]
fn a_picture_that_takes_too_much_memory_is_refused_before_it_is_decoded() {
    let (dir, out) = (named(&["good.jpg"]), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("huge.png"), png_header(22_000, 22_000)).unwrap();
    let report = partly_failed(dir.path(), out.path());
    assert!(report.notes.iter().any(|note| note.en.contains("huge.png: 22000 × 22000 pixels")), "{:?}", report.notes);
    for technique in TECHNIQUES {
        assert_eq!(names(&out.path().join(technique)), ["good.jpg.jpg"].map(OsString::from).into(), "{technique}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn under_a_memory_limit_the_small_pictures_come_out() {
    let (dir, out) = (named(&["a.jpg", "b.jpg", "c.jpg"]), tempfile::tempdir().unwrap());
    image::GrayImage::new(8_000, 8_000).save(dir.path().join("large.png")).unwrap();
    let script = r#"ulimit -v 1000000; exec "$0" images --no-python --json --rounds 1 --workers 2 "$1" --out "$2""#;
    let done = run_script(script, &[dir.path().as_ref(), out.path().as_ref()]);
    let report = common::report(&done.ends_with(1));
    assert!(report.notes.iter().any(|note| note.en.contains("large.png") && note.en.contains("not available")));
    for technique in TECHNIQUES {
        assert_eq!(names(&out.path().join(technique)).len(), 3, "{technique}");
    }
}

/// A control group that limits memory, where we may make one (version 1 or 2); it is removed at the end.
#[cfg(target_os = "linux")]
struct MemoryGroup(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl MemoryGroup {
    fn make(bytes: u64) -> Option<MemoryGroup> {
        let name = format!("multiprocessing-test-{}", std::process::id());
        for (mount, limit) in [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")] {
            let folder = Path::new(mount).join(&name);
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = MemoryGroup(folder);
            if group.0.join(limit).exists() && fs::write(group.0.join(limit), bytes.to_string()).is_ok() {
                return Some(group);
            }
        }
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// In a control group an allocation does not fail: the kernel kills whoever uses too much. So the limit must be known before. One
/// picture fits no limit; four others fit, but not all at once.
#[cfg(target_os = "linux")]
#[test]
fn in_a_memory_group_all_pictures_that_fit_come_out() {
    let (dir, out) = (named(&["a.jpg", "b.jpg"]), tempfile::tempdir().unwrap());
    let fitting = ["c.png", "d.png", "e.png", "f.png"].map(|name| (name, 1_700));
    for (name, side) in fitting.into_iter().chain([("large.png", 8_000)]) {
        image::GrayImage::new(side, side).save(dir.path().join(name)).unwrap();
    }
    let Some(group) = MemoryGroup::make(128 << 20) else {
        return println!("not measured: no memory group can be made here");
    };
    let script = r#"echo $$ > "$3/cgroup.procs" || exit 77
        exec "$0" images --no-python --json --rounds 1 --workers 4 "$1" --out "$2""#;
    let done = run_script(script, &[dir.path().as_ref(), out.path().as_ref(), group.0.as_ref()]);
    if done.status.code() == Some(77) {
        return println!("not measured: no process can be put into a memory group here");
    }
    let report = common::report(&done.ends_with(1));
    let failed: Vec<&str> = report.notes.iter().map(|n| n.en.as_str()).filter(|n| n.contains("failed")).collect();
    assert!(failed.len() == 1 && failed[0].contains("large.png") && failed[0].contains("not available"), "{failed:?}");
    for technique in TECHNIQUES {
        assert_eq!(names(&out.path().join(technique)).len(), 6, "{technique}");
    }
}

/// The result of processing these bytes.
fn shrunk(bytes: &[u8], name: &str) -> Result<image::RgbImage, lab::lang::Text> {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(name), bytes).unwrap();
    let jpeg = picture::shrink(&home.path().join(name))?;
    Ok(image::load_from_memory(&jpeg).unwrap().into_rgb8())
}

#[test]
fn bytes_after_the_end_of_a_jpeg_do_not_matter_and_a_cut_one_is_refused() {
    let whole = fs::read(Path::new(picture::FOLDER).join("rocket.jpg")).unwrap();
    let known = shrunk(&whole, "a.jpg").unwrap();
    for appendix in [&[0xff, 0xda][..], b"\0\0\0\x18ftypmp42 a clip", &whole, &whole[..100]] {
        assert_eq!(shrunk(&[&whole[..], appendix].concat(), "a.jpg").unwrap(), known);
    }
    for cut in [whole.len() - 2, whole.len() / 2, 1000] {
        assert!(shrunk(&whole[..cut], "a.jpg").unwrap_err().en.contains("cut short"), "{cut}");
    }
}

/// A JPEG with an orientation in its EXIF data (tag 0x112).
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tag = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    let exif = [&b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01"[..], &tag, &[0, 0, 0, 0]].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&[0xff, 0xd8, 0xff, 0xe1][..], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn a_picture_comes_out_upright() {
    use image::imageops::{flip_horizontal as mirror, rotate90, rotate180, rotate270};
    // Its upper left quarter is white.
    let picture = image::RgbImage::from_fn(80, 48, |x, y| image::Rgb([if x < 40 && y < 24 { 255 } else { 0 }; 3]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let small = image::RgbImage::from_fn(40, 24, |x, y| image::Rgb([if x < 20 && y < 12 { 255 } else { 0 }; 3]));
    let upright = [
        small.clone(),
        mirror(&small),
        rotate180(&small),
        rotate180(&mirror(&small)),
        rotate270(&mirror(&small)),
        rotate90(&small),
        rotate90(&mirror(&small)),
        rotate270(&small),
    ];
    for (orientation, known) in (1..).zip(upright) {
        let ours = shrunk(&turned(jpeg.get_ref(), orientation), "a.jpg").unwrap();
        assert_eq!(ours.dimensions(), known.dimensions(), "{orientation}");
        let (width, height) = known.dimensions();
        for (x, y) in [(2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3)] {
            let (ours, known) = (ours.get_pixel(x, y)[0], known.get_pixel(x, y)[0]);
            assert!(ours.abs_diff(known) < 16, "{orientation} at {x}, {y}: {ours} instead of {known}");
        }
    }
}

#[test]
fn transparent_pixels_become_white() {
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_fn(64, 32, |x, _| image::Rgba([0, 0, 0, if x < 32 { 0 } else { 255 }]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let ours = shrunk(png.get_ref(), "a.png").unwrap();
    assert!(ours.get_pixel(2, 8)[0] > 245 && ours.get_pixel(29, 8)[0] < 10);
}
