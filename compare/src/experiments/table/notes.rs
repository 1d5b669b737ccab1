//! The notes below the tables: how everything was measured, what differs from the article and why, and what is missing.

use lab::lang::Text;
use lab::machine;
use lab::report::unit;
use lab::stats;
use lab::text;

use super::bench::{Bench, Who, join};
use super::grade::{self, Agreement, ArticleRow};
use super::plan::{PYTHON_SHARE, Size, Technique, Workload};

impl Bench<'_> {
    pub(super) fn notes(&self, done: usize, asked: usize) -> Vec<Text> {
        let machine = machine::describe();
        let Size { waiting, gets, jobs, iterations, copies } = self.size;
        let delay = unit::duration(self.delay.as_nanos() as f64);
        let mut notes = vec![
            Text { ko: format!("{}.", machine.ko), en: format!("{}.", machine.en) },
            machine::others_used(self.foreign),
            text!(
                "I/O: {delay} 뒤에 응답하는 루프백 서버에 단위 {waiting}개가 GET을 {gets}번씩 보냄. 루프: 단위 {jobs}개가 {iterations}번씩 반복, 파이썬은 그 {share}분의 1. 이미지: 이미지마다 {copies}번씩 디코딩, 블러, 절반으로 축소, JPEG 인코딩.",
                "I/O: {waiting} units, GETs of each: {gets}, to a loopback server that answers after {delay}. Loop: {jobs} units of {iterations} iterations, in Python 1/{share} of that. Images: each picture is decoded, blurred, halved and encoded as JPEG (repetitions: {copies}).",
                share = PYTHON_SHARE
            ),
            text!(
                "번갈아 {done}회 측정했고(요청 {asked}회), 칸마다 새 프로세스를 썼습니다. 속도는 같은 언어의 순차 실행 대비 배수입니다. 메모리는 프로세스에서는 혼자 쓰는 메모리, 나머지에서는 단위당 늘어난 상주 메모리입니다.",
                "Rounds, in turn: {done} (asked for: {asked}); every cell in a new process. Speed is compared with the sequence in the same language. Memory: for processes, private memory; for the others, the growth of resident memory per unit."
            ),
        ];
        notes.extend(self.differences());
        notes.extend(grade::rules());
        notes.push(text!(
            "방식, 코드 복잡도, 사용 사례는 측정할 수 없어 표에 없습니다.",
            "the rows on how it works, code complexity and use cases are missing: they cannot be measured."
        ));
        if self.too_busy() {
            notes.push(text!(
                "컴퓨터가 바빠서 병렬성, GIL 영향, CPU 바운드 칸은 코어를 여럿 쓴 것이 분명한 곳만 판정했습니다. 한가할 때 다시 측정하십시오.",
                "the machine was busy: parallelism, the effect of the GIL and CPU-bound work were judged only where several cores were clearly in use. Measure again when it is idle."
            ));
        }
        notes.extend(self.missing());
        if self.pythons.is_empty() {
            notes.push(text!(
                "CPython: 측정하지 않음: 파이썬 없이 실행했습니다.",
                "CPython: not measured: no Python in this run."
            ));
        }
        notes
    }

    /// The cells that were not measured and why, each reason once.
    fn missing(&self) -> Vec<Text> {
        let mut reasons: Vec<Text> = Vec::new();
        for c in &self.cells {
            let Some(why) = &c.missing else { continue };
            let reason = join(&join(&Text::same(self.who(c.who)), &c.workload.name()), why);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    /// Every cell that differs, and why.
    pub(super) fn differences(&self) -> Vec<Text> {
        let mut whys = Vec::new();
        for (row, said, [free, gil]) in self.article_cells() {
            let pythons = (0..self.pythons.len()).map(|p| (Who::Python(p), free));
            for (who, technique) in [(Who::Rust, free), (Who::Rust, gil)].into_iter().chain(pythons) {
                let Some(Agreement::Differs(_)) = self.judged(row, said, who, technique) else { continue };
                let has_gil = match who {
                    Who::Rust => Some(technique.has_model_gil()),
                    Who::Python(p) => self.pythons[p].gil,
                };
                whys.push(self.why(row, who, technique, has_gil));
            }
        }
        whys
    }

    fn why(&self, row: ArticleRow, who: Who, technique: Technique, has_gil: Option<bool>) -> Text {
        let (row_name, on, name) = (row.name(), self.who(who), technique.name());
        let cell = self.find(who, if row == ArticleRow::IoBound { Workload::Io } else { Workload::Cpu }, technique);
        let cores = cell.and_then(|c| stats::median(&c.cores)).unwrap_or(f64::NAN);
        let speed = cell.and_then(|c| self.speed_up(c)).map_or(Text::same("–"), unit::times);
        let threads_compute = technique == Technique::Threads && row != ArticleRow::IoBound;
        let why = match has_gil {
            Some(false) if threads_compute => text!(
                "GIL이 없어 스레드가 병렬로 계산합니다. 글의 X와 나쁨은 스레드가 아니라 GIL의 것입니다",
                "there is no GIL, so threads compute in parallel: the no and the bad of the article are those of the GIL"
            ),
            _ => text!(
                "GIL로는 설명되지 않습니다. 컴퓨터가 한가할 때 일을 늘려 다시 재십시오",
                "the GIL does not explain it; measure again with more work on an idle machine"
            ),
        };
        Text {
            ko: format!("다름: {on}, {}, {}: 코어 {cores:.2}개, {}. {}.", row_name.ko, name.ko, speed.ko, why.ko),
            en: format!(
                "differs: {on}, {}, {}: {cores:.2} cores busy, {}; {}.",
                row_name.en, name.en, speed.en, why.en
            ),
        }
    }
}
