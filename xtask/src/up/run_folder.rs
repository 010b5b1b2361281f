//! `.run/`: what a hotel on this machine keeps between starts.

use crate::{Context, console, error::Error};
use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The folder: `jetstream/` (the streams; nats-server.conf says so), `passwords.conf`, `callout.conf` and `hotels/` (which it includes),
/// `credentials.json`, `callout.json`, what [`tls`](super::tls) makes, and `seeded` with the number of rooms that were seeded.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder when it is not there, for its owner alone. `fresh` removes every stream and bucket, and forgets
    /// that they were seeded. The passwords stay: they open the same doors of an empty house.
    pub(super) fn open(context: &Context, fresh: bool) -> Result<Self, Error> {
        let path = context.workspace.path(".run");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|source| Error::io("make .run", source))?;
        let folder = Self { path };
        if fresh {
            // The marker first: if this is interrupted, the hotel is seeded once more, which changes nothing twice.
            folder.remove("seeded", |path| fs::remove_file(path))?;
            folder.remove("manager", |path| fs::remove_file(path))?;
            folder.remove("jetstream", |path| fs::remove_dir_all(path))?;
            console::say("emptied the hotel; the passwords are the same as before");
        }
        Ok(folder)
    }

    /// How many rooms are to be seeded; None when the hotel has its rooms already.
    pub(super) fn rooms_to_seed(
        &self,
        asked: Option<u32>,
        default: u32,
    ) -> Result<Option<u32>, Error> {
        let seeded = self.read("seeded")?;
        // Streams that were deleted by hand took the rooms with them.
        let Some(seeded) = seeded.filter(|_| self.path.join("jetstream").is_dir()) else {
            return Ok(Some(asked.unwrap_or(default)));
        };
        let seeded = seeded.trim().parse().map_err(|_| Error::Malformed {
            what: ".run/seeded".into(),
            why: "it has no number of rooms; `--fresh` starts anew".into(),
        })?;
        match asked {
            Some(asked) if asked != seeded => Err(Error::SeededOtherwise { seeded, asked }),
            _ => Ok(None),
        }
    }

    /// Remembers that the hotel has its rooms.
    pub(super) fn remember_seeded(&self, rooms: u32) -> Result<(), Error> {
        self.write("seeded", &format!("{rooms}\n"))
    }

    /// Makes a folder in it.
    pub(super) fn make_folder(&self, name: &str) -> Result<(), Error> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.path.join(name))
            .map_err(|source| Error::io(format!("make .run/{name}"), source))
    }

    /// A file's text; None when it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        match fs::read_to_string(self.path.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io(format!("read .run/{name}"), source)),
        }
    }

    /// Writes a file that its owner alone can read: whole or not at all.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let failed = |source| Error::io(format!("write .run/{name}"), source);
        let new = self.path.join(format!("{name}.new"));
        self.remove(&format!("{name}.new"), |path| fs::remove_file(path))?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&new, self.path.join(name)).map_err(failed)
    }

    fn remove(&self, name: &str, how: impl Fn(&Path) -> io::Result<()>) -> Result<(), Error> {
        match how(&self.path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(format!("remove .run/{name}"), error))
            }
            _ => Ok(()),
        }
    }

    #[cfg(test)]
    pub(super) fn at(path: &Path) -> Self {
        let path = path.to_owned();
        Self { path }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_hotel_is_seeded_once() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        assert_eq!(folder.rooms_to_seed(None, 40).expect("empty"), Some(40));
        assert_eq!(folder.rooms_to_seed(Some(7), 40).expect("empty"), Some(7));
        fs::create_dir(temporary.path().join("jetstream")).expect("streams");
        assert_eq!(
            folder.rooms_to_seed(None, 40).expect("not seeded"),
            Some(40)
        );
        folder.remember_seeded(7).expect("remembered");
        assert_eq!(folder.rooms_to_seed(None, 40).expect("seeded"), None);
        assert_eq!(folder.rooms_to_seed(Some(7), 40).expect("seeded"), None);
        let error = folder.rooms_to_seed(Some(8), 40).expect_err("other rooms");
        assert!(
            error
                .remedy()
                .is_some_and(|remedy| remedy.contains("--fresh")),
            "{error}"
        );
    }

    #[test]
    fn a_hotel_whose_streams_are_gone_is_seeded_again() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        folder.remember_seeded(7).expect("remembered");
        assert_eq!(
            folder.rooms_to_seed(None, 40).expect("no streams"),
            Some(40)
        );
    }

    #[test]
    fn files_are_for_their_owner_alone() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        folder.write("secret", "one").expect("written");
        folder.write("secret", "two").expect("written over");
        assert_eq!(
            folder.read("secret").expect("readable").as_deref(),
            Some("two")
        );
        let data = fs::metadata(temporary.path().join("secret")).expect("data");
        assert_eq!(data.permissions().mode() & 0o777, 0o600);
    }
}
