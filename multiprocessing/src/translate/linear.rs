//! The linear algebra of the model: a matrix of half-precision weights times a vector of floats.
//!
//! Weights stay as they are in the file, two bytes each, and are widened when they are used. So a mapped model needs no second copy,
//! and every mode computes the same sums in the same order: the translations are equal.

/// Partial sums of one dot product: as many floats as a wide vector register holds. Divides the model's width.
const LANES: usize = 16;

/// A matrix of little-endian half-precision floats, row by row, in borrowed memory.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'m> {
    bytes: &'m [u8],
    columns: usize,
}

impl<'m> Matrix<'m> {
    /// The matrix of these bytes. The columns must be a multiple of 16, the bytes whole rows.
    pub fn new(bytes: &'m [u8], columns: usize) -> Matrix<'m> {
        assert!(columns > 0 && columns.is_multiple_of(LANES) && bytes.len().is_multiple_of(2 * columns));
        Matrix { bytes, columns }
    }

    pub fn row(self, row: usize, to: &mut [f32]) {
        let length = 2 * self.columns;
        widen_all(&self.bytes[row * length..][..length], to);
    }

    /// `self · vector + bias`; the bias is as long as the matrix is high.
    pub fn times(self, vector: &[f32], bias: &[u8], to: &mut [f32]) {
        assert_eq!(vector.len(), self.columns);
        widen_all(bias, to);
        // The vector is multiplied once instead of every weight. This is exact: its values are far from overflow.
        let vector: Vec<f32> = vector.iter().map(|value| value * REBIAS).collect();
        for (sum, row) in to.iter_mut().zip(self.bytes.chunks_exact(2 * self.columns)) {
            *sum += dot(row, &vector);
        }
    }
}

/// The dot product of a row of weights and a vector that was multiplied by [`REBIAS`].
fn dot(row: &[u8], vector: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (weights, values) in row.chunks_exact(2 * LANES).zip(vector.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += shift([weights[2 * lane], weights[2 * lane + 1]]) * values[lane];
        }
    }
    sums.iter().sum()
}

fn widen_all(bytes: &[u8], to: &mut [f32]) {
    assert_eq!(bytes.len(), 2 * to.len());
    for (bytes, to) in bytes.chunks_exact(2).zip(to) {
        *to = widen([bytes[0], bytes[1]]);
    }
}

/// A half-precision float as a float; exact if it is finite (see [`all_finite`]).
fn widen(bytes: [u8; 2]) -> f32 {
    shift(bytes) * REBIAS
}

/// Sign, exponent and fraction moved to their places in a float: the value divided by 2¹¹². Multiplying by that is correct for subnormal
/// numbers too and needs no branch, so the compiler can use vector instructions.
fn shift(bytes: [u8; 2]) -> f32 {
    let sign_extended = i32::from(i16::from_le_bytes(bytes)) << 16 >> 3;
    f32::from_bits(sign_extended.cast_unsigned() & 0x8fff_e000)
}

/// The difference of the biases of the two exponents, 127 − 15, as a factor.
const REBIAS: f32 = f32::from_bits((127 + 127 - 15) << 23);

/// Whether half-precision floats contain no infinity and no NaN, whose exponents are all ones.
pub fn all_finite(bytes: &[u8]) -> bool {
    bytes.chunks_exact(2).all(|b| b[1] & 0x7c != 0x7c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As IEEE 754 defines it, in double precision.
    fn by_definition(bits: u16) -> f64 {
        let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
        match exponent {
            0 => sign * fraction * 2f64.powi(-14),
            _ => sign * (1.0 + fraction) * 2f64.powi(exponent - 15),
        }
    }

    #[test]
    fn every_finite_half_is_widened_exactly() {
        let mut finite = 0;
        for bits in 0..=u16::MAX {
            if all_finite(&bits.to_le_bytes()) {
                finite += 1;
                let (wide, known) = (f64::from(widen(bits.to_le_bytes())), by_definition(bits));
                assert!(wide == known && wide.is_sign_negative() == known.is_sign_negative(), "{bits:#x}");
            }
        }
        assert_eq!(finite, 2 * 31 * 1024, "all but the highest exponent");
    }

    #[test]
    fn a_product_is_the_schoolbook_one() {
        let halves = |ints: &[u8]| -> Vec<u8> {
            // Small whole numbers: every sum is exact, in whatever order.
            ints.iter().flat_map(|n| [[0, 0], [0, 0x3c], [0, 0x40], [0, 0x42]][usize::from(*n)]).collect()
        };
        let weights: Vec<u8> = (0..96u32).map(|n| (n * n % 4) as u8).collect();
        let vector: Vec<f32> = (0..32u8).map(f32::from).collect();
        let (matrix, bias) = (halves(&weights), halves(&[3, 1, 2]));
        let mut product = [0.0; 3];
        Matrix::new(&matrix, 32).times(&vector, &bias, &mut product);
        for (n, row) in weights.chunks(32).enumerate() {
            let sum: f32 = row.iter().zip(&vector).map(|(w, v)| f32::from(*w) * v).sum();
            assert_eq!(product[n], sum + [3.0, 1.0, 2.0][n]);
        }
        let mut row = [0.0; 32];
        Matrix::new(&matrix, 32).row(1, &mut row);
        assert!(row.iter().zip(&weights[32..]).all(|(wide, w)| *wide == f32::from(*w)));
    }
}
