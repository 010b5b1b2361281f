//! PostgreSQL 15, beside which commands are measured. It is not installed from here: its package makes a user and a
//! service, which is the machine's owner's business.

use super::is_executable;
use crate::{Context, error::Error};
use std::path::{Path, PathBuf};

/// Where Debian's package puts the programs, which are not on PATH there.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// What the benches start.
const PROGRAMS: [&str; 4] = ["initdb", "postgres", "pg_isready", "psql"];

/// The folder with its programs.
pub(super) fn find(context: &Context) -> Result<PathBuf, Error> {
    let mut folders = vec![PathBuf::from(DEBIAN)];
    folders.extend(context.workspace.search_path());
    let complete = |folder: &&PathBuf| missing(folder).is_none();
    if let Some(folder) = folders.iter().find(complete) {
        return Ok(folder.clone());
    }
    let missing = missing(Path::new(DEBIAN)).unwrap_or(PROGRAMS[0]);
    Err(Error::Missing {
        what: format!(
            "PostgreSQL, which commands are measured beside, is missing: there is no {missing} in {DEBIAN} nor on PATH"
        ),
        remedy: "install PostgreSQL 15, on Debian by `apt-get install postgresql-15`".into(),
    })
}

/// The first of the programs that is not in `folder`.
fn missing(folder: &Path) -> Option<&'static str> {
    let mut programs = PROGRAMS.into_iter();
    programs.find(|program| !is_executable(&folder.join(program)))
}
