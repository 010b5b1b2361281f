//! The folder of the other hotels: `<hotel>.nk` has the seed of the key by which the hotel's backend connects, and `accounts.conf`,
//! which the server includes, the accounts of all of them. Whoever runs the server keeps it; in a cluster each server has a copy.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nkeys::KeyPair;
use shared::HotelName;

use super::accounts;
use crate::secret_file::{self, SecretFileError};

/// How the name of a file with a seed ends.
const SEED: &str = ".nk";
/// The file with the accounts.
const ACCOUNTS: &str = "accounts.conf";

/// A folder with hotels.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// Why it is not known which hotels there are, or one is not made.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error("{}: {source}; it has to have the seed of an NKey (SU…)", path.display())]
    Seed {
        path: PathBuf,
        source: nkeys::error::Error,
    },
    #[error("{} is named after no hotel: {source}", path.display())]
    Name {
        path: PathBuf,
        source: shared::hotel_name::HotelNameError,
    },
}

impl Folder {
    /// The folder there. It need not exist yet.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The hotels that have a key, by name.
    ///
    /// # Errors
    /// When the folder cannot be read, or has a key of something else.
    pub fn hotels(&self) -> Result<Vec<HotelName>, FolderError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(io("read", &self.0)(source)),
        };
        let mut hotels = Vec::new();
        for entry in entries {
            let path = entry.map_err(io("read", &self.0))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if let Some(name) = name.and_then(|name| name.strip_suffix(SEED)) {
                let name = name.parse();
                hotels.push(name.map_err(|source| FolderError::Name { path, source })?);
            }
        }
        hotels.sort();
        Ok(hotels)
    }

    /// The file with the seed of the hotel's key.
    pub fn key_file(&self, hotel: &HotelName) -> PathBuf {
        self.0.join(format!("{hotel}{SEED}"))
    }

    /// Makes a key for the hotel. One that is there already stays.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make_key(&self, hotel: &HotelName) -> Result<(), FolderError> {
        self.make()?;
        let path = self.key_file(hotel);
        if path.exists() {
            return Ok(());
        }
        let seed = KeyPair::new_user().seed();
        let seed = seed.map_err(|source| FolderError::Seed {
            path: path.clone(),
            source,
        })?;
        self.write(&path, &format!("{seed}\n"))
    }

    /// Writes the accounts of all hotels for the server, which has to read them anew.
    ///
    /// # Errors
    /// When a key cannot be read, or the file not be written.
    pub fn write_accounts(&self) -> Result<(), FolderError> {
        let mut text = "# The accounts of the other hotels, made by `vacancy hotel`.\n".to_owned();
        for hotel in self.hotels()? {
            let path = self.key_file(&hotel);
            let seed = secret_file::read(&path)?;
            let key = KeyPair::from_seed(seed.trim());
            let key = key.map_err(|source| FolderError::Seed { path, source })?;
            text.push('\n');
            text.push_str(&accounts::text(&hotel, &key.public_key()));
        }
        self.make()?;
        self.write(&self.0.join(ACCOUNTS), &text)
    }

    /// Makes the folder, if it is not there.
    fn make(&self) -> Result<(), FolderError> {
        let mut make = fs::DirBuilder::new();
        let made = make.recursive(true).mode(0o700).create(&self.0);
        made.map_err(io("make", &self.0))
    }

    /// Writes a file that its owner alone can read: whole or not at all.
    fn write(&self, path: &Path, text: &str) -> Result<(), FolderError> {
        let new = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        let opened = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new);
        opened
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&new, path))
            .map_err(io("write", path))
    }
}

fn io(what: &'static str, path: &Path) -> impl Fn(std::io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io {
        what,
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_hotel_keeps_its_key_and_the_accounts_have_the_public_one() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(&temporary.path().join("hotels"));
        assert_eq!(folder.hotels().unwrap(), []);
        let [sea, hill]: [HotelName; 2] = ["sea", "hill"].map(|name| name.parse().unwrap());
        folder.make_key(&sea).unwrap();
        let seed = fs::read_to_string(folder.key_file(&sea)).unwrap();
        folder.make_key(&sea).unwrap();
        assert_eq!(fs::read_to_string(folder.key_file(&sea)).unwrap(), seed);
        let mode = fs::metadata(folder.key_file(&sea)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);

        folder.make_key(&hill).unwrap();
        folder.write_accounts().unwrap();
        assert_eq!(folder.hotels().unwrap(), [hill, sea]);
        let accounts = fs::read_to_string(temporary.path().join("hotels/accounts.conf")).unwrap();
        let public = KeyPair::from_seed(seed.trim()).unwrap().public_key();
        assert!(accounts.contains(&public) && !accounts.contains(seed.trim()));
        assert!(accounts.contains("  HOTEL-hill {\n") && accounts.contains("  GUEST-sea {\n"));
    }

    #[test]
    fn what_is_no_key_of_a_hotel_is_told() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path());
        fs::write(temporary.path().join("No Hotel.nk"), "x").unwrap();
        assert!(matches!(folder.hotels(), Err(FolderError::Name { .. })));
        fs::remove_file(temporary.path().join("No Hotel.nk")).unwrap();
        fs::write(temporary.path().join("sea.nk"), "x").unwrap();
        let error = folder.write_accounts().unwrap_err();
        assert!(matches!(error, FolderError::Secret(_)), "{error}");
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(temporary.path().join("sea.nk"), mode).unwrap();
        let error = folder.write_accounts().unwrap_err();
        assert!(matches!(error, FolderError::Seed { .. }), "{error}");
    }
}
