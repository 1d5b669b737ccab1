//! The verdict on the GIL's promise, on a scenario of the simulator.

use lab::claims::Verdict;
use lab::text;

use crate::sim::{Kind, Setup};

/// The claim's id in the ledger.
const CLAIM: &str = "gil-one-thread-at-a-time";

/// By the most threads that ran at once. The claim is on one lock that several threads share.
pub fn judge(setup: &Setup, peak: usize) -> Verdict {
    let on = "gil-sim";
    if setup.kind == Kind::Free {
        return Verdict::not_measured(CLAIM, on, text!("이 시나리오에는 락이 없습니다", "this scenario has no lock"));
    }
    if setup.groups.iter().any(|group| group.interpreter > 0) {
        let why = text!("인터프리터마다 락이 따로 있습니다", "each interpreter has a lock of its own");
        return Verdict::not_measured(CLAIM, on, why);
    }
    if setup.groups.iter().map(|group| group.count).sum::<usize>() < 2 {
        return Verdict::not_measured(CLAIM, on, text!("스레드가 하나뿐입니다", "there is only one thread"));
    }
    let evidence = text!("동시에 실행된 스레드 최대 {peak}개", "at most {peak} running at once");
    Verdict::seen(CLAIM, on, peak <= 1, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::versions::built_in;
    use lab::claims::Outcome;

    #[test]
    fn two_at_once_refute_the_claim_unless_it_is_not_about_them() {
        let (_, setup, _) = built_in();
        assert_eq!(judge(&setup, 1).outcome, Outcome::Holds);
        assert_eq!(judge(&setup, 2).outcome, Outcome::DoesNotHold);
        let free = Setup { kind: Kind::Free, ..setup.clone() };
        assert!(matches!(judge(&free, 2).outcome, Outcome::NotMeasured(_)));
        let mut two = setup;
        two.groups[0].interpreter = 1;
        assert!(matches!(judge(&two, 2).outcome, Outcome::NotMeasured(_)));
    }
}
