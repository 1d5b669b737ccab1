//! One call of a library, as the twin measured it.

use lab::lang::Text;
use lab::report::{Measure, Report};

use crate::overlap::OVERLAP;

/// What a call did with the GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gil {
    /// Two threads were in the call for more than half of the time.
    Released,
    /// They never were, not for an instant.
    Held,
    /// For some of the time.
    InPart,
}

pub(super) struct Call {
    /// The interpreter, and its environment if it is one of ours.
    pub(super) on: String,
    pub(super) has_gil: Option<bool>,
    pub(super) library: String,
    /// The library and the call.
    pub(super) name: Text,
    /// The share of the time in which both threads were in the call.
    pub(super) overlap: f64,
    /// One call of one thread that is alone, in ns.
    pub(super) alone: f64,
    /// Calls of two threads, compared with one that is alone.
    pub(super) speedup: f64,
}

impl Call {
    pub(super) fn gil(&self) -> Gil {
        match self.overlap {
            share if share > OVERLAP => Gil::Released,
            0.0 => Gil::Held,
            _ => Gil::InPart,
        }
    }
}

/// The calls of a twin, in its order.
pub(super) fn of(twin: &Report, on: &str, has_gil: Option<bool>) -> Vec<Call> {
    let number = |measure: &Measure| measure.id.strip_prefix("overlap.").map(str::to_owned);
    let found = twin.measures.iter().filter_map(|measure| {
        let number = number(measure)?;
        let (library, _) = measure.name.en.split_once(": ")?;
        let other = |what: &str| twin.measure(&format!("{what}.{number}")).map_or(f64::NAN, Measure::median);
        Some(Call {
            on: on.to_owned(),
            has_gil,
            library: library.to_owned(),
            name: measure.name.clone(),
            overlap: measure.median(),
            alone: other("alone"),
            speedup: other("speedup"),
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use lab::report::Unit;

    use super::*;

    #[test]
    fn the_overlap_decides_and_nothing_else() {
        let measure = |id: &str, value| Measure::new(id, Text::same("zlib: compress"), Unit::Share, vec![value]);
        let seen = |overlap| {
            let measures = vec![measure("overlap.0", overlap), measure("alone.0", 7.0), measure("speedup.0", 0.4)];
            let calls = of(&Report { measures, ..Report::default() }, "CPython", Some(true));
            assert_eq!(
                (calls[0].library.as_str(), calls[0].name.en.as_str(), calls[0].alone),
                ("zlib", "zlib: compress", 7.0)
            );
            calls[0].gil()
        };
        assert_eq!([seen(0.98), seen(0.0), seen(0.2)], [Gil::Released, Gil::Held, Gil::InPart]);
    }
}
