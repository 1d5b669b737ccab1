//! The verdict on the article's claim about threads and I/O: that they wait at the same time.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::text;

/// The claim, by its id in the ledger.
pub const CLAIM: &str = "threads-io-overlap";

/// Judges by how many of so many threads waited at the same time, at the peak: `enough` or more, and the claim holds.
pub fn judge(on: impl Into<Text>, threads: usize, peak: usize, enough: usize) -> Verdict {
    if threads < 2 {
        return Verdict::not_measured(CLAIM, on, text!("스레드가 하나뿐입니다", "there is only one thread"));
    }
    let evidence = text!(
        "스레드 {threads}개 가운데 동시에 기다린 스레드 최대 {peak}개",
        "threads that waited at once: at most {peak} of {threads}"
    );
    Verdict::seen(CLAIM, on, peak >= enough, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn one_thread_at_a_time_is_no_overlap_and_one_thread_alone_says_nothing() {
        assert_eq!(judge("Rust", 4, 1, 2).outcome, Outcome::DoesNotHold);
        assert_eq!(judge("Rust", 4, 2, 2).outcome, Outcome::Holds);
        assert_eq!(judge("Rust", 5, 4, 5).outcome, Outcome::DoesNotHold, "the listing: all of them");
        assert!(matches!(judge("Rust", 1, 1, 2).outcome, Outcome::NotMeasured(_)));
    }
}
