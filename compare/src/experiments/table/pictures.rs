//! Image processing, the article's use case for processes, as in 멀티프로세싱: decode, blur, resize, encode.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};
use multiprocessing::picture;

pub use multiprocessing::picture::FOLDER;

/// The pictures of a folder, in order of name.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    picture::list(folder).map_err(|e| {
        let folder = folder.display();
        Error::failed(text!(
            "{folder}: 이미지가 있는 폴더를 읽을 수 없습니다: {e}",
            "{folder}: cannot read the folder of pictures: {e}"
        ))
    })
}

/// Decodes, blurs, halves and encodes one picture. Returns a hash of the result. The result is not written: the work is measured, not
/// the disk.
pub fn process(path: &Path) -> Result<u64> {
    let encoded = picture::shrink(path).map_err(|why| {
        let path = path.display();
        Error::failed(Text {
            ko: format!("{path}: 처리할 수 없습니다: {}", why.ko),
            en: format!("{path}: cannot be processed: {}", why.en),
        })
    })?;
    Ok(hash(&encoded))
}

/// A number that is another one for another result.
pub fn hash(result: &impl Hash) -> u64 {
    let mut hash = DefaultHasher::new();
    result.hash(&mut hash);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

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
