//! Line numbers of a code object: `co_linetable`, CPython's Objects/locations.md.

/// The line of the instruction at this offset, in code units. `None` if it has none, or the table ends before.
pub fn line_at(table: &[u8], first_line: u32, unit: u64) -> Option<u32> {
    let mut bytes = table.iter().copied();
    let mut line = i64::from(first_line);
    let mut covered = 0;
    loop {
        let head = bytes.next()?;
        let (kind, units) = ((head >> 3) & 15, u64::from(head & 7) + 1);
        let (change, columns) = match kind {
            15 => (None, 0),
            14 => (Some(signed(&mut bytes)?), 3),
            13 => (Some(signed(&mut bytes)?), 0),
            10..=12 => (Some(i64::from(kind) - 10), 0),
            _ => (Some(0), 0),
        };
        line += change.unwrap_or(0);
        match kind {
            14 => (0..columns).try_for_each(|_| number(&mut bytes).map(drop))?,
            10..=12 => bytes.nth(1).map(drop)?,
            0..=9 => bytes.next().map(drop)?,
            _ => {}
        }
        covered += units;
        if unit < covered {
            return change.and_then(|_| u32::try_from(line).ok());
        }
    }
}

/// Six bits a byte, the lowest first; the seventh says that more follow.
fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let mut value = 0;
    for shift in (0..60).step_by(6) {
        let byte = bytes.next()?;
        value |= i64::from(byte & 63) << shift;
        if byte & 64 == 0 {
            return Some(value);
        }
    }
    None
}

/// The lowest bit is the sign.
fn signed(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let value = number(bytes)?;
    Some(if value & 1 == 1 { -(value >> 1) } else { value >> 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of an entry.
    fn head(kind: u8, units: u8) -> u8 {
        0x80 | kind << 3 | (units - 1)
    }

    #[test]
    fn every_form_of_an_entry_moves_on() {
        let table = [
            vec![head(0, 2), 0x11],                 // short form, the first line
            vec![head(11, 1), 4, 9],                // one line on
            vec![head(13, 1), 2 << 1],              // two lines on
            vec![head(14, 1), 1 | 3 << 1, 0, 1, 1], // three lines back
            vec![head(15, 8)],                      // no line
            vec![head(10, 1), 0, 0],
            vec![head(13, 1), 64 | (100_i64 << 1 & 63) as u8, (100 << 1 >> 6) as u8],
        ]
        .concat();
        let lines: Vec<_> = [0, 1, 2, 3, 4, 5, 12, 13, 14, 15].map(|unit| line_at(&table, 10, unit)).into();
        let known = [Some(10), Some(10), Some(11), Some(13), Some(10), None, None, Some(10), Some(110), None];
        assert_eq!(lines, known);
    }

    #[test]
    fn a_torn_table_is_no_line() {
        assert_eq!(line_at(&[], 1, 0), None);
        assert_eq!(line_at(&[head(14, 1), 0, 0], 1, 0), None);
        assert_eq!(line_at(&[head(13, 1), 64], 1, 0), None);
        assert_eq!(line_at(&[head(13, 1), 1 | 20 << 1], 3, 0), None, "before the first line");
    }
}
