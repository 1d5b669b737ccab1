//! The large race: all threads add to one counter, each variant in turn, and the lost updates are counted.

use lab::lang::Text;
use lab::report::{Measure, Unit};
use lab::{Error, Result, clock, text};

use crate::counter_variant::CounterVariant;
use crate::start_barrier::start_together;

/// How often every variant runs; interleaved, so that a stall of the machine hits them all.
const REPEATS: usize = 3;

/// One run of one variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    pub made: u64,
    /// Updates that are missing at the end.
    pub lost: u64,
    /// From the first start to the last end, in ns.
    pub wall: u64,
}

/// Lets `threads` threads add 1 `turns` times each.
pub fn run(variant: &CounterVariant, threads: usize, turns: u64) -> Result<Race> {
    let times = start_together(threads, |_| {
        let start = clock::now();
        variant.add(turns);
        (start, clock::now())
    })?;
    let start = times.iter().map(|(start, _)| *start).min().unwrap_or(0);
    let end = times.iter().map(|(_, end)| *end).max().unwrap_or(0);
    let made = threads as u64 * turns;
    Ok(Race { made, lost: made.saturating_sub(variant.take()), wall: end - start })
}

/// All variants in turn, several times; the runs of each, in the order of the variants.
pub fn all(variants: &[CounterVariant], threads: usize, turns: u64) -> Result<Vec<Vec<Race>>> {
    let mut races = vec![Vec::with_capacity(REPEATS); variants.len()];
    for _ in 0..REPEATS {
        for (variant, races) in variants.iter().zip(&mut races) {
            races.push(run(variant, threads, turns)?);
        }
    }
    Ok(races)
}

/// Fails, by name, if a variant lost an update that it must protect.
pub fn check(variant: &CounterVariant, races: &[Race]) -> Result<()> {
    let (name, (made, lost)) = (variant.name, total(races));
    if lost == 0 || !variant.protects() {
        return Ok(());
    }
    Err(Error::failed(text!(
        "{name}: 갱신 {made}번 가운데 {lost}번이 유실되었습니다. 나와서는 안 되는 결과입니다.",
        "{name}: lost {lost} of {made} updates, which must not happen."
    )))
}

/// Updates made and updates lost, in all runs together.
pub fn total(races: &[Race]) -> (u64, u64) {
    races.iter().fold((0, 0), |(made, lost), race| (made + race.made, lost + race.lost))
}

/// What is measured of every variant: updates lost, their share, and time per update.
pub fn measures(variants: &[CounterVariant], races: &[Vec<Race>]) -> Vec<Measure> {
    let quantity = |id: &str, unit: Unit, name: fn(&str) -> Text, of: fn(&Race) -> f64| -> Vec<Measure> {
        let one = |(v, races): (&CounterVariant, &Vec<Race>)| {
            Measure::new(format!("{id}.{}", v.name), name(v.name), unit, races.iter().map(of).collect())
        };
        variants.iter().zip(races).map(one).collect()
    };
    [
        quantity("lost", Unit::Count, |v| text!("{v}: 유실된 갱신", "{v}: updates lost"), |race| race.lost as f64),
        quantity(
            "lost_share",
            Unit::Share,
            |v| text!("{v}: 유실된 비율", "{v}: share lost"),
            |race| race.lost as f64 / race.made as f64,
        ),
        quantity(
            "update",
            Unit::Ns,
            |v| text!("{v}: 갱신당 시간", "{v}: time per update"),
            |race| race.wall as f64 / race.made as f64,
        ),
    ]
    .concat()
}
