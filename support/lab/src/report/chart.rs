//! Charts: curves over one pair of axes. [`crate::render::chart`] draws them.

use serde::{Deserialize, Serialize};

use crate::lang::Text;
use crate::report::unit::Unit;

/// One curve of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What the legend calls it.
    pub name: Text,
    /// (x, y), both above 0, x ascending.
    pub points: Vec<(f64, f64)>,
    /// Computed, not measured: a limit or a prediction, drawn dashed. Absent in JSON for a measured curve.
    #[serde(default, skip_serializing_if = "is_measured")]
    pub computed: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_measured(computed: &bool) -> bool {
    !computed
}

impl Curve {
    /// A curve of measured points.
    pub fn measured(name: Text, points: Vec<(f64, f64)>) -> Curve {
        Curve { name, points, computed: false }
    }

    /// A limit or a prediction.
    pub fn computed(name: Text, points: Vec<(f64, f64)>) -> Curve {
        Curve { name, points, computed: true }
    }
}

/// Curves over one pair of axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// The line over it: what is drawn over what.
    pub title: Text,
    /// Unit of x.
    pub x: Unit,
    /// Unit of y.
    pub y: Unit,
    /// In the order of the legend.
    pub curves: Vec<Curve>,
}
