//! For `promises.rs` of the labs on locks: what an exploration found, in both languages. The kit's `sync` facade writes the facts.

use kit::Recorded;
use lab::text;

use crate::hang;
use crate::promise::Broken;

/// Ok if every interleaving that was tried came to its end, and there was more than one to try.
pub fn every_end(run: &Recorded) -> Result<(), Broken> {
    let Some(kind) = run.fact::<String>("failure") else { return Ok(()) };
    let said: String = run.fact("failure_text").unwrap_or_default();
    let steps: u64 = run.fact("failure_steps").unwrap_or_default();
    let seen = match kind.as_str() {
        "deadlock" => {
            let who = hang::told(&run.blocked).unwrap_or_default();
            text!(
                "이 인터리빙에서 아무도 더 나아가지 못합니다: {who}.",
                "in this interleaving nobody can go on: {who}."
            )
        }
        "livelock" => text!(
            "라이브락입니다: {steps}단계가 지나도록 스레드가 같은 일을 되풀이하고 아무도 끝나지 않습니다.",
            "a livelock: after {steps} steps the threads still do the same again and again, and nobody comes to an end."
        ),
        "vacuous" => text!(
            "시험해 볼 인터리빙이 없습니다: 스레드들이 한 번도 동시에 실행되지 않았습니다.",
            "there is no interleaving to try: the threads never ran at the same time."
        ),
        _ => text!("이 인터리빙에서 실행이 실패했습니다: {said}.", "in this interleaving the run failed: {said}."),
    };
    Err(Broken::seen(seen))
}
