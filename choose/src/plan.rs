//! The options that describe what is asked: pieces, cores, data.

use lab::cli::{Args, Opt, Options};
use lab::{Error, Result, text};

use crate::predict::Plan;

/// Their handles.
#[derive(Clone, Copy, Debug)]
pub struct PlanOptions {
    pieces: Opt<u64>,
    cores: Opt<Option<u64>>,
    payload: Opt<Option<String>>,
    hosts: Opt<u64>,
}

impl PlanOptions {
    /// Declares them.
    pub fn declare(options: &mut Options) -> PlanOptions {
        let about = text!("서로 독립인 작업 조각의 수", "independent pieces into which the work can be cut");
        let pieces = options.count("pieces", 1..=1_000_000, 8, about);
        let about = text!(
            "예측할 코어 수 (기본: 프로그램이 쓸 수 있는 코어)",
            "cores to predict for (default: those that the program may use)"
        );
        let cores = options.count_if_given("cores", 1..=1024, about);
        let about = text!(
            "조각 하나와 주고받는 데이터의 합 (예: 4MiB)",
            "data passed to a piece and back, together, such as 4MiB"
        );
        let payload = options.word("payload", about);
        let about = text!("클러스터를 어림할 컴퓨터의 수", "machines to estimate a cluster of");
        let hosts = options.count("hosts", 1..=10_000, 4, about);
        PlanOptions { pieces, cores, payload, hosts }
    }

    /// What was asked; `cores` are those that the program may use.
    pub fn get(&self, args: &Args, cores: f64) -> Result<Plan> {
        let payload = args.get(self.payload).map_or(Ok(0), |size| bytes(&size))?;
        let cores = args.get(self.cores).unwrap_or((cores as u64).clamp(1, 1024));
        Ok(Plan { pieces: args.get(self.pieces), cores, payload, hosts: args.get(self.hosts) })
    }
}

/// A size with its unit. Also checked before a program is run in vain.
pub fn bytes(size: &str) -> Result<u64> {
    let digits = size.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(size.len());
    let (number, unit) = size.split_at(digits);
    let scale = match unit.trim() {
        "" | "B" => Some(1.0),
        "K" | "KB" | "kB" => Some(1e3),
        "M" | "MB" => Some(1e6),
        "G" | "GB" => Some(1e9),
        "KiB" => Some(1024.0),
        "MiB" => Some(1024.0 * 1024.0),
        "GiB" => Some(1024.0 * 1024.0 * 1024.0),
        _ => None,
    };
    let value = number.parse::<f64>().ok().zip(scale).map(|(number, scale)| number * scale);
    value.filter(|value| *value <= 1e12).map(|value| value as u64).ok_or_else(|| {
        Error::usage(text!(
            "--payload {size}: 4MiB, 64KiB, 1000B처럼 1 TB까지의 크기를 주십시오.",
            "--payload {size}: give a size up to 1 TB, such as 4MiB, 64KiB or 1000B."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (size, known) in [("0", 0), ("1000B", 1000), ("64KiB", 65536), ("4MiB", 4 << 20), ("1.5GB", 1_500_000_000)]
        {
            assert_eq!(bytes(size).unwrap(), known, "{size}");
        }
        for bad in ["", "MiB", "4 potatoes", "-1MiB", "1.2.3", "2000GB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }
}
