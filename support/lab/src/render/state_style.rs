//! The look of a state, everywhere: glyph, name, terminal colour, picture colour.

use anstyle::{AnsiColor, Style};

use crate::lang::Lang;
use crate::trace::State;

/// The character that stands for a state. Each is one column wide.
pub fn glyph(state: State) -> char {
    match state {
        State::Running => '█',
        State::WaitingForLock => '░',
        State::Requesting => '▒',
        State::WaitingForIo => '╌',
        State::Native => '▚',
        State::Ready => '·',
        State::Idle => ' ',
        State::Failed | State::Cancelled => '✗',
        State::Killed => '†',
    }
}

/// Where one wait ends and the next begins, so that waits that follow each other are told apart. One column wide.
pub(crate) const BORDER: char = '┃';

/// What a state is called in the legend.
pub fn name(state: State, lang: Lang) -> &'static str {
    match (state, lang) {
        (State::Running, Lang::Ko) => "실행",
        (State::Running, Lang::En) => "running",
        (State::WaitingForLock, Lang::Ko) => "락 대기",
        (State::WaitingForLock, Lang::En) => "waiting for a lock",
        (State::Requesting, Lang::Ko) => "GIL 요청",
        (State::Requesting, Lang::En) => "requesting the GIL",
        (State::WaitingForIo, Lang::Ko) => "I/O 대기",
        (State::WaitingForIo, Lang::En) => "waiting for I/O",
        (State::Native, Lang::Ko) => "네이티브",
        (State::Native, Lang::En) => "native",
        (State::Ready, Lang::Ko) => "차례 대기",
        (State::Ready, Lang::En) => "ready",
        (State::Idle, Lang::Ko) => "쉼",
        (State::Idle, Lang::En) => "idle",
        (State::Failed, Lang::Ko) => "실패",
        (State::Failed, Lang::En) => "failed",
        (State::Cancelled, Lang::Ko) => "취소됨",
        (State::Cancelled, Lang::En) => "cancelled",
        (State::Killed, Lang::Ko) => "죽임",
        (State::Killed, Lang::En) => "killed",
    }
}

/// The colour of a state in the terminal.
pub(crate) fn style(state: State) -> Style {
    let colour = match state {
        State::Running => AnsiColor::Green,
        State::WaitingForLock | State::Failed | State::Killed => AnsiColor::Red,
        State::Requesting | State::Cancelled => AnsiColor::Yellow,
        State::WaitingForIo => AnsiColor::Blue,
        State::Native => AnsiColor::Magenta,
        State::Ready => AnsiColor::Cyan,
        State::Idle => return Style::new(),
    };
    colour.on_default()
}

/// Colours that colour-blind readers can tell apart (Okabe and Ito, 2008).
pub fn fill(state: State) -> &'static str {
    match state {
        State::Running => "#009e73",
        State::WaitingForLock => "#d55e00",
        State::Requesting => "#e69f00",
        State::WaitingForIo => "#56b4e9",
        State::Native => "#cc79a7",
        State::Ready => "#f0e442",
        State::Idle => "#dddddd",
        State::Failed | State::Cancelled | State::Killed => "#cc0000",
    }
}
