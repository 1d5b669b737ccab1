//! The article's table, and rules that turn measurements into its words.

use lab::cores_used::PARALLEL;
use lab::lang::Text;
use lab::text;

/// A word of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// ✅
    Parallel,
    /// ❌
    NotParallel,
    /// 있음: the GIL has an effect.
    Affected,
    /// 없음: the GIL has no effect.
    NotAffected,
    /// 매우 좋음.
    VeryGood,
    /// 좋음.
    Good,
    /// 중간.
    Fair,
    /// 나쁨.
    Bad,
}

impl Word {
    /// As the article writes it; its ✅ and ❌ are O and X (yes and no), as their width in a terminal is not certain.
    pub fn text(self) -> Text {
        match self {
            Word::Parallel => text!("O", "yes"),
            Word::NotParallel => text!("X", "no"),
            Word::Affected => text!("있음", "yes"),
            Word::NotAffected => text!("없음", "none"),
            Word::VeryGood => text!("매우 좋음", "very good"),
            Word::Good => text!("좋음", "good"),
            Word::Fair => text!("중간", "fair"),
            Word::Bad => text!("나쁨", "bad"),
        }
    }
}

/// What became of a cell: its word in every round, set against the article's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The article's word.
    Same(Word),
    /// Other words, between which only a boundary of ours decides: the article has no figures. From the worst to the best.
    Boundary(Word, Word),
    /// A word that contradicts the article's: it gains, or it does not.
    Differs(Word),
    /// The rounds contradict each other. Then noise would decide.
    Varies,
}

impl Word {
    /// Whether it says that nothing is gained; the same on both sides of a boundary that is ours alone.
    fn says(self) -> (u8, bool) {
        match self {
            Word::Parallel => (0, true),
            Word::NotParallel => (0, false),
            Word::Affected => (1, true),
            Word::NotAffected => (1, false),
            Word::VeryGood | Word::Good | Word::Fair => (2, true),
            Word::Bad => (2, false),
        }
    }
}

impl Agreement {
    /// Of the words of all rounds; `None` without any.
    pub fn of(said: Word, rounds: &[Word]) -> Option<Agreement> {
        let first = *rounds.first()?;
        if rounds.iter().any(|word| word.says() != first.says()) {
            return Some(Agreement::Varies);
        }
        if first.says() != said.says() {
            return Some(Agreement::Differs(first));
        }
        if rounds.iter().all(|word| *word == said) {
            return Some(Agreement::Same(said));
        }
        // The words stand from the best to the worst.
        let worst = rounds.iter().copied().max_by_key(|word| *word as u8)?;
        let best = rounds.iter().copied().min_by_key(|word| *word as u8)?;
        Some(Agreement::Boundary(worst, best))
    }

    /// What the table shows.
    pub fn text(self) -> Text {
        let with = |word: Word, remark: Text| {
            let word = word.text();
            Text { ko: format!("{} ({})", word.ko, remark.ko), en: format!("{} ({})", word.en, remark.en) }
        };
        match self {
            Agreement::Same(word) => with(word, text!("같음", "same")),
            Agreement::Differs(word) => with(word, text!("다름", "differs")),
            Agreement::Boundary(worst, best) if worst == best => with(best, text!("경계", "boundary")),
            Agreement::Boundary(worst, best) => {
                let (worst, best) = (worst.text(), best.text());
                Text {
                    ko: format!("{}–{} (경계)", worst.ko, best.ko),
                    en: format!("{}–{} (boundary)", worst.en, best.en),
                }
            }
            Agreement::Varies => text!("회차마다 다름", "varies"),
        }
    }
}

/// A row of the table that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArticleRow {
    /// 병렬성.
    Parallelism,
    /// GIL 영향.
    GilEffect,
    /// I/O 바운드.
    IoBound,
    /// CPU 바운드.
    CpuBound,
}

impl ArticleRow {
    pub const ALL: [ArticleRow; 4] =
        [ArticleRow::Parallelism, ArticleRow::GilEffect, ArticleRow::IoBound, ArticleRow::CpuBound];

    pub fn name(self) -> Text {
        match self {
            ArticleRow::Parallelism => text!("병렬성", "parallelism"),
            ArticleRow::GilEffect => text!("GIL 영향", "effect of the GIL"),
            ArticleRow::IoBound => text!("I/O 바운드", "I/O-bound"),
            ArticleRow::CpuBound => text!("CPU 바운드", "CPU-bound"),
        }
    }

    // ANCHOR: article
    /// The article's words for 멀티스레딩, asyncio and 멀티프로세싱.
    pub fn article(self) -> [Word; 3] {
        match self {
            ArticleRow::Parallelism => [Word::NotParallel, Word::NotParallel, Word::Parallel],
            ArticleRow::GilEffect => [Word::Affected, Word::NotAffected, Word::NotAffected],
            ArticleRow::IoBound => [Word::Good, Word::VeryGood, Word::Fair],
            ArticleRow::CpuBound => [Word::Bad, Word::Bad, Word::VeryGood],
        }
    }
    // ANCHOR_END: article
}

/// A unit that takes more memory than this, in bytes, is not very good at waiting.
pub const LIGHT: f64 = 32.0 * 1024.0;

/// The rules in words.
pub fn rules() -> Vec<Text> {
    vec![
        text!(
            "병렬성: 평균 {PARALLEL}개보다 많은 코어를 쓰면 O. GIL 영향: GIL이 없을 때 쓰는 코어가 GIL을 씌웠을 때의 {PARALLEL}배보다 많으면 있음.",
            "parallelism: yes if more than {PARALLEL} cores were busy on average. Effect of the GIL: yes if without it the loop keeps more than {PARALLEL} times as many cores busy."
        ),
        text!(
            "I/O 바운드: 순차 실행의 {PARALLEL}배 이하이면 나쁨. 이상적인 처리량(단위 수 ÷ 지연) 대비 70 % 이상이면 매우 좋음(단위당 32 KiB 이하일 때), 50 % 이상이면 좋음, 그보다 낮으면 중간.",
            "I/O-bound: bad if the rate is at most {PARALLEL} times that in sequence; very good from 70 % of the ideal rate (units ÷ delay) and at most 32 KiB per unit; good from 50 %, fair below."
        ),
        text!(
            "CPU 바운드: 속도 향상이 코어 수의 75 % 이상이면 매우 좋음, 50 % 이상이면 좋음, {PARALLEL}배 이하이거나 코어를 하나만 썼으면 나쁨.",
            "CPU-bound: very good if the speed-up is at least 75 % of the cores, good from 50 %; bad if it is at most {PARALLEL}, or only one core was busy."
        ),
        text!(
            "다름: 글에는 이득이 없다고 했는데 있거나, 있다고 했는데 없음. 경계: 매우 좋음, 좋음, 중간 사이의 차이. 글에는 그 경계가 없고 위의 수는 이 프로젝트에서 정했으므로, 이런 칸은 글과 어긋나지 않습니다. 회차마다 다름: 회차끼리 어긋나므로 판정하지 않음.",
            "Differs: it gains where the article says it does not, or the other way round. Boundary: the difference is between very good, good and fair. The article has no figures for them and those above are ours, so such a cell does not contradict it. Varies: the rounds contradict each other, so the cell is not judged."
        ),
    ]
}

// ANCHOR: rules
/// Parallel or not, by cores kept busy.
pub fn parallelism(cores: f64) -> Word {
    if cores > PARALLEL { Word::Parallel } else { Word::NotParallel }
}

/// Whether a GIL has an effect, by the number of busy cores. Not by time: a virtual machine's changing speed would look like an effect.
pub fn gil_effect(cores_without: f64, cores_under: f64) -> Word {
    if cores_without / cores_under > PARALLEL { Word::Affected } else { Word::NotAffected }
}

/// By the share of the ideal rate, how many times the rate in sequence that is, and the memory of a unit.
pub fn io_bound(share: f64, speed_up: f64, memory: Option<f64>) -> Word {
    match share {
        _ if speed_up <= PARALLEL => Word::Bad,
        s if s >= 0.7 && memory.is_none_or(|bytes| bytes <= LIGHT) => Word::VeryGood,
        s if s >= 0.5 => Word::Good,
        _ => Word::Fair,
    }
}

/// By the speed-up against the sequence, the cores busy on average, and the cores of the machine. With only one core busy a speed-up
/// means that the machine itself had become faster.
pub fn cpu_bound(speed_up: f64, busy: f64, cores: usize) -> Word {
    match (speed_up, speed_up / cores as f64) {
        (s, _) if s <= PARALLEL || parallelism(busy) == Word::NotParallel => Word::Bad,
        (_, share) if share >= 0.75 => Word::VeryGood,
        (_, share) if share >= 0.5 => Word::Good,
        _ => Word::Fair,
    }
}
// ANCHOR_END: rules

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_follow_the_rules() {
        assert_eq!(parallelism(1.0), Word::NotParallel);
        assert_eq!(parallelism(1.9), Word::Parallel);
        assert_eq!(gil_effect(1.0, 0.95), Word::NotAffected);
        assert_eq!(gil_effect(1.9, 1.0), Word::Affected);
        assert_eq!(io_bound(0.9, 90.0, Some(1000.0)), Word::VeryGood);
        assert_eq!(io_bound(0.9, 90.0, Some(LIGHT + 1.0)), Word::Good, "fast but heavy");
        assert_eq!(io_bound(0.6, 60.0, Some(1000.0)), Word::Good);
        assert_eq!(io_bound(0.2, 20.0, None), Word::Fair);
        assert_eq!(io_bound(0.05, 5.0, None), Word::Fair, "slow, but five at once");
        assert_eq!(io_bound(0.9, 1.0, None), Word::Bad, "no better than one after another");
        assert_eq!(cpu_bound(1.0, 1.9, 2), Word::Bad);
        assert_eq!(cpu_bound(1.1, 1.9, 2), Word::Bad);
        assert_eq!(cpu_bound(1.5, 1.0, 2), Word::Bad, "faster, but on one core");
        assert_eq!(cpu_bound(1.5, 3.0, 8), Word::Fair);
        assert_eq!(cpu_bound(1.3, 1.5, 2), Word::Good);
        assert_eq!(cpu_bound(1.8, 1.9, 2), Word::VeryGood);
    }
    #[test]
    fn neither_a_boundary_of_ours_nor_noise_makes_a_cell_differ() {
        use Word::*;
        let of = |said, rounds: &[Word]| Agreement::of(said, rounds).unwrap();
        assert_eq!(of(Good, &[Good; 3]), Agreement::Same(Good));
        // The known-wrong table said here that threads differ from the article's "good".
        assert_eq!(of(Good, &[VeryGood; 3]), Agreement::Boundary(VeryGood, VeryGood));
        assert_eq!(of(Good, &[VeryGood, Good, Good]), Agreement::Boundary(Good, VeryGood));
        assert_eq!(of(VeryGood, &[Good, VeryGood, Fair]), Agreement::Boundary(Fair, VeryGood));
        // And here what the median of three came to.
        assert_eq!(of(VeryGood, &[VeryGood, Bad, VeryGood]), Agreement::Varies);
        assert_eq!(of(Parallel, &[NotParallel, NotParallel, Parallel]), Agreement::Varies);
        assert_eq!(of(NotParallel, &[Parallel; 3]), Agreement::Differs(Parallel));
        assert_eq!(of(Bad, &[VeryGood, Good, VeryGood]), Agreement::Differs(VeryGood));
        assert_eq!(Agreement::of(Bad, &[]), None);
    }
}
