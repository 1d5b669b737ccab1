//! Base64 (RFC 4648, 4).

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn base64(bytes: &[u8]) -> String {
    let digits = |three: &[u8]| {
        let all = three.iter().chain(&[0, 0]).take(3).fold(0, |all, byte| all << 8 | u32::from(*byte));
        let digit = move |n: usize| if n <= three.len() { DIGITS[(all >> (18 - 6 * n)) as usize & 63] } else { b'=' };
        (0..4).map(digit).map(char::from).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_rfc() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{ff}~", "w79+")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
