//! What a picture's file may hold besides its pixels, and what becomes of it.

use std::fs;
use std::path::Path;

use multiprocessing::picture;

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
