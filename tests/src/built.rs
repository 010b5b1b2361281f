//! A copy of the built board, whose files a test may change.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha384};
use tempfile::TempDir;

use crate::tools;

/// A folder with the files of the board as they are, without their compressed forms.
#[derive(Debug)]
pub struct Built(TempDir);

impl Built {
    pub fn copy() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in files(&tools::spa()) {
            if path.extension().is_none_or(|extension| extension != "br") {
                let name = path.file_name().expect("a name");
                fs::copy(&path, folder.path().join(name)).expect("a copy");
            }
        }
        Self(folder)
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// The file of the board whose name begins and ends so.
    pub fn file(&self, begin: &str, end: &str) -> PathBuf {
        let is_it = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.starts_with(begin) && name.ends_with(end))
        };
        let mut files = files(self.folder()).into_iter();
        let found = files.find(is_it);
        found.unwrap_or_else(|| panic!("there is no file {begin}…{end} in the built board"))
    }

    /// Makes another build of it, in which one of the styles is another. Returns the path at which that one is found.
    pub fn build_anew(&self) -> String {
        let old = self.file("base-", ".css");
        let mut style = fs::read(&old).expect("a style");
        let before = digest(&style);
        style.extend(b":root { --built: anew }");
        let after = digest(&style);
        let hash: String = Sha384::digest(&style)[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let new = format!("base-{hash}.css");
        fs::remove_file(&old).expect("a file that is there");
        fs::write(self.folder().join(&new), style).expect("written");
        let old = old.file_name().expect("a name").to_string_lossy();
        let index = self.folder().join("index.html");
        let page = fs::read_to_string(&index).expect("a page");
        assert!(page.contains(&before), "the page does not say the digest");
        let page = page.replace(&*old, &new).replace(&before, &after);
        fs::write(index, page).expect("written");
        format!("/{new}")
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the built board");
    entries.map(|entry| entry.expect("a file").path()).collect()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}
