//! Decoding of compressed bodies, with the feature `compression`. Without it no server is asked to compress.

use std::io::{self, Read};

/// The value of `Accept-Encoding`.
pub const ACCEPTED: Option<&str> = if cfg!(feature = "compression") { Some("gzip, br, zstd") } else { None };

/// A reader of the decoded body. If the coding is unknown: of the body as it is, and `false`. It may read the beginning of the body.
pub fn reader(coding: &str, body: impl Read + 'static) -> io::Result<(Box<dyn Read>, bool)> {
    Ok(match coding.to_ascii_lowercase().as_str() {
        "" | "identity" => (Box::new(body), true),
        #[cfg(feature = "compression")]
        "gzip" | "x-gzip" => (Box::new(flate2::read::MultiGzDecoder::new(body)), true),
        #[cfg(feature = "compression")]
        "br" => (Box::new(brotli_decompressor::Decompressor::new(body, 16 * 1024)), true),
        #[cfg(feature = "compression")]
        "zstd" => (Box::new(ruzstd::decoding::StreamingDecoder::new(body).map_err(io::Error::other)?), true),
        _ => (Box::new(body), false),
    })
}
