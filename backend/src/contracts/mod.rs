//! What other programs need to know to talk with the hotel, made from the types and tables that the hotel itself goes by.
//!
//! ```text
//! messages    every message there is, with its schema
//! schemas     JSON Schema (draft 2020-12), a file for each message
//! asyncapi    AsyncAPI 3.0: what goes over NATS, who may send and read it, and where JetStream keeps it
//! openapi     OpenAPI 3.1: the HTTP adapter
//! plain       what deriving leaves over, made plain
//! ```
//!
//! `cargo xtask contracts` writes the documents to the folder `contracts`, and a test fails when those there are not what
//! would be written.

mod asyncapi;
pub mod messages;
mod openapi;
mod plain;
mod schemas;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

/// Where the documents are written.
#[derive(Debug, Args)]
pub struct ContractsOptions {
    /// The folder; what it has of JSON is replaced.
    pub folder: PathBuf,
}

/// Why they could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// All documents, each by its path within the folder.
pub fn documents() -> BTreeMap<PathBuf, String> {
    let schemas = schemas::documents().into_iter();
    let schemas = schemas.map(|(name, schema)| (format!("schemas/{name}.json"), schema));
    let others = [
        ("asyncapi.json".to_owned(), asyncapi::document()),
        ("openapi.json".to_owned(), openapi::document()),
    ];
    let text = |(path, document): (String, Value)| (PathBuf::from(path), text(&document));
    schemas.chain(others).map(text).collect()
}

/// Writes the documents, and removes what is no longer one.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(options: &ContractsOptions) -> Result<(), WriteError> {
    let documents = documents();
    for (path, text) in &documents {
        let path = options.folder.join(path);
        let folder = path.parent().unwrap_or(&path);
        at(folder, fs::create_dir_all(folder))?;
        at(&path, fs::write(&path, text))?;
    }
    let schemas = Path::new("schemas");
    let folder = options.folder.join(schemas);
    for entry in at(&folder, fs::read_dir(&folder))? {
        let entry = at(&folder, entry)?;
        if !documents.contains_key(&schemas.join(entry.file_name())) {
            at(&entry.path(), fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, WriteError> {
    result.map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

/// The document as a text that is the same wherever it is made: members in the order of their names.
fn text(document: &Value) -> String {
    let mut sorted = document.clone();
    plain::plain(&mut sorted);
    sorted.sort_all_objects();
    format!("{sorted:#}\n")
}

#[cfg(test)]
mod tests;
