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
