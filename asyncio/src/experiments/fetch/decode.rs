//! Decoding of compressed bodies, with the feature `compression`. Without it no server is asked to compress.

use std::io::Read;

/// The value of `Accept-Encoding`.
pub const ACCEPTED: Option<&str> = if cfg!(feature = "compression") { Some("gzip, br, zstd") } else { None };

/// A reader of the decoded body. If the coding is unknown: of the body as it is, and `false`.
#[cfg_attr(not(feature = "compression"), allow(unused_variables, reason = "nothing is decoded without the feature"))]
pub fn reader(coding: &str, body: impl Read + 'static) -> (Box<dyn Read>, bool) {
    match coding.to_ascii_lowercase().as_str() {
        "" | "identity" => (Box::new(body), true),
        #[cfg(feature = "compression")]
        "gzip" | "x-gzip" => (Box::new(flate2::read::MultiGzDecoder::new(body)), true),
        #[cfg(feature = "compression")]
        "br" => (Box::new(brotli_decompressor::Decompressor::new(body, 16 * 1024)), true),
        #[cfg(feature = "compression")]
        "zstd" => (Box::new(Zstd::Waiting(Some(Box::new(body)))), true),
        _ => (Box::new(body), false),
    }
}

/// The decoder is created at the first read, because its constructor reads the frame header and may fail.
#[cfg(feature = "compression")]
enum Zstd {
    Waiting(Option<Box<dyn Read>>),
    Running(Box<dyn Read>),
}

#[cfg(feature = "compression")]
impl Read for Zstd {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if let Zstd::Waiting(body) = self {
            let body = body.take().expect("it was not read after an error");
            let decoder = ruzstd::decoding::StreamingDecoder::new(body).map_err(std::io::Error::other)?;
            *self = Zstd::Running(Box::new(decoder));
        }
        match self {
            Zstd::Running(decoder) => decoder.read(to),
            Zstd::Waiting(_) => Ok(0),
        }
    }
}
