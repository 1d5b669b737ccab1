//! What a prediction rests on, and what would make it wrong.

use lab::lang::Text;
use lab::report::{Unit, unit};
use lab::text;

use super::way::{Plan, Way};
use crate::classify;
use crate::recording::{Interpreter, Recording};
use crate::wait::Wait;

/// Less is what processes say to each other, not data.
const SEEN: f64 = (1 << 20) as f64;

/// What a prediction rests on and what would make it wrong; `None` where the way does not exist for this program.
pub(super) fn doubt(recording: &Recording, plan: Plan, way: Way) -> Option<Text> {
    let minor = match recording.interpreter {
        Interpreter::CPython { minor, .. } => Some(minor),
        _ => None,
    };
    let is_python = recording.interpreter != Interpreter::Other;
    let pieces = plan.pieces;
    let shares = classify::shares(recording);
    let unseen = shares.unsplit > 0.05 && is_python;
    Some(match way {
        Way::Threads if unseen => text!(
            "GIL을 볼 수 없었습니다. 순수 파이썬이라고 보았고, 네이티브 코드라면 구간의 위쪽입니다",
            "the GIL could not be seen: taken for pure Python; native code would be at the upper end"
        ),
        Way::Threads => text!(
            "조각 {pieces}개가 서로 독립이고 데이터를 함께 고치지 않아야 합니다",
            "the {pieces} pieces must be independent and must not change shared data"
        ),
        Way::Asyncio if !is_python => return None,
        Way::Asyncio if classify::main_wait(recording) == Wait::Disk && shares.waiting > 0.1 => text!(
            "파일에는 asyncio API가 없습니다. to_thread로 보내면 스레드와 같습니다",
            "files have no asyncio API; through to_thread it is what threads give"
        ),
        Way::Asyncio if shares.waiting > 0.1 && recording.waits_in().is_some_and(|library| library != "asyncio") => {
            let library = recording.waits_in().unwrap_or_default();
            text!(
                "{library}의 블로킹 호출에서 기다리고 있었습니다. 그 자리에 async API를 쓸 때의 값입니다. 그대로 부르면 루프 전체가 멈춥니다",
                "it was seen waiting in blocking calls of {library}: this is what an async API in its place would give; called as it is, it stops the whole loop"
            )
        }
        Way::Asyncio if shares.waiting > 0.1 => text!(
            "쓰는 라이브러리에 async API가 있어야 합니다. 블로킹 호출 하나가 루프 전체를 멈춥니다",
            "the library needs an async API; one blocking call stops the whole loop"
        ),
        Way::Asyncio => text!("기다리는 시간이 거의 없어 겹칠 것이 없습니다", "there is next to no waiting to overlap"),
        Way::Processes if plan.payload == 0 && recording.passed >= SEEN => {
            let passed = unit::value(recording.passed, Unit::Bytes);
            text!(
                "주고받는 데이터는 프로그램의 프로세스들이 주고받은 {passed}(최대)로 보았습니다. 인자와 결과는 pickle이 되어야 합니다",
                "data passed is taken for what the program's own processes passed, {passed} at most; arguments and results must pickle"
            )
        }
        Way::Processes if plan.payload == 0 => text!(
            "주고받을 데이터의 크기는 알 수 없어 넣지 않았습니다(--payload). 인자와 결과는 pickle이 되어야 합니다",
            "how much data is to be passed cannot be seen and is not counted (--payload); arguments and results must pickle"
        ),
        Way::Processes => text!("인자와 결과는 pickle이 되어야 합니다", "arguments and results must pickle"),
        Way::Interpreters if minor.is_some_and(|minor| minor >= 14) => text!(
            "NumPy처럼 서브인터프리터를 지원하지 않는 확장 모듈은 쓸 수 없습니다",
            "extension modules without support for it, such as NumPy, cannot be imported"
        ),
        Way::FreeThreaded if minor.is_some_and(|minor| minor >= 13) && recording.has_gil() => text!(
            "다른 인터프리터 빌드입니다. 스레드 하나의 속도는 문서의 값으로 계산했고, GIL을 다시 켜는 확장 모듈이 있습니다",
            "another build of the interpreter; its single-thread speed is the documented one, and some extension modules turn the GIL on again"
        ),
        Way::Native if is_python && shares.python + shares.unsplit > 0.05 => text!(
            "상한입니다. 파이썬으로 계산하던 부분에 시간이 전혀 들지 않을 때의 값입니다",
            "an upper bound: the part that computes in Python would take no time at all"
        ),
        Way::Interpreters | Way::FreeThreaded | Way::Native | Way::Cluster => return None,
    })
}
