//! The report on a recording: what `run` and `again` return.

use lab::lang::Text;
use lab::report::{Chart, Curve, Front, Measure, Report, Table, Unit, unit};
use lab::text;

use crate::advice;
use crate::classify::{classify, start_share};
use crate::costs::Costs;
use crate::predict::{Needed, Plan, Prediction, Way, choice, is_worth, may_not_fit, needed, predict};
use crate::recording::{Interpreter, MOST_WATCHED, Recording};
use crate::wait::Wait;

/// Numbers of pieces that the curve shows.
const PIECES: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 320, 1000];

/// Everything that is said about a recording.
pub fn report(experiment: &str, recording: &Recording, costs: &Costs, plan: Plan) -> Report {
    let mut report = Report::new(experiment);
    let predictions = predict(recording, costs, plan);
    let class = classify(recording);
    let chosen = choice(recording, &predictions);
    report.shows = advice::what(recording, class, chosen.as_ref(), plan.pieces);
    report.advice = advice::lines(recording, class, chosen.as_ref(), &predictions);
    report.measures = recording.measures();
    report.measures.extend(recording.flags());
    report.measures.extend(costs.measures());
    report.measures.extend(plan_measures(plan));
    report.measures.extend(predictions.iter().map(factor));
    report.measures.push(Measure::new(format!("class.{}", class.word()), class.name(), Unit::Count, vec![1.0]));
    if let Some(Prediction { way, factor, .. }) = &chosen {
        let name = text!("권하는 방법", "the way to go");
        report.measures.push(Measure::new(format!("choice.{}", way.word()), name, Unit::Times, vec![*factor]));
    }
    let grid = Grid::of(recording, costs, plan);
    report.tables = vec![predicted(recording, &predictions, plan), grid.table(&predictions, plan), spent(recording)];
    if !recording.lines.is_empty() {
        report.tables.push(lines(recording));
    }
    report.charts = vec![grid.chart(&predictions)];
    report.front = vec![Front::Table(0)];
    report.measures_in_tables = true;
    report.notes = notes(recording, &predictions);
    report.notes.extend(of_the_machine(recording, &predictions, plan));
    report
}

fn plan_measures(plan: Plan) -> [Measure; 4] {
    let Plan { pieces, cores, payload, hosts } = plan;
    [
        Measure::new("plan.pieces", text!("조각", "pieces"), Unit::Count, vec![pieces as f64]),
        Measure::new("plan.cores", text!("예측한 코어", "cores predicted for"), Unit::Count, vec![cores as f64]),
        Measure::new("plan.payload", text!("조각의 데이터", "data of a piece"), Unit::Bytes, vec![payload as f64]),
        Measure::new(
            "plan.hosts",
            text!("클러스터의 컴퓨터", "machines of a cluster"),
            Unit::Count,
            vec![hosts as f64],
        ),
    ]
}

/// The factor, between the ends of its interval: the median of the three is the prediction.
fn factor(one: &Prediction) -> Measure {
    let Text { ko, en } = one.way.name();
    let name = text!("{ko}: 몇 배 빨라지는가(아래, 예측, 위)", "{en}: times as fast (low, predicted, high)");
    Measure::new(format!("factor.{}", one.way.word()), name, Unit::Times, vec![one.low, one.factor, one.high])
}

fn predicted(recording: &Recording, predictions: &[Prediction], plan: Plan) -> Table {
    let Plan { pieces, cores, .. } = plan;
    let row = |one: &Prediction| {
        let (low, high) = (one.low, one.high);
        let exactly = Text::same(format!("{:.2}×", one.factor));
        let (ko, en) = (exactly.ko.clone(), exactly.en.clone());
        let is_bound = one.way == Way::Native;
        vec![
            one.way.name(),
            Text::same(one.workers.to_string()),
            if is_bound { text!("{ko} 이하", "up to {en}") } else { exactly },
            Text::same(format!("{low:.2}–{high:.2}×")),
            Text::same(memory(recording, one, plan)),
        ]
    };
    Table {
        title: text!("조각 {pieces}개, 코어 {cores}개일 때의 예측", "predicted for {pieces} pieces on {cores} cores"),
        head: vec![
            text!("방법", "way"),
            text!("워커", "workers"),
            text!("몇 배 빨라지는가", "times as fast"),
            text!("90 % 구간", "90 % interval"),
            text!("메모리", "memory"),
        ],
        rows: predictions.iter().map(row).collect(),
    }
}

/// The memory that a way needs; marked if that may not be there.
fn memory(recording: &Recording, one: &Prediction, plan: Plan) -> String {
    let Some(needed) = needed(recording, one, plan) else { return "–".into() };
    let mark = if may_not_fit(recording, needed) { "!" } else { "" };
    let (sign, bytes) = match needed {
        Needed::AtLeast(bytes) => ("≥", bytes),
        Needed::AtMost(bytes) => ("≤", bytes),
    };
    format!("{sign} {}{mark}", unit::value(bytes, Unit::Bytes))
}

fn spent(recording: &Recording) -> Table {
    let (start, work) = (&recording.start, &recording.work);
    let all = start.judged() + work.judged();
    let row = |name: Text, start: f64, work: f64| {
        let time = |ns: f64| Text::same(if ns > 0.0 { unit::duration(ns) } else { "–".into() });
        let share = if all > 0.0 { unit::value((start + work) / all, Unit::Share) } else { "–".into() };
        (start + work > 0.0).then(|| vec![name, time(start), time(work), Text::same(share)])
    };
    let cpu = [
        row(text!("GIL을 쥐고 계산", "computing with the GIL"), start.python, work.python),
        row(text!("GIL 없이 계산", "computing without the GIL"), start.native, work.native),
        row(text!("계산(GIL은 알 수 없음)", "computing, GIL unknown"), start.unsplit, work.unsplit),
        row(text!("다른 프로세스의 계산", "computing in other processes"), start.outside, work.outside),
    ];
    let waits = Wait::ALL.map(|wait| {
        let Text { ko, en } = wait.name();
        row(text!("{ko} 대기", "waiting for {en}"), start.wait(wait), work.wait(wait))
    });
    let delayed =
        row(text!("코어를 기다림(판단에서 제외)", "waiting for a core (left out)"), start.delayed, work.delayed);
    Table {
        title: text!("시간을 쓴 곳", "where the time went"),
        head: vec![
            text!("무엇", "what"),
            text!("시작과 임포트", "start and imports"),
            text!("작업", "work"),
            text!("비율", "share"),
        ],
        rows: cpu.into_iter().chain(waits).chain([delayed]).flatten().collect(),
    }
}

fn lines(recording: &Recording) -> Table {
    let row = |hot: &crate::recording::Hot| {
        let time = |ns: f64| Text::same(if ns > 0.0 { unit::duration(ns) } else { "–".into() });
        vec![Text::same(advice::short(&hot.place)), time(hot.python), time(hot.native), time(hot.waiting)]
    };
    Table {
        title: text!("시간이 많이 드는 줄", "the hottest lines"),
        head: vec![
            text!("줄", "line"),
            text!("GIL 쥠", "with the GIL"),
            text!("GIL 없이", "without"),
            text!("대기", "waiting"),
        ],
        rows: recording.lines.iter().map(row).collect(),
    }
}

/// Every way over the number of pieces.
struct Grid(Vec<(u64, Vec<Prediction>)>);

impl Grid {
    fn of(recording: &Recording, costs: &Costs, plan: Plan) -> Grid {
        Grid(PIECES.into_iter().map(|pieces| (pieces, predict(recording, costs, Plan { pieces, ..plan }))).collect())
    }

    fn table(&self, predictions: &[Prediction], plan: Plan) -> Table {
        let row = |(pieces, all): &(u64, Vec<Prediction>)| {
            let cell = |way: Way| {
                let one = all.iter().find(|one| one.way == way);
                one.map_or("–".into(), |one| format!("{:.1} ({:.1}–{:.1})", one.factor, one.low, one.high))
            };
            let cells = predictions.iter().map(|one| Text::same(cell(one.way)));
            [Text::same(pieces.to_string())].into_iter().chain(cells).collect()
        };
        let cores = plan.cores;
        Table {
            title: text!(
                "조각 수에 따른 예측(코어 {cores}개): 몇 배 빨라지는가, 90 % 구간",
                "predicted over the number of pieces on {cores} cores: times as fast, 90 % interval"
            ),
            head: [text!("조각", "pieces")].into_iter().chain(predictions.iter().map(|one| one.way.name())).collect(),
            rows: self.0.iter().map(row).collect(),
        }
    }

    fn chart(&self, predictions: &[Prediction]) -> Chart {
        let curve = |way: Way| {
            let at = |(pieces, all): &(u64, Vec<Prediction>)| {
                let one = all.iter().find(|one| one.way == way && one.factor > 0.0)?;
                Some((*pieces as f64, one.factor))
            };
            Curve::computed(way.name(), self.0.iter().filter_map(at).collect())
        };
        Chart {
            title: text!("조각 수에 따른 예측: 몇 배 빨라지는가", "predicted over the number of pieces: times as fast"),
            x: Unit::Count,
            y: Unit::Times,
            // Native code does not depend on the number of pieces, and its bound would press the others together.
            curves: predictions.iter().map(|one| one.way).filter(|way| *way != Way::Native).map(curve).collect(),
        }
    }
}

fn notes(recording: &Recording, predictions: &[Prediction]) -> Vec<Text> {
    let mut notes = Vec::new();
    let (python, wall) = (recording.interpreter, unit::duration(recording.wall));
    let (samples, sampling) = (recording.samples, unit::duration(recording.sampling));
    let share = unit::value(if recording.wall > 0.0 { recording.sampling / recording.wall } else { 0.0 }, Unit::Share);
    let (threads, processes) = (recording.threads, recording.processes);
    notes.push(text!(
        "{wall} 동안 샘플 {samples:.0}개: 스레드 최대 {threads:.0}개, 프로세스 {processes:.0}개. 샘플링에 쓴 CPU 시간은 {sampling}(실행 시간의 {share})입니다.",
        "{samples:.0} samples in {wall}: {threads:.0} threads at most, {processes:.0} processes. Sampling took {sampling} of CPU time, {share} of the run time."
    ));
    notes.extend(unseen(recording, python));
    let start = unit::value(start_share(recording), Unit::Share);
    if recording.gil_seen && matches!(python, Interpreter::CPython { minor: ..13, .. }) {
        notes.push(text!(
            "{python}의 GIL과 실행 중인 줄은 py-spy 크레이트로 읽었습니다. 시작과 임포트는 {start}입니다.",
            "The GIL and the lines of {python} were read by the crate py-spy. Start and imports: {start}."
        ));
    } else if recording.gil_seen {
        notes.push(text!(
            "{python}이 공개하는 오프셋으로 GIL과 실행 중인 줄을 읽었습니다. 시작과 임포트는 {start}입니다.",
            "The GIL and the lines were read through the offsets that {python} publishes. Start and imports: {start}."
        ));
    }
    for one in predictions {
        let (Text { ko, en }, doubt) = (one.way.name(), &one.doubt);
        let (doubt_ko, doubt_en) = (&doubt.ko, &doubt.en);
        notes.push(text!("{ko}: {doubt_ko}.", "{en}: {doubt_en}."));
    }
    notes.push(text!(
        "예측은 조각들이 서로 독립이고 크기가 같다고 봅니다. 메모리 대역폭, 캐시, 하이퍼스레딩은 볼 수 없고 구간에만 들어 있습니다.",
        "The prediction takes the pieces for independent and equal. Memory bandwidth, caches and hyper-threading cannot be seen; only the interval allows for them."
    ));
    notes
}

/// What depends on the machine: its memory, and whether several are worth it.
fn of_the_machine(recording: &Recording, predictions: &[Prediction], plan: Plan) -> Vec<Text> {
    let mut notes = Vec::new();
    let machine = &recording.machine;
    let bytes = |bytes: f64| unit::value(bytes, Unit::Bytes);
    for one in predictions {
        let Some(Needed::AtMost(most)) = needed(recording, one, plan).filter(|one| may_not_fit(recording, *one)) else {
            continue;
        };
        let (Text { ko, en }, workers) = (one.way.name(), one.workers);
        let (most, own, available) = (bytes(most), bytes(recording.memory), bytes(machine.available));
        notes.push(text!(
            "경고: {ko}는 메모리가 모자랄 수 있습니다. 프로그램 하나가 {own}이고, 워커 {workers}개와 함께 최대 {most}인데, 기록한 컴퓨터에서 쓸 수 있던 메모리는 {available}입니다.",
            "Warning: {en} may not fit into memory: the program takes {own}, with {workers} workers {most} at most, and {available} were available where it was recorded."
        ));
    }
    if machine.copy_gain > 0.0 {
        let (gain, copiers) = (machine.copy_gain, machine.copiers);
        let (own, cache) = (bytes(recording.memory), bytes(machine.cache));
        notes.push(text!(
            "네이티브 코드가 메모리를 기다리는지(memory-bound)는 보지 못했습니다. 하드웨어 카운터가 필요합니다. 메모리({own})가 캐시({cache})보다 크고, 이 컴퓨터에서 스레드 {copiers:.0}개의 메모리 복사는 하나보다 {gain:.1}배 빨랐습니다. 구간의 아래쪽은 그 경우입니다.",
            "Whether native code waits for memory (memory-bound) was not seen: that takes hardware counters. Its memory ({own}) is larger than the cache ({cache}), and here {copiers:.0} threads copy memory {gain:.1} times as fast as one: the lower end of the interval is for that case."
        ));
    }
    if is_worth(recording, predictions, plan) {
        let hosts = plan.hosts;
        notes.push(text!(
            "조각이 충분히 길고 한 대의 코어로는 모자랍니다. 컴퓨터가 {hosts}대 있다면 클러스터(Celery, Dask, Ray)를 생각해 볼 만합니다.",
            "The pieces are long enough, and one machine's cores are not: with {hosts} machines a cluster (Celery, Dask, Ray) is worth a thought."
        ));
    }
    notes
}

/// What could not be seen, and why.
fn unseen(recording: &Recording, python: Interpreter) -> Vec<Text> {
    let mut notes = Vec::new();
    match python {
        Interpreter::CPython { free_threaded: true, .. } => {
            notes.push(text!("{python}에는 GIL이 없습니다.", "{python} has no GIL."));
        }
        Interpreter::CPython { minor: 1..13, .. } if !recording.gil_seen && !cfg!(feature = "py-spy") => {
            notes.push(text!(
                "{python}: GIL, 줄, 임포트 시간은 보지 못했습니다. 3.13보다 오래된 CPython은 cargo run --release -p choose --features py-spy로 볼 수 있습니다.",
                "{python}: the GIL, the lines and the time of imports were not seen. To see them before 3.13: cargo run --release -p choose --features py-spy."
            ));
        }
        Interpreter::CPython { minor: 1..13, .. } if !recording.gil_seen => notes.push(text!(
            "{python}: GIL, 줄, 임포트 시간은 보지 못했습니다. 프로그램이 너무 빨리 끝났거나, 그 메모리를 읽을 권한이 없습니다.",
            "{python}: the GIL, the lines and the time of imports were not seen: it ended too early, or its memory may not be read."
        )),
        Interpreter::CPython { .. } if !recording.gil_seen => notes.push(text!(
            "{python}: GIL, 줄, 임포트 시간은 보지 못했습니다. 3.13부터 3.15까지의 CPython이 공개하는 정보와 그 메모리를 읽을 권한이 필요합니다.",
            "{python}: the GIL, the lines and the time of imports were not seen. That needs what CPython 3.13 to 3.15 publish, and the right to read its memory."
        )),
        Interpreter::PyPy => notes.push(text!(
            "PyPy의 GIL과 실행 중인 줄은 볼 수 없습니다.",
            "PyPy's GIL and its lines cannot be seen."
        )),
        _ => {}
    }
    if !recording.waits_seen {
        notes.push(waits_unseen());
    }
    if recording.threads > MOST_WATCHED as f64 {
        let (threads, watched) = (recording.threads, MOST_WATCHED);
        notes.push(text!(
            "스레드가 최대 {threads:.0}개였고, 프로세스마다 {watched}개까지만 지켜보았습니다.",
            "There were {threads:.0} threads at most; of each process {watched} were watched."
        ));
    }
    if recording.work_samples < 20.0 {
        let samples = recording.work_samples;
        notes.push(text!(
            "작업의 샘플이 {samples:.0}개뿐이라 비율이 정확하지 않습니다. 더 오래 걸리는 입력으로 실행해 보십시오.",
            "Only {samples:.0} samples of the work: the shares are rough. Try an input that takes longer."
        ));
    }
    notes
}

/// What is said of a program into which nobody may look.
pub fn waits_unseen() -> Text {
    text!(
        "이 프로그램이 무엇을 기다리는지 커널이 알려 주지 않습니다(다른 사용자의 프로그램이거나 set-uid). CPU 시간과 디스크 대기만 보았습니다.",
        "The kernel does not tell what this program waits for (another user's, or set-uid): only CPU time and waiting for disks were seen."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Sums;

    #[test]
    fn a_report_holds_what_it_was_made_of() {
        let work = Sums { python: 1e9, busy: 1e9, ..Sums::default() };
        let interpreter = Interpreter::CPython { minor: 14, free_threaded: false };
        let recording = Recording { interpreter, gil_seen: true, work, work_samples: 100.0, ..Recording::default() };
        let plan = Plan { pieces: 8, cores: 2, payload: 0, hosts: 4 };
        let page = report("choose/run", &recording, &Costs::typical(), plan);
        assert_eq!(Recording::of_report(&page), Some(recording));
        assert_eq!(Costs::of_report(&page), Some(Costs::typical()));
        let factor = page.measure("factor.processes").unwrap();
        assert_eq!(factor.median(), factor.samples[1], "the prediction lies within its interval");
        assert!(page.measure("class.python").is_some() && page.measure("choice.processes").is_some());
        let ids: std::collections::BTreeSet<_> = page.measures.iter().map(|measure| &measure.id).collect();
        assert_eq!(ids.len(), page.measures.len(), "every id once");
        let processes = &page.charts[0].curves[2].points;
        assert!(processes.windows(2).all(|pair| pair[0].0 < pair[1].0) && processes.len() == PIECES.len());
        assert_eq!((processes[0].0, processes[PIECES.len() - 1].0), (1.0, 1000.0));
        assert_eq!(page.tables[1].rows.len(), PIECES.len(), "the same as a table");
    }
}
