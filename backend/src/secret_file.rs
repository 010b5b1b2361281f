//! Files with secrets: read only if nobody but their owner can read them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why a file with secrets was not read.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    #[error("cannot read {}: {source}", file.display())]
    Read {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("others than its owner can read {}: `chmod 600` it", .0.display())]
    Open(PathBuf),
}

/// The text of the file.
///
/// # Errors
/// When it cannot be read, or others can read it, too.
pub fn read(file: &Path) -> Result<String, SecretFileError> {
    let not_read = |source| SecretFileError::Read {
        file: file.to_owned(),
        source,
    };
    let mode = std::fs::metadata(file).map_err(not_read)?.permissions();
    if mode.mode() & 0o077 != 0 {
        return Err(SecretFileError::Open(file.to_owned()));
    }
    std::fs::read_to_string(file).map_err(not_read)
}
