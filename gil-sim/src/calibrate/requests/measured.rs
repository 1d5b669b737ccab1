//! The measurement of what comes of a request.

use super::curves::Requests;
use super::{back, race};
use crate::sim::{Curve, Pairs, Steals};

/// Lengths of the wait before a request, in ns, with the number of rounds in each pass; of those with a pause, a third.
const REQUESTS: [(u64, usize); 4] = [(500_000, 48), (1_000_000, 40), (5_000_000, 40), (20_000_000, 12)];
/// How long the busy thread lets a request lie, in ns.
const PAUSES: [u64; 2] = [0, 1000];
/// Results vary more between runs than within one, hence many short passes.
const PASSES: usize = 4;
/// The first rounds of each pass find everything cold.
const COLD: usize = 3;
/// Lengths of the wait before a signal back, in ns, with the number of rounds.
const BACK: [(u64, usize); 4] = [(500_000, 100), (1_000_000, 80), (5_000_000, 50), (20_000_000, 16)];
/// The cores reach the sleep depth of this rhythm only after some rounds.
const BACK_COLD: usize = 12;

/// Runs one in `one_in` of the rounds.
pub(super) fn requests(one_in: usize) -> Requests {
    let mut raced = REQUESTS.map(|(length, _)| (length, Vec::new()));
    let mut late = REQUESTS.map(|_| Vec::new());
    for _ in 0..(PASSES / one_in).max(2) {
        for (l, (length, rounds)) in REQUESTS.into_iter().enumerate() {
            for pause in PAUSES {
                let (rounds, all) =
                    if pause == 0 { (rounds, &mut raced[l].1) } else { (rounds.div_ceil(3), &mut late[l]) };
                all.extend(race::race(length, pause, rounds + COLD).split_off(COLD));
            }
        }
    }
    let back =
        BACK.map(|(length, rounds)| (length, back::back(length, rounds / one_in + BACK_COLD).split_off(BACK_COLD)));
    let heard = raced.iter().map(|(length, all)| (*length, all.iter().map(|r| r.heard).collect()));
    let heard = Curve::of_samples(heard);
    let thefts = raced
        .iter()
        .map(|(length, all)| (*length, all.iter().filter(|r| r.stolen).map(|r| (r.taken, r.cost)).collect::<Vec<_>>()));
    let stolen: Vec<_> = thefts.filter(|(_, thefts)| !thefts.is_empty()).collect();
    let back = Pairs { points: back.into() };
    if stolen.is_empty() {
        // No signal was stolen, so there are no samples, and nothing will draw from them.
        return Requests { heard, steals: Steals::default(), stolen: Pairs::constant(0, 0), back };
    }
    let steals = raced.into_iter().zip(late).map(|((length, all), late)| (length, shares([all, late].concat())));
    Requests { heard, steals: Steals { points: steals.collect() }, stolen: Pairs { points: stolen }, back }
}

/// The share of stolen signals by the age of the request, for all ages with enough samples.
fn shares(mut all: Vec<race::Round>) -> Vec<(u64, f64)> {
    const AGES: usize = 8;
    all.sort_by_key(|r| r.heard);
    let share = |part: &[race::Round]| {
        let stolen = part.iter().filter(|r| r.stolen).count();
        (part[part.len() / 2].heard, stolen as f64 / part.len() as f64)
    };
    all.chunks(all.len().div_ceil(AGES)).map(share).collect()
}
