//! Where a JPEG ends.

/// The length of a JPEG up to and including its end marker; `None` if the file is cut short before it. Phones append clips and
/// depth maps, which may contain any bytes. A decoder would not complain about a cut file and leave the rest of the picture grey.
pub(super) fn length(file: &[u8]) -> Option<usize> {
    let mut at = 2; // after the start marker
    loop {
        at += file.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        at += file.get(at..)?.iter().position(|byte| *byte != 0xff)?;
        let marker = file[at];
        at += 1;
        match marker {
            END_OF_IMAGE => return Some(at),
            // An escaped 0xff of a scan, a restart marker, or a marker without a length: the next marker follows at once or after data.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            // A segment with a length. A camera's thumbnail, itself a JPEG, is inside one.
            _ => at += usize::from(u16::from_be_bytes([*file.get(at)?, *file.get(at + 1)?])),
        }
    }
}

const END_OF_IMAGE: u8 = 0xd9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_that_of_the_picture_and_not_of_its_thumbnail_or_appendix() {
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 3, 1, 7, 0xff, 0x00, 8, 0xff, 0xd0, 9];
        let cut = [&[0xff, 0xd8][..], &thumbnail, &scan].concat();
        let whole = [&cut[..], &[0xff, 0xff, 0xd9]].concat();
        assert_eq!(length(&whole), Some(whole.len()));
        for appendix in [&[0xff, 0xda][..], &whole, b"a clip"] {
            assert_eq!(length(&[&whole[..], appendix].concat()), Some(whole.len()));
        }
        for end in 0..whole.len() {
            assert_eq!(length(&whole[..end]), None, "{end}");
        }
    }
}
