//! Image processing, the article's use case for processes: decode, blur, resize, encode.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use lab::{Error, Result, text};

/// Where the pictures are that come with the project; `SOURCES.md` beside them has their terms.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/images");

/// Radius of the blur, in pixels.
const BLUR: f32 = 2.0;

/// The pictures of a folder, in order of name.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |e: std::io::Error| {
        let folder = folder.display();
        Error::failed(text!(
            "{folder}: 그림이 든 폴더를 읽을 수 없습니다: {e}",
            "{folder}: cannot read the folder of pictures: {e}"
        ))
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
    let is_picture = |path: &PathBuf| path.extension().is_some_and(|e| e == "png" || e == "jpg");
    let mut paths: Vec<PathBuf> = paths.map_err(unreadable)?.into_iter().filter(is_picture).collect();
    paths.sort();
    Ok(paths)
}

/// Decodes, blurs, halves and encodes (JPEG, quality 85) one picture. Returns a hash of the bytes that come out, which are not
/// kept: what is measured is the work, not the disk.
pub fn process(path: &Path) -> Result<u64> {
    let broken = |e: &dyn std::fmt::Display| {
        let path = path.display();
        Error::failed(text!("{path}: 처리할 수 없습니다: {e}", "{path}: cannot be processed: {e}"))
    };
    let bytes = fs::read(path).map_err(|e| broken(&e))?;
    let picture = image::load_from_memory(&bytes).map_err(|e| broken(&e))?.into_rgb8();
    let blurred = image::imageops::fast_blur(&picture, BLUR);
    let (width, height) = (blurred.width().div_ceil(2), blurred.height().div_ceil(2));
    let small = image::imageops::resize(&blurred, width, height, FilterType::Triangle);
    let mut encoded = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut encoded, 85).encode_image(&small).map_err(|e| broken(&e))?;
    let mut hash = DefaultHasher::new();
    encoded.into_inner().hash(&mut hash);
    Ok(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_are_there_and_give_the_same_bytes_twice() {
        let paths = list(Path::new(FOLDER)).unwrap();
        assert_eq!(paths.len(), 5);
        let first = process(&paths[1]).unwrap();
        assert_eq!(first, process(&paths[1]).unwrap());
        assert_ne!(first, process(&paths[2]).unwrap());
    }

    #[test]
    fn a_broken_picture_is_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("broken.png");
        fs::write(&path, b"\x89PNG\r\n\x1a\nand nothing more").unwrap();
        assert!(process(&path).unwrap_err().text().en.contains("broken.png"));
    }
}
