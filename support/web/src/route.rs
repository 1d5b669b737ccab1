//! What a path asks for.
//!
//! | path | answer |
//! |---|---|
//! | `/` | `ok` after the delay that the server was started with |
//! | `/delay/MS` | `ok` after so many milliseconds |
//! | `/random/LEAST/MOST` | `ok` after a time between the two, in milliseconds, drawn with the server's seed |
//! | `/error` | 500 |
//! | `/close` | no answer: the connection is closed |
//! | `/cut/N` | no more than the first half of a body of N bytes, then the connection is closed |
//! | `/never` | no answer |
//! | `/bytes/N` | a body of N bytes |
//! | `/upload` (POST) | the number of bytes received |

use std::time::Duration;

/// The longest delay that a client can ask for.
pub const MOST_DELAY: Duration = Duration::from_secs(60);
/// The largest body that a client can ask for, in bytes.
pub const MOST_BYTES: u64 = 1 << 30;

/// A valid path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/`
    Root,
    /// `/delay/MS`
    Delay(Duration),
    /// `/random/LEAST/MOST`
    Random(Duration, Duration),
    /// `/error`
    Error,
    /// `/close`
    Close,
    /// `/cut/N`
    Cut(u64),
    /// `/never`
    Never,
    /// `/bytes/N`
    Bytes(u64),
    /// `/upload`
    Upload,
}

/// Why a path is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// There is no such path: 404.
    Unknown,
    /// The path exists, but its number is not valid: 400.
    BadNumber,
}

impl Route {
    /// Reads the path of a request, without its query.
    pub fn of(path: &str) -> Result<Route, NoRoute> {
        let mut words = path.split('/').skip(1);
        let (name, first, second) = (words.next().unwrap_or_default(), words.next(), words.next());
        if words.next().is_some() {
            return Err(NoRoute::Unknown);
        }
        match (name, first, second) {
            ("", None, None) => Ok(Route::Root),
            ("error", None, None) => Ok(Route::Error),
            ("close", None, None) => Ok(Route::Close),
            ("never", None, None) => Ok(Route::Never),
            ("upload", None, None) => Ok(Route::Upload),
            ("delay", Some(ms), None) => milliseconds(ms).map(Route::Delay),
            ("bytes", Some(n), None) => bytes(n).map(Route::Bytes),
            ("cut", Some(n), None) => bytes(n).map(Route::Cut),
            ("random", Some(least), Some(most)) => match (milliseconds(least)?, milliseconds(most)?) {
                (least, most) if least <= most => Ok(Route::Random(least, most)),
                _ => Err(NoRoute::BadNumber),
            },
            _ => Err(NoRoute::Unknown),
        }
    }

    /// Whether it is normally answered 200 and only waits or sends bytes: faults are injected into such requests only.
    pub fn is_plain(self) -> bool {
        matches!(self, Route::Root | Route::Delay(_) | Route::Random(..) | Route::Bytes(_))
    }
}

fn milliseconds(word: &str) -> Result<Duration, NoRoute> {
    let delay = word.parse().map(Duration::from_millis).map_err(|_| NoRoute::BadNumber)?;
    if delay <= MOST_DELAY { Ok(delay) } else { Err(NoRoute::BadNumber) }
}

fn bytes(word: &str) -> Result<u64, NoRoute> {
    word.parse().ok().filter(|n| *n <= MOST_BYTES).ok_or(NoRoute::BadNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let ms = Duration::from_millis;
        assert_eq!(Route::of("/"), Ok(Route::Root));
        assert_eq!(Route::of("/delay/50"), Ok(Route::Delay(ms(50))));
        assert_eq!(Route::of("/random/10/90"), Ok(Route::Random(ms(10), ms(90))));
        assert_eq!(Route::of("/bytes/1073741824"), Ok(Route::Bytes(MOST_BYTES)));
        for bad in
            ["/delay/-1", "/delay/x", "/delay/60001", "/delay/", "/random/9/1", "/bytes/1073741825", "/bytes/1e9"]
        {
            assert_eq!(Route::of(bad), Err(NoRoute::BadNumber), "{bad}");
        }
        for unknown in ["/x", "/delay", "/random/1", "/error/1", "/delay/1/2/3", "//", "/bytes/1/", ""] {
            let expected = if unknown.is_empty() { Ok(Route::Root) } else { Err(NoRoute::Unknown) };
            assert_eq!(Route::of(unknown), expected, "{unknown}");
        }
    }
}
