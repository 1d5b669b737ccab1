//! What a submission of a loom lab imports as `crate::sync`.
