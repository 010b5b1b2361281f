//! The keys of the callout: who answers, who signs, and for whom questions are encrypted. Two files of a folder have them: the seeds
//! are the backend's, what is public stands in the configuration of the server, which includes it.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nkeys::{KeyPair, XKey};
use serde::{Deserialize, Serialize};

use crate::secret_file::{self, SecretFileError};

/// The file with the seeds.
pub(super) const SEEDS: &str = "callout.json";
/// The file with the variables of `nats-server.conf`.
pub(super) const VARIABLES: &str = "callout.conf";

/// The seeds, as they are in their file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeds {
    /// Of the user that answers (`SU…`).
    user: String,
    /// Of the account key that signs who is let in (`SA…`).
    issuer: String,
    /// Of the curve key that questions are encrypted for (`SX…`).
    xkey: String,
}

/// The keys of the callout.
pub struct Keys {
    pub(super) user: KeyPair,
    pub(super) issuer: KeyPair,
    pub(super) xkey: XKey,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    File(#[from] SecretFileError),
    #[error("cannot write {}: {source}", file.display())]
    Write {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {source}; it has to have the seeds user (SU…), issuer (SA…) and xkey (SX…)", file.display())]
    Json {
        file: PathBuf,
        source: serde_json::Error,
    },
    #[error("a seed of the callout is none: {0}")]
    Seed(#[from] nkeys::error::Error),
}

impl Keys {
    /// New ones.
    pub fn generate() -> Self {
        Self {
            user: KeyPair::new_user(),
            issuer: KeyPair::new_account(),
            xkey: XKey::new(),
        }
    }

    /// Reads them from a file that only its owner may read.
    ///
    /// # Errors
    /// When there is no such file, others may read it, or it has no seeds.
    pub fn load(file: &Path) -> Result<Self, KeysError> {
        let text = secret_file::read(file)?;
        let json = |source| KeysError::Json {
            file: file.to_owned(),
            source,
        };
        let Seeds { user, issuer, xkey } = serde_json::from_str(&text).map_err(json)?;
        Ok(Self {
            user: KeyPair::from_seed(&user)?,
            issuer: KeyPair::from_seed(&issuer)?,
            xkey: XKey::from_seed(&xkey)?,
        })
    }

    /// Writes `SEEDS`, which must not be there yet, and `VARIABLES` into `folder`. Returns where the seeds are.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, KeysError> {
        let seeds = Seeds {
            user: self.user.seed()?,
            issuer: self.issuer.seed()?,
            xkey: self.xkey.seed()?,
        };
        let file = folder.join(SEEDS);
        let text = serde_json::to_string_pretty(&seeds);
        let text = text.map_err(|source| KeysError::Json {
            file: file.clone(),
            source,
        })?;
        // The public half first: with the seeds there, nobody writes it again.
        let variables = folder.join(VARIABLES);
        let written = std::fs::write(&variables, self.variables());
        written.map_err(|source| KeysError::Write {
            file: variables,
            source,
        })?;
        let mut options = std::fs::OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(&file);
        opened
            .and_then(|mut opened| writeln!(opened, "{text}"))
            .map_err(|source| KeysError::Write {
                file: file.clone(),
                source,
            })?;
        Ok(file)
    }

    /// What `nats-server.conf` refers to.
    fn variables(&self) -> String {
        format!(
            "# The public keys of the callout; the seeds are in {SEEDS}.\n\
             CALLOUT_USER: {}\nCALLOUT_ISSUER: {}\nCALLOUT_XKEY: {}\n",
            self.user.public_key(),
            self.issuer.public_key(),
            self.xkey.public_key()
        )
    }

    /// What the one who answers connects with.
    pub(super) fn user_seed(&self) -> Result<String, KeysError> {
        Ok(self.user.seed()?)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut keys = f.debug_struct("Keys");
        keys.field("issuer", &self.issuer.public_key())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::generate();
        let file = keys.save(folder.path()).unwrap();
        let loaded = Keys::load(&file).unwrap();
        assert_eq!(loaded.issuer.public_key(), keys.issuer.public_key());
        let variables = std::fs::read_to_string(folder.path().join(VARIABLES)).unwrap();
        assert!(variables.contains(&format!("CALLOUT_USER: {}\n", keys.user.public_key())));
        assert!(
            !variables.contains(&keys.user.seed().unwrap()),
            "{variables}"
        );
        // Nobody loses keys by making new ones.
        assert!(matches!(
            Keys::generate().save(folder.path()),
            Err(KeysError::Write { .. })
        ));
    }

    #[test]
    fn a_file_that_others_can_read_or_that_has_no_seeds_is_not_taken() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = Keys::generate().save(folder.path()).unwrap();
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&file, mode).unwrap();
        let error = Keys::load(&file).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        let other = folder.path().join("other");
        let mut opened = std::fs::OpenOptions::new();
        let mut opened = opened
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&other)
            .unwrap();
        write!(opened, "{{\"user\":\"x\",\"issuer\":\"y\",\"xkey\":\"z\"}}").unwrap();
        assert!(matches!(Keys::load(&other), Err(KeysError::Seed(_))));
    }
}
