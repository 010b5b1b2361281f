//! Reads Cargo.lock.

use crate::{Context, error::Error};

/// The version of a crate in the workspace's Cargo.lock.
pub(super) fn version_of(context: &Context, name: &str) -> Result<String, Error> {
    let text = std::fs::read_to_string(context.workspace.path("Cargo.lock"))
        .map_err(|source| Error::io("read Cargo.lock", source))?;
    let malformed = |why| Error::Malformed {
        what: "Cargo.lock".into(),
        why,
    };
    match versions(&text, name).as_slice() {
        [version] => Ok((*version).to_owned()),
        [] => Err(malformed(format!("no crate {name} in it"))),
        several => Err(malformed(format!(
            "{name} is in it in several versions ({}); `cargo update` makes them one",
            several.join(", ")
        ))),
    }
}

/// Cargo writes each package as `name = "…"` and `version = "…"` on two lines.
fn versions<'a>(lock: &'a str, name: &str) -> Vec<&'a str> {
    let wanted = format!("name = \"{name}\"");
    let mut found = Vec::new();
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        if line == wanted {
            let version = lines
                .next()
                .and_then(|line| line.strip_prefix("version = \""));
            found.extend(version.and_then(|version| version.strip_suffix('"')));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::versions;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry+index"
dependencies = [
 "wasm-bindgen-macro",
]

[[package]]
name = "wasm-bindgen-macro"
version = "0.2.129"

[[package]]
name = "syn"
version = "2.0.1"

[[package]]
name = "syn"
version = "3.0.0"
"#;

    #[test]
    fn a_crate_is_found_by_its_whole_name() {
        assert_eq!(versions(LOCK, "wasm-bindgen"), ["0.2.130"]);
    }

    #[test]
    fn every_version_of_a_crate_is_found() {
        assert_eq!(versions(LOCK, "syn"), ["2.0.1", "3.0.0"]);
    }

    #[test]
    fn a_crate_that_is_not_there_has_none() {
        assert!(versions(LOCK, "bindgen").is_empty());
        assert!(versions("", "syn").is_empty());
    }
}
