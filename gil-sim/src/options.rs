//! Options that several experiments have in common.

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::{Opt, Options};
use lab::lang::Text;
use lab::text;

/// `--iterations N`: of the article's loop.
pub(crate) fn iterations(options: &mut Options, most: u64, default: u64) -> Opt<u64> {
    options.count(
        "iterations",
        1..=most,
        default,
        text!("스레드마다 루프를 반복하는 횟수", "iterations of the loop in each thread"),
    )
}

/// `--interval S`.
pub(crate) fn interval(options: &mut Options, default: f64) -> Opt<Duration> {
    let about = text!("전환 간격, sys.setswitchinterval", "switch interval, sys.setswitchinterval");
    options.seconds("interval", 0.000_001..=10.0, default, about)
}

/// `--seconds S`: how long everything is measured.
pub(crate) fn seconds(options: &mut Options, default: f64) -> Opt<Duration> {
    let about = text!("측정 한 번의 시간(초)", "seconds of each measurement");
    options.seconds("seconds", 0.01..=60.0, default, about)
}

/// `--delay S`: of a peer process.
#[cfg(unix)]
pub(crate) fn delay(options: &mut Options, default: f64) -> Opt<Duration> {
    options.seconds(
        "delay",
        0.0..=10.0,
        default,
        text!("상대 프로세스가 응답하기까지의 시간(초)", "seconds until the peer answers"),
    )
}

/// `FILE`: a scenario. The default, if there is one, is only named here.
pub(crate) fn scenario(options: &mut Options, default: Option<Text>) -> Opt<Option<PathBuf>> {
    let about = text!(
        "시나리오 파일, 또는 gil-sim/scenarios에 있는 시나리오의 이름",
        "a scenario file, or the name of one in gil-sim/scenarios"
    );
    let about = match default {
        Some(default) => Text {
            ko: format!("{} (기본 {})", about.ko, default.ko),
            en: format!("{} (default {})", about.en, default.en),
        },
        None => about,
    };
    options.positional_path("file", about)
}
