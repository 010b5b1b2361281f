//! Who may send webhooks, and the secrets that they sign with: `{"<source>":["whsec_…"]}`, from a file that nobody else can read
//! (`--hooks FILE`), or from the environment ([`VARIABLE`]).
//!
//! A source with several secrets may sign with any of them, so that a new one can be given before the old one is taken away.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::text::{Token, TokenError};

use crate::secret_file::{self, SecretFileError};

/// The environment variable with the same JSON as the file. It is no option because everybody on a machine can read the
/// options of a program.
pub const VARIABLE: &str = "VACANCY_HOOKS";

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes a secret may have.
const LENGTH: std::ops::RangeInclusive<usize> = 24..=64;
/// Users of the account `HOTEL` that are programs of the hotel itself.
const TAKEN: [&str; 4] = ["cli", "http", "reactions", "seed"];

/// The sources by their names.
#[derive(Debug, Default)]
pub struct Sources(BTreeMap<Token, Vec<Secret>>);

/// The key of a signature.
pub(super) struct Secret(pub(super) Vec<u8>);

/// Keeps the key out of logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why the sources cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    #[error(transparent)]
    File(#[from] SecretFileError),
    #[error("{from}: this is not of the form {{\"<source>\":[\"{PREFIX}…\"]}}: {source}")]
    Json {
        from: String,
        source: serde_json::Error,
    },
    #[error("{from}: the name of a source: {source}")]
    Name { from: String, source: TokenError },
    #[error("{from}: {name} is the name of a part of the hotel; call the source something else")]
    Taken { from: String, name: Token },
    #[error(
        "{from}: a secret of {name} is not {PREFIX} and the Base64 of {} to {} bytes",
        LENGTH.start(), LENGTH.end()
    )]
    Secret { from: String, name: Token },
}

impl Sources {
    /// From the file, or the environment when there is none.
    ///
    /// # Errors
    /// When they cannot be read, or others can read them too.
    pub fn load(file: Option<&Path>) -> Result<Self, SourcesError> {
        if let Some(file) = file {
            return Self::read(file);
        }
        match std::env::var(VARIABLE) {
            Ok(json) => Self::parse(&json, VARIABLE),
            Err(_) => Ok(Self::default()),
        }
    }

    fn read(file: &Path) -> Result<Self, SourcesError> {
        Self::parse(&secret_file::read(file)?, &file.display().to_string())
    }

    fn parse(json: &str, from: &str) -> Result<Self, SourcesError> {
        let from = || from.to_owned();
        let texts: BTreeMap<String, Vec<String>> =
            serde_json::from_str(json).map_err(|source| SourcesError::Json {
                from: from(),
                source,
            })?;
        let mut sources = BTreeMap::new();
        for (name, secrets) in texts {
            let name = name.parse::<Token>().map_err(|source| SourcesError::Name {
                from: from(),
                source,
            })?;
            if TAKEN.contains(&name.as_str()) {
                return Err(SourcesError::Taken { from: from(), name });
            }
            let secrets: Option<Vec<_>> = secrets.iter().map(|text| Secret::parse(text)).collect();
            match secrets {
                Some(secrets) if !secrets.is_empty() => {
                    sources.insert(name, secrets);
                }
                _ => return Err(SourcesError::Secret { from: from(), name }),
            }
        }
        Ok(Self(sources))
    }

    /// The secrets of a source.
    pub(super) fn secrets(&self, name: &str) -> Option<(&Token, &[Secret])> {
        let (name, secrets) = self.0.iter().find(|(known, _)| known.as_str() == name)?;
        Some((name, secrets))
    }
}

impl Secret {
    fn parse(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        LENGTH.contains(&key.len()).then_some(Self(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn sources_are_read_with_their_secrets() {
        let json = format!(r#"{{"channel":["{SECRET}","{SECRET}"]}}"#);
        let sources = Sources::parse(&json, "test").unwrap();
        assert_eq!(sources.secrets("channel").unwrap().1.len(), 2);
        assert!(sources.secrets("other").is_none());
        assert!(!format!("{sources:?}").contains("MfKQ"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for json in [
            "[]".to_owned(),
            r#"{"channel":[]}"#.to_owned(),
            r#"{"channel":["secret"]}"#.to_owned(),
            r#"{"channel":["whsec_c2hvcnQ="]}"#.to_owned(),
            format!(r#"{{"a.b":["{SECRET}"]}}"#),
            format!(r#"{{"http":["{SECRET}"]}}"#),
        ] {
            let error = Sources::parse(&json, "test").unwrap_err();
            assert!(!error.to_string().contains("MfKQ"), "{error}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hooks.json");
        std::fs::write(&file, format!(r#"{{"channel":["{SECRET}"]}}"#)).unwrap();
        let allow = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        allow(0o640);
        let error = Sources::load(Some(&file)).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
        allow(0o600);
        assert!(
            Sources::load(Some(&file))
                .unwrap()
                .secrets("channel")
                .is_some()
        );
    }
}
