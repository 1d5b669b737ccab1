//! A run, one turn at a time.

use lab::lang::Text;
use lab::{Error, Result, text};

use crate::sim::{Phase, Schedule, Setup, Step, Stepper, Turn};

/// A run, and what was seen on the way.
pub(super) struct Session {
    pub(super) stepper: Stepper,
    pub(super) names: Vec<Text>,
    /// Most threads that computed at once.
    pub(super) peak: usize,
}

impl Session {
    /// At the beginning.
    pub(super) fn new(setup: &Setup) -> Session {
        Session { stepper: Stepper::new(setup), names: names(setup), peak: 0 }
    }

    pub(super) fn go(&mut self, turn: Turn) -> bool {
        let went = self.stepper.go(turn);
        self.peak = self.peak.max(self.stepper.computing());
        went
    }

    pub(super) fn play(&mut self, words: &str) -> Result<()> {
        let wrong = |what: Text| {
            Error::usage(Text { ko: format!("--schedule: {}", what.ko), en: format!("--schedule: {}", what.en) })
        };
        let schedule = Schedule::read(words).map_err(wrong)?;
        for (i, turn) in schedule.turns().iter().enumerate() {
            if !self.go(*turn) {
                let (number, why, choices) = (i + 1, self.why_not(*turn), self.choices());
                let (ko, en) = (why.ko, why.en);
                return Err(wrong(text!(
                    "{number}번째 차례 {turn}: {ko}. 고를 수 있는 것: {choices}",
                    "turn {number}, {turn}: {en}. To choose from: {choices}"
                )));
            }
        }
        Ok(())
    }

    /// Why a turn is not possible.
    pub(super) fn why_not(&self, turn: Turn) -> Text {
        if turn.thread >= self.stepper.threads() {
            return text!("그런 스레드는 없습니다", "there is no such thread");
        }
        let (name, place) = (&self.names[turn.thread], words(self.stepper.phase(turn.thread)));
        let (ko, en, place_ko, place_en) = (&name.ko, &name.en, place.ko, place.en);
        if turn.by_time {
            return text!(
                "{ko}: {place_ko}, 만료될 대기 시간이 없습니다",
                "{en} {place_en}: no timed wait that could end"
            );
        }
        text!("{ko}: {place_ko}, 다른 스레드가 깨워야 실행됩니다", "{en} {place_en}: it sleeps until it is woken")
    }

    pub(super) fn choices(&self) -> String {
        self.stepper.choices().iter().map(Turn::to_string).collect::<Vec<_>>().join(" ")
    }
}

/// The names of all threads, peers last.
fn names(setup: &Setup) -> Vec<Text> {
    let mut names = Vec::new();
    let mut peers = Vec::new();
    for group in &setup.groups {
        for i in 0..group.count {
            let (ko, en) = (&group.name.ko, &group.name.en);
            let name = if group.count > 1 { text!("{ko} {i}", "{en} {i}") } else { group.name.clone() };
            if group.steps.iter().any(|step| matches!(step, Step::Echo(_))) {
                let (ko, en) = (&name.ko, &name.en);
                peers.push(text!("{ko}의 상대 프로세스", "{en}'s peer process"));
            }
            names.push(name);
        }
    }
    names.extend(peers);
    names
}

pub(super) fn words(phase: Phase) -> Text {
    match phase {
        Phase::Begins => text!("시작", "begins"),
        Phase::Wants => text!("GIL을 획득하려 함", "wants the GIL"),
        Phase::Waits => text!("대기", "waits"),
        Phase::Asked => text!("GIL을 요청함", "has asked"),
        Phase::Took => text!("획득, 알림", "takes it, signals"),
        Phase::Computes => text!("GIL을 쥠", "has the GIL"),
        Phase::Freed => text!("해제, 깨움", "releases, wakes"),
        Phase::Forced => text!("넘어가기를 대기", "waits for a taker"),
        Phase::Outside => text!("GIL 밖", "is outside"),
        Phase::Done => text!("끝남", "done"),
    }
}
