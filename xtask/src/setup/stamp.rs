//! What a folder was installed from: a copy of the file that names the versions, left in it when the installation was complete.

use crate::error::Error;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The copy, and the file itself.
#[derive(Debug)]
pub(super) struct Stamp {
    wanted: PathBuf,
    installed: PathBuf,
}

impl Stamp {
    /// Of the file `wanted`, in the folder `installed` that packages are installed to.
    pub(super) fn new(wanted: PathBuf, installed: &Path) -> Self {
        Self {
            wanted,
            installed: installed.join(".installed-from"),
        }
    }

    /// Whether what is there was installed from the file as it is now.
    pub(super) fn is_current(&self) -> bool {
        let wanted = fs::read(&self.wanted);
        let installed = fs::read(&self.installed);
        matches!((wanted, installed), (Ok(wanted), Ok(installed)) if wanted == installed)
    }

    /// The last step, so that an interrupted installation does not count.
    pub(super) fn set(&self) -> Result<(), Error> {
        let copied = fs::copy(&self.wanted, &self.installed);
        let failed = |source| Error::io(format!("write {}", self.installed.display()), source);
        copied.map(drop).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_from_another_file_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let wanted = folder.path().join("lock.json");
        fs::write(&wanted, "old").expect("a lock file");
        let stamp = Stamp::new(wanted.clone(), folder.path());
        assert!(!stamp.is_current(), "nothing is installed");
        stamp.set().expect("a stamp");
        assert!(stamp.is_current());
        fs::write(&wanted, "new").expect("a lock file");
        assert!(!stamp.is_current(), "something else is installed");
    }
}
