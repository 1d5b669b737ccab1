//! Which certificates the client trusts.

#[cfg(feature = "https")]
use std::path::PathBuf;

/// Which server certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those of the system's certificate authorities (CAs).
    #[default]
    System,
    /// Only those of the CAs in a PEM file.
    #[cfg(feature = "https")]
    File(PathBuf),
    /// All, without verification.
    #[cfg(feature = "https")]
    Unverified,
}
