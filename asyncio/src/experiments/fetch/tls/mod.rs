//! TLS for https, with rustls. It needs the feature `https`, because TLS takes longer to build than the rest of the client.

#[cfg(feature = "https")]
mod rustls;
mod trust;

use lab::cli::{Args, Options};
use lab::{Error, Result, text};
#[cfg(feature = "https")]
use {lab::cli::Opt, std::path::PathBuf};

#[cfg(feature = "https")]
pub use rustls::Tls;
pub use trust::Trust;

/// A placeholder without the feature: https URLs are refused before it is used.
#[cfg(not(feature = "https"))]
#[derive(Clone, Debug, Default)]
pub struct Tls;

/// `--cacert FILE` and `--insecure`; no options without the feature.
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
        let about = text!("시스템 대신 신뢰할 CA의 PEM 파일", "PEM file of CAs to trust instead of the system's");
        let cacert = options.path("cacert", about);
        let about = text!("서버의 인증서를 검증하지 않음", "do not verify the server's certificate");
        let insecure = options.flag("insecure", about);
        options.conflict(insecure, cacert);
        TlsOptions { cacert, insecure }
    }

    /// Reads the options. `https` is whether an address may need TLS.
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
            _ if a.get(self.insecure) => Trust::Unverified,
            Some(path) => Trust::File(path),
            None => Trust::System,
        }
    }
}
