//! How the two kinds of native code are shown.

use lab::lang::Text;
use lab::python::{Interpreter, gil_cell};
use lab::report::unit::{duration, value};
use lab::report::{Measure, Report, Table, Unit};
use lab::text;

use crate::overlap::shown;

/// What one interpreter showed of one kind of native code.
pub(super) struct Row {
    pub(super) python: Interpreter,
    pub(super) id: &'static str,
    pub(super) releases: bool,
    pub(super) overlap: f64,
    calls: f64,
    ran: f64,
    pause: f64,
    cores: f64,
    speedup: f64,
}

impl Row {
    pub(super) fn of(python: &Interpreter, twin: &Report, id: &'static str, overlap: f64, releases: bool) -> Row {
        let of = |what: &str| twin.measure(&format!("{what}.{id}")).map_or(f64::NAN, Measure::median);
        let (calls, ran, pause) = (of("calls"), of("ran"), of("pause"));
        let (cores, speedup) = (of("cores"), of("speedup"));
        Row { python: python.clone(), id, releases, overlap, calls, ran, pause, cores, speedup }
    }

    fn kind(&self) -> Text {
        match self.releases {
            true => text!("해제함", "released"),
            false => text!("쥠", "held"),
        }
    }

    pub(super) fn overlap_name(&self) -> Text {
        let Text { ko, en } = self.kind();
        text!("GIL을 {ko}: 두 호출이 겹친 비율", "GIL {en}: overlap of the two threads' calls")
    }

    pub(super) fn evidence(&self) -> Text {
        let (overlap, pause) = (shown(self.overlap), duration(self.pause));
        text!(
            "두 스레드의 호출이 {overlap} 겹침, 셋째 스레드는 최대 {pause} 멈춤",
            "the calls of two threads overlap by {overlap}; a third thread stood still for up to {pause}"
        )
    }

    fn cells(&self) -> Vec<Text> {
        let (ran, calls) = (self.ran, self.calls);
        vec![
            Text::same(self.python.to_string()),
            gil_cell(self.python.gil),
            self.kind(),
            Text::same(shown(self.overlap)),
            Text::same(format!("{ran:.0}/{calls:.0}")),
            Text::same(duration(self.pause)),
            Text::same(format!("{:.2}", self.cores)),
            Text::same(value(self.speedup, Unit::Times)),
        ]
    }
}

pub(super) fn table(rows: &[Row]) -> Table {
    Table {
        title: text!("스레드 둘이 네이티브 코드를 호출", "Two threads call native code"),
        head: vec![
            text!("인터프리터", "interpreter"),
            Text::same("GIL"),
            text!("호출 중 GIL", "during the call"),
            text!("겹침", "overlap"),
            text!("셋째 스레드가 실행된 호출", "third ran in"),
            text!("가장 긴 멈춤", "longest pause"),
            text!("코어", "cores"),
            text!("속도", "speed"),
        ],
        rows: rows.iter().map(Row::cells).collect(),
    }
}

/// The two kinds on the first interpreter.
pub(super) fn shows(rows: Option<&[Row]>) -> Text {
    let Some([holds, releases]) = rows else {
        return text!(
            "Rust의 스레드 둘은 해제할 GIL이 없어 동시에 셉니다. 파이썬이 있으면 같은 루프를 확장 모듈로 실행합니다.",
            "Two threads of Rust count at the same time: there is no GIL to release. With a Python the same loop runs as an extension."
        );
    };
    let (python, held, released) = (&holds.python, shown(holds.overlap), shown(releases.overlap));
    let (stopped, ran) = (duration(holds.pause), duration(releases.pause));
    // Three lines in both languages: the first screen has room for both drawings then.
    text!(
        "같은 루프, 같은 {python}: 네이티브 코드가 GIL을 쥐면 두 스레드의 호출이 {held} 겹치고 셋째 스레드는 최대 {stopped} 멈춥니다. GIL을 해제하면 {released} 겹치고 최대 {ran} 멈춥니다.",
        "On {python}, the calls of two threads overlap by {held} if native code holds the GIL, and a third thread stands still for up to {stopped}. If it releases the GIL: {released}, and {ran}."
    )
}

pub(super) fn notes(iterations: u64) -> Vec<Text> {
    vec![
        text!(
            "호출 한 번은 {iterations}번 셉니다. 확장 모듈이 루프의 시작과 끝을 직접 기록하므로, GIL을 쥔 두 호출은 한순간도 겹칠 수 없습니다. 겹침은 컴퓨터가 바빠도 달라지지 않지만, 멈춘 시간과 속도는 달라집니다.",
            "One call counts to {iterations}. The extension itself stamps the beginning and the end of the loop, so two calls that hold the GIL cannot share an instant. The overlap does not depend on how busy the machine is; the pauses and the speed do."
        ),
        text!(
            "겹침은 두 스레드 가운데 네이티브 코드에 짧게 머문 쪽의 시간에서 둘 다 네이티브 코드에 있던 비율입니다. 셋째 스레드는 1 ms씩 잡니다. 깰 시각부터 실제로 실행될 때까지를 GIL을 기다린 것(░)으로 그렸으며, 코어를 기다린 시간도 들어 있습니다.",
            "Overlap: of the time in native code, of the thread that spent less there, the share in which both were there. The third thread sleeps for 1 ms at a time; the time from its alarm until it runs is drawn as waiting for the GIL (░), and may also be waiting for a core."
        ),
        text!(
            "속도는 스레드 하나가 혼자 호출할 때와 비교한 것입니다. 확장 모듈 하나(abi3)를 CPython 3.8 이상이 모두 읽습니다. GIL이 없는 CPython에는 따로 빌드하며, 그곳에서는 'GIL을 쥠'도 다른 스레드를 막지 않습니다.",
            "Speed is compared with one thread that calls alone. One extension (abi3) serves every CPython from 3.8 on. A CPython without a GIL has its own build; there, a call that 'holds the GIL' keeps nobody out."
        ),
    ]
}
