//! `--inject error=0.1,never=0.01`: the share of requests for which our own server injects a fault.

use std::time::Duration;

use lab::cli::{Args, Opt, Options};
use lab::{Error, Result, text};
use web::Faults;

/// The options of our own server; `serve` and `fetch` share them.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// Time until the server answers.
    pub delay: Opt<Duration>,
    /// Seed for faults and jitter.
    pub seed: Opt<u64>,
    inject: Opt<Option<String>>,
}

impl ServerOptions {
    pub fn declare(options: &mut Options) -> ServerOptions {
        let about = text!("서버가 /에 응답하기까지 걸리는 시간", "how long the server takes to answer /");
        let delay = options.seconds("delay", 0.0..=60.0, 0.05, about);
        let about = text!("주입할 오류: error=0.1,never=0.01", "faults to inject: error=0.1,never=0.01");
        let inject = options.word("inject", about);
        let about = text!("오류와 지터에 쓸 난수 시드", "random seed for faults and jitter");
        let seed = options.count("seed", 0..=u64::MAX, 0, about);
        ServerOptions { delay, seed, inject }
    }

    /// Declares that these options conflict with `other`, which selects another server.
    pub fn only_without<T>(self, options: &mut Options, other: Opt<T>) {
        options.conflict(other, self.delay);
        options.conflict(other, self.inject);
    }

    /// The faults given by `--inject`.
    pub fn faults(self, a: &Args) -> Result<Faults> {
        a.get(self.inject).as_deref().map_or(Ok(Faults::default()), parse)
    }
}

/// Reads the value of `--inject`.
pub fn parse(words: &str) -> Result<Faults> {
    let mut faults = Faults::default();
    for word in words.split(',') {
        let (kind, share) = word.split_once('=').ok_or_else(|| refuse(words))?;
        let share: f64 = share.trim().parse().map_err(|_| refuse(words))?;
        let field = match kind.trim() {
            "error" => &mut faults.error,
            "close" => &mut faults.close,
            "never" => &mut faults.never,
            _ => return Err(refuse(words)),
        };
        if !(0.0..=1.0).contains(&share) || *field > 0.0 {
            return Err(refuse(words));
        }
        *field = share;
    }
    if faults.error + faults.close + faults.never > 1.0 {
        return Err(refuse(words));
    }
    Ok(faults)
}

fn refuse(words: &str) -> Error {
    Error::usage(text!(
        "--inject {words}: error, close, never에 0에서 1 사이의 비율을 한 번씩만 주십시오(합은 1 이하). 예: error=0.1,never=0.01",
        "--inject {words}: give error, close and never a share from 0 to 1, each at most once, with a sum of at most 1, e.g. error=0.1,never=0.01"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read() {
        assert_eq!(parse("error=0.1,never=0.01").unwrap(), Faults { error: 0.1, never: 0.01, close: 0.0 });
        assert_eq!(parse("close=1").unwrap().close, 1.0);
        let wrong = [
            "",
            "error",
            "error=",
            "error=x",
            "error=-0.1",
            "error=1.1",
            "error=NaN",
            "nonsense=0.1",
            "error=0.6,close=0.6",
        ];
        for wrong in wrong.iter().chain(&["error=0.1,error=0.2", "error=0.1,"]) {
            assert_eq!(parse(wrong).unwrap_err().code(), 2, "{wrong}");
        }
    }
}
