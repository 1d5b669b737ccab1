//! What the bench itself shows.

pub mod claims;
pub mod machine;
pub mod prepare;
