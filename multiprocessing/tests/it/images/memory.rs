//! A picture that needs more memory than there is costs that picture only.

use std::ffi::OsString;
use std::fs;
#[cfg(target_os = "linux")]
use std::path::Path;

use super::{TECHNIQUES, named, names, partly_failed};
#[cfg(target_os = "linux")]
use crate::common::{self, run_script};

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
