//! The notes below the tables: how everything was measured, what differs from the article and why, and what is missing.

use lab::lang::Text;
use lab::machine;
use lab::report::Unit;
use lab::report::unit;
use lab::stats;
use lab::text;

use super::bench::{Bench, join};
use super::budget::Budget;
use super::complexity;
use super::files;
use super::grade::{self, Agreement, ArticleRow};
use super::judge::{ArticleCell, COLUMNS, Judge, Judgement, no_gil};
use super::limits;
use super::plan::{REQUESTS, SERVER_WAITS, Size, Technique, Workload};
use super::samples::Who;

/// How the line on a dash begins, in Korean and English.
pub(super) const DASH: (&str, &str) = ("–(판정 없음): ", "– (no verdict): ");

impl Bench<'_> {
    pub(super) fn notes(&self, judgement: &Judgement, budget: Budget) -> Vec<Text> {
        let machine = machine::describe();
        let mut notes = vec![
            Text { ko: format!("{}.", machine.ko), en: format!("{}.", machine.en) },
            machine::others_used(self.foreign),
        ];
        notes.extend(limits::notes());
        notes.push(match (self.asked, self.rounds) {
            (true, rounds) => {
                text!("요청한 대로 {rounds}회차를 번갈아 측정했습니다.", "Rounds, in turn, as asked for: {rounds}.")
            }
            (false, rounds) => budget.note(rounds),
        });
        notes.extend(self.missing(judgement));
        notes.extend(self.differences(judgement));
        notes.extend(self.extensions());
        notes.extend(self.workloads());
        notes.extend(grade::rules());
        notes.push(complexity::rules());
        if self.pythons.is_empty() {
            notes.push(text!(
                "CPython: 측정하지 않음: 파이썬 없이 실행했습니다.",
                "CPython: not measured: no Python in this run."
            ));
        }
        notes
    }

    /// What each workload is.
    fn workloads(&self) -> Vec<Text> {
        let Size { waiting, gets, jobs, copies, calls, reads, sentences, .. } = self.size;
        let delay = unit::duration(self.delay.as_nanos() as f64);
        let iterations: Vec<String> =
            self.everybody().map(|who| format!("{} {}", self.who(who), self.iterations[&who])).collect();
        let (iterations, files, kib) = (iterations.join(", "), files::FILES, files::LENGTH / 1024);
        vec![
            text!(
                "웹 요청: {delay} 뒤에 응답하는 루프백 서버에 단위 {waiting}개가 GET을 {gets}번씩 보냄. 대규모 API 호출: 단위 {calls}개가 한 번씩(프로세스는 메모리가 너무 많이 들어 뺌). 웹 서버: 연결 {waiting}개가 {REQUESTS}번씩 요청하고 요청마다 {SERVER_WAITS} ms를 기다림. 프로세스는 {jobs}개가 한 번에 연결 하나씩 처리. 파일: {kib} KiB 파일 {files}개를 단위 {jobs}개가 나누어 {reads}번씩 읽음(캐시에 있음).",
                "web requests: {waiting} units, GETs of each: {gets}, to a loopback server that answers after {delay}. Many API calls: {calls} units, one GET of each (no processes: they would take too much memory). Web server: {waiting} connections of {REQUESTS} requests, each of which waits {SERVER_WAITS} ms; {jobs} processes serve one connection at a time. Files: {files} files of {kib} KiB, shared by {jobs} units, are read {reads} times (they are cached)."
            ),
            text!(
                "루프: 단위 {jobs}개, 단위마다 반복 횟수는 {iterations}. 이미지: 이미지마다 {copies}번씩 디코딩, 블러, 절반으로 축소, JPEG 인코딩. 파이썬의 표준 라이브러리만 쓰는 이미지 처리는 PNG의 왼쪽 위 96×48 픽셀만 처리합니다. 번역: 단위 {jobs}개가 {sentences}문장씩, 파이썬은 순수 파이썬으로 인코더까지만.",
                "Loop: {jobs} units; iterations of each: {iterations}. Images: each picture is decoded, blurred, halved and encoded as JPEG (repetitions: {copies}); with Python's standard library alone, 96×48 pixels of a PNG are. Translation: {jobs} units, sentences of each: {sentences}; in pure Python only the encoder runs."
            ),
            text!(
                "칸마다 새 프로세스에서 측정했습니다. 속도는 같은 언어의 순차 실행 대비 배수, 구간은 중앙값의 95 % 신뢰 구간(부트스트랩)입니다. 메모리는 프로세스에서는 혼자 쓰는 메모리, 나머지에서는 단위당 늘어난 상주 메모리입니다. gil-sim은 이 컴퓨터와 코어 수가 같은 가상의 컴퓨터를 시뮬레이션합니다.",
                "Every cell is measured in a new process. Speed is compared with the sequence in the same language; intervals are 95 % confidence intervals of the median (bootstrap). Memory: for processes, private memory; for the others, the growth of resident memory per unit. gil-sim simulates a made-up machine with as many cores as this one."
            ),
        ]
    }

    /// The cells that were not measured or judged and why, each reason once.
    fn missing(&self, judgement: &Judgement) -> Vec<Text> {
        let mut lines: Vec<(Text, Text, Vec<Text>)> = Vec::new();
        let mut add = |on: Text, why: &Text, what: Text| match lines.iter_mut().find(|l| l.0 == on && l.1 == *why) {
            Some((_, _, all)) if all.contains(&what) => {}
            Some((_, _, all)) => all.push(what),
            None => lines.push((on, why.clone(), vec![what])),
        };
        for c in &self.cells {
            if let Some(why) = &c.missing {
                add(Text::same(self.who(c.who)), why, c.workload.name());
            }
        }
        let said: Vec<&Text> = self.cells.iter().filter_map(|c| c.missing.as_ref()).collect();
        for (cell, judge, judged) in judgement.all() {
            if let Err(why) = judged
                && *why != no_gil()
                && !said.contains(&why)
            {
                add(Text::same(self.judge_name(judge)), why, cell.row.name());
            }
        }
        let line = |(on, why, what): (Text, Text, Vec<Text>)| {
            let list = |lang: fn(&Text) -> &str| what.iter().map(lang).collect::<Vec<_>>().join(", ");
            let what = Text { ko: list(|text| &text.ko), en: list(|text| &text.en) };
            let all = join(&join(&on, &what), &why);
            Text { ko: format!("{}{}.", DASH.0, all.ko), en: format!("{}{}.", DASH.1, all.en) }
        };
        lines.into_iter().map(line).collect()
    }

    /// Threads in an extension that releases the GIL, and in Python code that does the same.
    fn extensions(&self) -> Vec<Text> {
        let note = |who| {
            let speed = |workload| {
                let cell = self.find(who, workload, Technique::Threads)?;
                Some(unit::value(self.speed_up(cell)?, Unit::Times))
            };
            let (alone, pillow, on) = (speed(Workload::Png)?, speed(Workload::Images)?, self.who(who));
            Some(text!(
                "{on}, 이미지 처리를 스레드로: 표준 라이브러리만 쓰면 순차 실행의 {alone}, C 확장인 Pillow를 쓰면 {pillow}.",
                "{on}, image processing in threads: {alone} the speed of the sequence with the standard library alone, {pillow} with Pillow, a C extension."
            ))
        };
        self.everybody().filter_map(note).collect()
    }

    /// Every cell that differs, and why.
    pub(super) fn differences(&self, judgement: &Judgement) -> Vec<Text> {
        let differs = judgement.all().filter(|(.., judged)| matches!(judged, Ok(Agreement::Differs(..))));
        differs.map(|(cell, judge, _)| self.why(cell, judge)).collect()
    }

    fn why(&self, cell: ArticleCell, judge: Judge) -> Text {
        let (row, on, name) = (cell.row.name(), self.judge_name(judge), COLUMNS[cell.column].name());
        let (seen, why) = match cell.row {
            ArticleRow::UseCase(_) => (self.rates(cell, judge), self.why_another(judge)),
            ArticleRow::Way | ArticleRow::Complexity => (
                text!("위의 표", "the table above"),
                text!("세는 규칙은 아래에 있습니다", "the rule of counting is below"),
            ),
            _ => (self.cores_and_speed(cell, judge), self.why_gain(cell, judge)),
        };
        Text {
            ko: format!("다름: {on}, {}, {}: {}. {}.", row.ko, name.ko, seen.ko, why.ko),
            en: format!("differs: {on}, {}, {}: {}; {}.", row.en, name.en, seen.en, why.en),
        }
    }

    fn why_gain(&self, cell: ArticleCell, judge: Judge) -> Text {
        let threads_compute = cell.column == 0 && cell.row != ArticleRow::IoBound;
        match self.has_gil(judge) {
            Some(false) if threads_compute => text!(
                "GIL이 없어 스레드가 병렬로 계산합니다. 글의 X와 나쁨은 스레드가 아니라 GIL의 것입니다",
                "there is no GIL, so threads compute in parallel: the no and the bad of the article are those of the GIL"
            ),
            _ => text!(
                "GIL로는 설명되지 않습니다. 컴퓨터가 한가할 때 일을 늘려 다시 재십시오",
                "the GIL does not explain it; measure again with more work on an idle machine"
            ),
        }
    }

    fn why_another(&self, judge: Judge) -> Text {
        match self.has_gil(judge) {
            Some(false) => text!(
                "GIL이 없으면 계산도 스레드로 빨라지므로 프로세스를 쓸 이유가 줄어듭니다",
                "without a GIL threads compute in parallel too, which leaves less reason for processes"
            ),
            _ => text!(
                "이 크기의 일에서는 다른 기법이 더 빠르거나, 나누는 값이 이득보다 큽니다",
                "at this size of work another technique is faster, or sharing it out costs more than it gains"
            ),
        }
    }

    fn cores_and_speed(&self, cell: ArticleCell, judge: Judge) -> Text {
        let who = if let Judge::Python(p) = judge { Who::Python(p) } else { Who::Rust };
        let workload = if cell.row == ArticleRow::IoBound { Workload::Io } else { Workload::Cpu };
        let found = self.find(who, workload, cell.technique(judge));
        let cores = found.and_then(|c| stats::median(&c.cores)).unwrap_or(f64::NAN);
        let speed = found.and_then(|c| self.speed_up(c)).map_or(Text::same("–"), unit::times);
        text!("코어 {cores:.2}개, {speed}", "{cores:.2} cores busy, {speed}")
    }

    /// The speed of each technique against the sequence.
    fn rates(&self, cell: ArticleCell, judge: Judge) -> Text {
        let who = if let Judge::Python(p) = judge { Who::Python(p) } else { Who::Rust };
        let ArticleRow::UseCase(case) = cell.row else { return Text::default() };
        let workload = case.workload(matches!(judge, Judge::Python(_)));
        let speed = |column: usize| {
            let technique = ArticleCell { column, ..cell }.technique(judge);
            let speed = unit::value(self.speed_up(self.find(who, workload, technique)?)?, Unit::Times);
            let name = COLUMNS[column].name();
            Some(Text { ko: format!("{} {speed}", name.ko), en: format!("{} {speed}", name.en) })
        };
        let all: Vec<Text> = (0..3).filter_map(speed).collect();
        let list = |lang: fn(&Text) -> &str| all.iter().map(lang).collect::<Vec<_>>().join(", ");
        Text { ko: list(|text| &text.ko), en: list(|text| &text.en) }
    }
}
