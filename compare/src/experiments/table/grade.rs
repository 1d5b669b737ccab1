//! The article's table, and rules that turn measurements into its words.

use lab::cores_used::PARALLEL;
use lab::lang::Text;
use lab::text;

use super::alive::Alive;
use super::plan::Workload;

/// A word of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// 단일 프로세스, 다중 스레드.
    ManyThreads,
    /// 단일 스레드, 이벤트 루프.
    EventLoop,
    /// 다중 프로세스.
    ManyProcesses,
    /// Neither of these.
    OtherWay,
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
    /// 낮음: no more complex than the sequence. The article does not use it.
    Low,
    /// 중간, of complexity.
    Medium,
    /// 높음.
    High,
    /// A use case that the article names for this technique, and it fits.
    Fits,
    /// Another technique does it better, or none gains.
    FitsNot,
}

impl Word {
    /// As the article writes it; its ✅ and ❌ are O and X (yes and no), as their width in a terminal is not certain.
    pub fn text(self) -> Text {
        match self {
            Word::ManyThreads => text!("스레드", "threads"),
            Word::EventLoop => text!("루프", "loop"),
            Word::ManyProcesses => text!("프로세스", "procs"),
            Word::OtherWay => text!("그 밖", "other"),
            Word::Parallel | Word::Fits => text!("O", "yes"),
            Word::NotParallel | Word::FitsNot => text!("X", "no"),
            Word::Affected => text!("있음", "yes"),
            Word::NotAffected => text!("없음", "none"),
            Word::VeryGood => text!("매우 좋음", "very good"),
            Word::Good => text!("좋음", "good"),
            Word::Fair => text!("중간", "fair"),
            Word::Bad => text!("나쁨", "bad"),
            Word::Low => text!("낮음", "low"),
            Word::Medium => text!("중간", "medium"),
            Word::High => text!("높음", "high"),
        }
    }

    /// Whether it says that nothing is gained; the same on both sides of a boundary that is ours alone.
    fn says(self) -> (u8, bool) {
        match self {
            Word::ManyThreads => (3, true),
            Word::EventLoop => (4, true),
            Word::ManyProcesses => (5, true),
            Word::OtherWay => (6, true),
            Word::Parallel => (0, true),
            Word::NotParallel => (0, false),
            Word::Affected => (1, true),
            Word::NotAffected => (1, false),
            Word::VeryGood | Word::Good | Word::Fair => (2, true),
            Word::Bad => (2, false),
            Word::Medium | Word::High => (7, true),
            Word::Low => (7, false),
            Word::Fits => (8, true),
            Word::FitsNot => (8, false),
        }
    }
}

/// What became of a cell: the words that its confidence interval leaves, set against the article's. The two words are the ends of the
/// interval, as [`Word`] lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The article's word.
    Same(Word),
    /// Other words, between which only a boundary of ours decides: the article has no figures.
    Boundary(Word, Word),
    /// Words that contradict the article's: it gains, or it does not.
    Differs(Word, Word),
    /// The interval crosses the line between the two: noise would decide.
    Between(Word, Word),
}

impl Agreement {
    pub fn of(said: Word, (one, other): (Word, Word)) -> Agreement {
        if one.says() != other.says() {
            Agreement::Between(one, other)
        } else if one.says() != said.says() {
            Agreement::Differs(one, other)
        } else if one == said && other == said {
            Agreement::Same(said)
        } else {
            Agreement::Boundary(one, other)
        }
    }

    /// In full: "no (same)".
    pub fn text(self) -> Text {
        let with = |one: Word, other: Word, remark: Text| {
            let words = range(one, other);
            Text { ko: format!("{} ({})", words.ko, remark.ko), en: format!("{} ({})", words.en, remark.en) }
        };
        match self {
            Agreement::Same(word) => with(word, word, text!("같음", "same")),
            Agreement::Differs(one, other) => with(one, other, text!("다름", "differs")),
            Agreement::Boundary(one, other) => with(one, other, text!("경계", "boundary")),
            Agreement::Between(one, other) => {
                let (one, other) = (one.text(), other.text());
                Text {
                    ko: format!("{}–{} 사이", one.ko, other.ko), en: format!("between {} and {}", one.en, other.en)
                }
            }
        }
    }

    /// In a narrow cell: "= no".
    pub fn marked(self) -> Text {
        let (mark, one, other) = match self {
            Agreement::Same(word) => ('=', word, word),
            Agreement::Differs(one, other) => ('!', one, other),
            Agreement::Boundary(one, other) => ('~', one, other),
            Agreement::Between(one, other) => ('?', one, other),
        };
        let words = range(one, other);
        Text { ko: format!("{mark} {}", words.ko), en: format!("{mark} {}", words.en) }
    }
}

fn range(one: Word, other: Word) -> Text {
    let (first, second) = (one.text(), other.text());
    match one == other {
        true => first,
        false => Text { ko: format!("{}–{}", first.ko, second.ko), en: format!("{}–{}", first.en, second.en) },
    }
}

/// What the marks mean.
pub fn marks() -> Text {
    text!(
        "= 글과 같음, ! 다름, ~ 경계만 다름, ? 구간이 경계에 걸침, – 아래에 이유",
        "= as the article, ! differs, ~ on another side of our boundary, ? undecided, – see below"
    )
}

/// What the article advises a technique for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseCase {
    /// 웹 요청.
    Requests,
    /// 파일 I/O.
    Files,
    /// 대규모 I/O.
    Calls,
    /// 웹 서버.
    Server,
    /// 이미지 처리.
    Images,
    /// ML 연산.
    Learning,
}

impl UseCase {
    /// In the order of the article, with the column of the technique that it names.
    pub const ALL: [(UseCase, usize); 6] = [
        (UseCase::Requests, 0),
        (UseCase::Files, 0),
        (UseCase::Calls, 1),
        (UseCase::Server, 1),
        (UseCase::Images, 2),
        (UseCase::Learning, 2),
    ];

    fn name(self) -> Text {
        match self {
            UseCase::Requests => text!("사용: 웹 요청", "use: web requests"),
            UseCase::Files => text!("사용: 파일 I/O", "use: file I/O"),
            UseCase::Calls => text!("사용: 대규모 I/O", "use: large I/O"),
            UseCase::Server => text!("사용: 웹 서버", "use: web server"),
            UseCase::Images => text!("사용: 이미지 처리", "use: images"),
            UseCase::Learning => text!("사용: ML 연산", "use: ML"),
        }
    }

    /// The workload that stands for it, in Rust or in Python.
    pub fn workload(self, in_python: bool) -> Workload {
        match self {
            UseCase::Requests => Workload::Io,
            UseCase::Files => Workload::Files,
            UseCase::Calls => Workload::Calls,
            UseCase::Server => Workload::Serve,
            UseCase::Images if in_python => Workload::Png,
            UseCase::Images => Workload::Images,
            UseCase::Learning => Workload::Translate,
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArticleRow {
    /// 방식.
    Way,
    /// 병렬성.
    Parallelism,
    /// GIL 영향.
    GilEffect,
    /// I/O 바운드.
    IoBound,
    /// CPU 바운드.
    CpuBound,
    /// 코드 복잡도.
    Complexity,
    /// 사용 사례.
    UseCase(UseCase),
}

impl ArticleRow {
    /// Those with a word for every technique, in the order of the article. The use cases follow.
    pub const ALL: [ArticleRow; 6] = [
        ArticleRow::Way,
        ArticleRow::Parallelism,
        ArticleRow::GilEffect,
        ArticleRow::IoBound,
        ArticleRow::CpuBound,
        ArticleRow::Complexity,
    ];

    pub fn name(self) -> Text {
        match self {
            ArticleRow::Way => text!("방식", "how it works"),
            ArticleRow::Parallelism => text!("병렬성", "parallelism"),
            ArticleRow::GilEffect => text!("GIL 영향", "effect of GIL"),
            ArticleRow::IoBound => text!("I/O 바운드", "I/O-bound"),
            ArticleRow::CpuBound => text!("CPU 바운드", "CPU-bound"),
            ArticleRow::Complexity => text!("코드 복잡도", "complexity"),
            ArticleRow::UseCase(case) => case.name(),
        }
    }

    // ANCHOR: article
    /// The article's words for 멀티스레딩, asyncio and 멀티프로세싱. A use case has one for the technique that it is named for.
    pub fn article(self) -> [Word; 3] {
        match self {
            ArticleRow::Way => [Word::ManyThreads, Word::EventLoop, Word::ManyProcesses],
            ArticleRow::Parallelism => [Word::NotParallel, Word::NotParallel, Word::Parallel],
            ArticleRow::GilEffect => [Word::Affected, Word::NotAffected, Word::NotAffected],
            ArticleRow::IoBound => [Word::Good, Word::VeryGood, Word::Fair],
            ArticleRow::CpuBound => [Word::Bad, Word::Bad, Word::VeryGood],
            ArticleRow::Complexity => [Word::Medium, Word::High, Word::High],
            ArticleRow::UseCase(_) => [Word::Fits; 3],
        }
    }
    // ANCHOR_END: article

    /// Whether busy cores can hide what it shows: other programs take them away, and one core is all there is.
    pub fn needs_cores(self) -> bool {
        match self {
            ArticleRow::Parallelism | ArticleRow::GilEffect | ArticleRow::CpuBound => true,
            ArticleRow::UseCase(case) => matches!(case, UseCase::Images | UseCase::Learning),
            ArticleRow::Way | ArticleRow::IoBound | ArticleRow::Complexity => false,
        }
    }
}

/// A unit that takes more memory than this, in bytes, is not very good at waiting.
pub const LIGHT: f64 = 32.0 * 1024.0;

/// The rules in words.
pub fn rules() -> Vec<Text> {
    vec![
        text!(
            "방식: 단위 네 개가 서로를 기다리는 순간에 함께 살아 있는 프로세스, 스레드, 이벤트 루프를 셈.",
            "how it works: processes, threads and event loops are counted while four units wait for one another."
        ),
        text!(
            "병렬성: 평균 {PARALLEL}개보다 많은 코어를 쓰면 O. GIL 영향: GIL이 없을 때 쓰는 코어가 GIL을 씌웠을 때의 {PARALLEL}배보다 많으면 있음. 파이썬에서는 GIL을 놓는 네이티브 코드(SHA-256)와 GIL을 쥔 덧셈 루프를 비교.",
            "parallelism: yes if more than {PARALLEL} cores were busy on average. Effect of the GIL: yes if without it the loop keeps more than {PARALLEL} times as many cores busy; in Python, native code that releases the GIL (SHA-256) is compared with the loop that holds it."
        ),
        text!(
            "I/O 바운드: 순차 실행의 {PARALLEL}배 이하이면 나쁨. 이상적인 처리량(단위 수 ÷ 지연) 대비 70 % 이상이면 매우 좋음(단위당 32 KiB 이하일 때), 50 % 이상이면 좋음, 그보다 낮으면 중간.",
            "I/O-bound: bad if the rate is at most {PARALLEL} times that in sequence; very good from 70 % of the ideal rate (units ÷ delay) and at most 32 KiB per unit; good from 50 %, fair below."
        ),
        text!(
            "CPU 바운드: 속도 향상이 코어 수(단위가 더 적으면 단위 수)의 75 % 이상이면 매우 좋음, 50 % 이상이면 좋음, {PARALLEL}배 이하이거나 코어를 하나만 썼으면 나쁨.",
            "CPU-bound: very good if the speed-up is at least 75 % of the cores (or of the units, if they are fewer), good from 50 %; bad if it is at most {PARALLEL}, or only one core was busy."
        ),
        text!(
            "사용 사례: 글이 권한 기법이 순차 실행의 {PARALLEL}배보다 빠르고, 셋 가운데 가장 빠른 것의 80 % 이상이면 O.",
            "use cases: yes if the technique that the article names is more than {PARALLEL} times as fast as the sequence, and reaches 80 % of the fastest of the three."
        ),
        text!(
            "다름: 글에는 이득이 없다고 했는데 있거나, 있다고 했는데 없음. 경계: 매우 좋음, 좋음, 중간 사이나 복잡도의 중간과 높음 사이의 차이. 글에는 그 경계가 없고 위의 수는 이 프로젝트에서 정했으므로, 이런 칸은 글과 어긋나지 않습니다. 칸의 등급은 회차를 다시 뽑은(부트스트랩) 중앙값의 95 %가 들어가는 구간으로 정하며, 구간이 이득의 유무에 걸치면 판정하지 않습니다.",
            "Differs: it gains where the article says it does not, or the other way round. Boundary: the difference is between very good, good and fair, or medium and high complexity. The article has no figures for them and those above are ours, so such a cell does not contradict it. A cell has the words of 95 % of the medians of resampled rounds (bootstrap); where they lie on both sides of a gain, it is not judged."
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

/// By the speed-up against the sequence, the cores busy on average, and the cores that the units can use. With only one core busy a speed-up
/// means that the machine itself had become faster.
pub fn cpu_bound(speed_up: f64, busy: f64, cores: usize) -> Word {
    match (speed_up, speed_up / cores as f64) {
        (s, _) if s <= PARALLEL || parallelism(busy) == Word::NotParallel => Word::Bad,
        (_, share) if share >= 0.75 => Word::VeryGood,
        (_, share) if share >= 0.5 => Word::Good,
        _ => Word::Fair,
    }
}

/// Whether the technique that the article names for a use case is a good choice: it gains against the sequence, and none of the three
/// is much better. Rates in operations per second.
pub fn use_case(rate: f64, sequence: f64, best: f64) -> Word {
    if rate / sequence > PARALLEL && rate / best >= 0.8 { Word::Fits } else { Word::FitsNot }
}

/// By what the programs are made of: nothing more than the sequence, about as much as the least of the three techniques, or more.
pub fn complexity(total: usize, sequence: usize, least: usize) -> Word {
    match total as f64 {
        total if total <= 1.1 * sequence as f64 => Word::Low,
        total if total <= 1.1 * least as f64 => Word::Medium,
        _ => Word::High,
    }
}
// ANCHOR_END: rules

/// By what was alive at the same moment.
pub fn way(alive: Alive) -> Word {
    match alive {
        Alive { processes: 1, threads: 2.., loops: 0 } => Word::ManyThreads,
        Alive { processes: 1, threads: 1, loops: 1 } => Word::EventLoop,
        Alive { processes: 2.., loops: 0, .. } => Word::ManyProcesses,
        _ => Word::OtherWay,
    }
}

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
        let of = |said, ends| Agreement::of(said, ends);
        assert_eq!(of(Good, (Good, Good)), Agreement::Same(Good));
        // The known-wrong table said here that threads differ from the article's "good".
        assert_eq!(of(Good, (VeryGood, VeryGood)), Agreement::Boundary(VeryGood, VeryGood));
        assert_eq!(of(VeryGood, (VeryGood, Fair)), Agreement::Boundary(VeryGood, Fair));
        // And here what the median came to.
        assert_eq!(of(VeryGood, (VeryGood, Bad)), Agreement::Between(VeryGood, Bad));
        assert_eq!(of(Parallel, (Parallel, NotParallel)), Agreement::Between(Parallel, NotParallel));
        assert_eq!(of(NotParallel, (Parallel, Parallel)), Agreement::Differs(Parallel, Parallel));
        assert_eq!(of(Bad, (VeryGood, Good)), Agreement::Differs(VeryGood, Good));
        assert_eq!(of(Bad, (VeryGood, Good)).marked().en, "! very good–good");
        assert_eq!(of(Bad, (VeryGood, Bad)).text().en, "between very good and bad");
        assert_eq!(of(ManyThreads, (EventLoop, EventLoop)), Agreement::Differs(EventLoop, EventLoop));
    }

    #[test]
    fn use_cases_complexity_and_ways_follow_their_rules() {
        assert_eq!(use_case(90.0, 20.0, 100.0), Word::Fits);
        assert_eq!(use_case(70.0, 20.0, 100.0), Word::FitsNot, "another technique is better");
        assert_eq!(use_case(21.0, 20.0, 21.0), Word::FitsNot, "the best of three that gain nothing");
        assert_eq!(complexity(21, 20, 21), Word::Low);
        assert_eq!(complexity(31, 20, 30), Word::Medium);
        assert_eq!(complexity(40, 20, 30), Word::High);
        let of = |processes, threads, loops| way(Alive { processes, threads, loops });
        assert_eq!(of(1, 4, 0), Word::ManyThreads);
        assert_eq!(of(1, 1, 1), Word::EventLoop);
        assert_eq!(of(4, 4, 0), Word::ManyProcesses);
        assert_eq!(of(1, 1, 0), Word::OtherWay, "one after another");
        assert_eq!(of(1, 4, 4), Word::OtherWay, "a loop in each thread");
    }
}
