//! TLS for https, by rustls; only with the feature `https`, for it costs more to build than the rest of the client.

#[cfg(feature = "https")]
mod rustls;

use lab::cli::{Args, Options};
use lab::{Error, Result, text};
#[cfg(feature = "https")]
use {lab::cli::Opt, std::path::PathBuf};

#[cfg(feature = "https")]
pub use rustls::Tls;

/// Without the feature: nobody reaches a server by https.
#[cfg(not(feature = "https"))]
#[derive(Clone, Debug, Default)]
pub struct Tls;

/// Whom a client believes that a server is who it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The certificate authorities of the system.
    #[default]
    System,
    /// Those of a file (PEM), instead.
    #[cfg(feature = "https")]
    File(PathBuf),
    /// Anybody.
    #[cfg(feature = "https")]
    Anybody,
}

/// `--cacert FILE` and `--insecure`, where there is TLS.
#[derive(Clone, Copy, Debug)]
pub struct TlsOptions {
    #[cfg(feature = "https")]
    cacert: Opt<Option<PathBuf>>,
    #[cfg(feature = "https")]
    insecure: Opt<bool>,
}

impl TlsOptions {
    #[cfg(not(feature = "https"))]
    pub fn declare(_: &mut Options) -> TlsOptions {
        TlsOptions {}
    }

    #[cfg(feature = "https")]
    pub fn declare(options: &mut Options) -> TlsOptions {
        let about = text!("시스템 대신 믿을 CA의 PEM 파일", "a PEM file of CAs to trust instead of the system's");
        let cacert = options.path("cacert", about);
        let about = text!("서버의 인증서를 확인하지 않음", "does not check who the server is");
        let insecure = options.flag("insecure", about);
        options.conflict(insecure, cacert);
        TlsOptions { cacert, insecure }
    }

    /// Whom to trust; `https` says whether any address may need it.
    pub fn read(self, a: &Args, https: bool) -> Result<Trust> {
        let trust = self.trust(a);
        if trust != Trust::System && !https {
            return Err(Error::usage(text!(
                "--cacert와 --insecure는 https 주소가 없으면 효과가 없습니다.",
                "--cacert and --insecure have no effect without an https address."
            )));
        }
        Ok(trust)
    }

    #[cfg(not(feature = "https"))]
    fn trust(self, _: &Args) -> Trust {
        Trust::System
    }

    #[cfg(feature = "https")]
    fn trust(self, a: &Args) -> Trust {
        match a.get(self.cacert) {
            _ if a.get(self.insecure) => Trust::Anybody,
            Some(path) => Trust::File(path),
            None => Trust::System,
        }
    }
}
