//! One call of a list.

use std::sync::Arc;

use lab::lang::Text;

use crate::experiments::fetch::request::RequestPlan;
use crate::experiments::fetch::target::Target;

/// One call of a list: where it stands there (a line, from 1), its URL, and what is sent.
pub struct Listed {
    pub line: usize,
    pub url: String,
    pub target: Result<Target, Unusable>,
    /// The request of a row; `None` if all calls send the same.
    pub request: Option<Arc<RequestPlan>>,
    /// A checksum of what the row adds to headers and body, if it adds something. It is no secret: credentials are left out.
    pub checksum: Option<u32>,
}

/// Why a call of a list cannot be made.
#[derive(Clone, Debug)]
pub enum Unusable {
    Address(Text),
    Row(Text),
}
