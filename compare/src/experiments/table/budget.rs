//! How long a run may take. Within it, the number of rounds is chosen.

use std::time::Duration;

use lab::lang::Text;
use lab::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// `--quick`.
    Quick,
    Usual,
    /// `--thorough`.
    Thorough,
}

impl Budget {
    pub fn seconds(self) -> u64 {
        match self {
            Budget::Quick => 15,
            Budget::Usual => 60,
            Budget::Thorough => 300,
        }
    }

    /// When the last round must have ended: what is left is for starting and for the report.
    pub fn time(self) -> Duration {
        Duration::from_millis(920 * self.seconds())
    }

    /// More rounds than these would not make an interval much narrower.
    pub fn most_rounds(self) -> usize {
        if self == Budget::Thorough { 40 } else { 15 }
    }

    /// Rounds of the cells that only the row of use cases needs.
    pub fn use_case_rounds(self) -> usize {
        if self == Budget::Thorough { 10 } else { 3 }
    }

    /// How long the sequence of the counting loop should take, in ns: the kernel counts CPU time in hundredths of a second, and at
    /// least twenty of them must pass on all cores while four units run in parallel.
    pub fn sequence_ns(self) -> f64 {
        if self == Budget::Quick { 0.24e9 } else { 0.4e9 }
    }

    pub fn note(self, rounds: usize) -> Text {
        let seconds = self.seconds();
        text!(
            "시간 한도 {seconds}초 안에서 {rounds}회차를 번갈아 측정했습니다(--quick 15초, 기본 60초, --thorough 300초). 사용 사례에만 쓰이는 칸은 회차가 더 적을 수 있습니다.",
            "Rounds, in turn, within {seconds} s: {rounds} (--quick 15 s, default 60 s, --thorough 300 s). Cells that only the use cases need may have fewer."
        )
    }
}
