//! Image processing: decode, put transparent pictures on white, blur, halve, turn upright, encode.

mod available;
mod jpeg;
mod memory;

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::panic;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::error::ImageResult;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Rgb, RgbImage, Rgba};
use lab::lang::Text;
use lab::text;

/// Where the pictures are that come with the project; `SOURCES.md` beside them has their terms.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../compare/images");

/// Radius of the blur, in pixels.
const BLUR: f32 = 2.0;
/// Quality of the JPEGs, of 100.
const QUALITY: u8 = 85;
/// Larger files are refused.
const MAX_FILE_BYTES: u64 = 512 << 20;
const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The pictures of a folder by the ends of their names, sorted; without those in its subfolders.
pub fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect();
    let is_picture = |path: &PathBuf| {
        let kind = path.extension().unwrap_or_default().to_ascii_lowercase();
        // Reading a pipe might never end. A file without readable metadata stays in the list; it is reported when it is read.
        EXTENSIONS.iter().any(|known| kind == *known) && fs::metadata(path).map_or(true, |seen| seen.is_file())
    };
    let mut paths: Vec<PathBuf> = paths?.into_iter().filter(is_picture).collect();
    paths.sort();
    Ok(paths)
}

/// The half-size JPEG of the picture in a file, or why it cannot be made.
pub fn shrink(path: &Path) -> Result<Vec<u8>, Text> {
    // A decoder that panics on an unusual file must not end the processing of the others.
    match panic::catch_unwind(|| process(path)) {
        Ok(done) => done,
        Err(_) => Err(text!("디코더에서 패닉이 발생했습니다", "its decoder panicked")),
    }
}

/// Decodes by the content, whatever the name says; blurs, halves, turns upright and encodes.
fn process(path: &Path) -> Result<Vec<u8>, Text> {
    let reason = |e: &dyn Display| Text::same(e.to_string());
    let bytes = read(path)?;
    let mut reader = ImageReader::new(Cursor::new(&bytes[..])).with_guessed_format().map_err(|e| reason(&e))?;
    if reader.format() == Some(ImageFormat::Jpeg) {
        let Some(length) = jpeg::length(&bytes) else {
            return Err(text!("파일이 중간에서 끊겼습니다", "the file is cut short"));
        };
        reader = ImageReader::with_format(Cursor::new(&bytes[..length]), ImageFormat::Jpeg);
    }
    // The size in the header is enough to estimate the memory of all stages; this limit replaces the decoder's own.
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(|e| reason(&e))?;
    let (width, height) = decoder.dimensions();
    let _reservation = memory::reserve(width, height, decoder.total_bytes())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|e| reason(&e))?;
    encode(halve(&opaque(picture)), orientation).map_err(|e| reason(&e))
}

fn read(path: &Path) -> Result<Vec<u8>, Text> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    if file.map_err(|e| Text::same(e.to_string()))? as u64 > MAX_FILE_BYTES {
        let most = MAX_FILE_BYTES >> 20;
        return Err(text!("파일이 {most} MiB보다 큽니다", "the file is larger than {most} MiB"));
    }
    Ok(bytes)
}

/// A JPEG has no transparency: the background is white.
fn opaque(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let (width, height) = picture.dimensions();
    RgbImage::from_fn(width, height, |x, y| {
        let Rgba([r, g, b, a]) = *picture.get_pixel(x, y);
        Rgb([r, g, b].map(|value| over_white(value, a)))
    })
}

fn halve(picture: &RgbImage) -> RgbImage {
    let blurred = imageops::fast_blur(picture, BLUR);
    let (width, height) = (blurred.width().div_ceil(2), blurred.height().div_ceil(2));
    imageops::resize(&blurred, width, height, FilterType::Triangle)
}

/// Cameras store a picture as the sensor is oriented, and beside it how it must be turned.
fn encode(picture: RgbImage, orientation: Orientation) -> ImageResult<Vec<u8>> {
    let mut picture = DynamicImage::from(picture);
    picture.apply_orientation(orientation);
    let mut encoded = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut encoded, QUALITY).encode_image(&picture)?;
    Ok(encoded.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_out_half_as_large_and_the_same_twice() {
        let paths = list(Path::new(FOLDER)).unwrap();
        assert_eq!(paths.len(), 5, "SOURCES.md is no picture");
        let first = shrink(&paths[1]).unwrap();
        assert_eq!(first, shrink(&paths[1]).unwrap());
        assert_ne!(first, shrink(&paths[2]).unwrap());
        let (before, after) = (image::open(&paths[1]).unwrap(), image::load_from_memory(&first).unwrap());
        assert_eq!((after.width(), after.height()), (before.width().div_ceil(2), before.height().div_ceil(2)));
    }

    #[test]
    fn a_broken_picture_is_an_error_with_a_reason() {
        let home = tempfile::tempdir().unwrap();
        let [png, jpeg] = ["chelsea.png", "rocket.jpg"].map(|name| fs::read(Path::new(FOLDER).join(name)).unwrap());
        let (cut_png, cut_jpeg) = (&png[..png.len() / 2], &jpeg[..jpeg.len() / 2]);
        assert!(image::load_from_memory(cut_jpeg).is_ok(), "why we look for its end: the decoder does not");
        for (name, bytes) in [("a.png", cut_png), ("b.jpg", cut_jpeg), ("c.jpg", &[]), ("d.png", b"no picture")] {
            let path = home.path().join(name);
            fs::write(&path, bytes).unwrap();
            assert!(!shrink(&path).unwrap_err().en.is_empty(), "{name}");
        }
        assert_eq!(list(home.path()).unwrap().len(), 4, "broken ones are listed");
        assert!(shrink(&home.path().join("gone.png")).is_err());
    }
}
