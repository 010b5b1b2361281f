//! What keeps a browser from running a file that is not the one that was built.
//!
//! trunk writes the digests of the script and of the wasm file to their `<link>`s when it builds the board. A browser looks at those of
//! styles. For what the page imports and fetches by script it has to be told elsewhere: for the script in an import map, for the
//! wasm file by the page itself (`pattern_script` in `Trunk.toml`), which reads it from `data-integrity`, since browsers
//! complain about `integrity` where they do not look at it.

use std::ops::Range;

use serde_json::json;

/// Why the digests are not where they are needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntegrityError {
    #[error("its link to {0} has no digest")]
    Undigested(String),
    #[error("its {0} link has no address")]
    NoAddress(&'static str),
    #[error("it has no script before which the digests could be said")]
    NoScript,
}

/// The page with the digests where browsers look at them. A page that loads nothing by script stays as it is.
///
/// # Errors
/// When one of them is missing.
pub(super) fn enforce(page: &str) -> Result<String, IntegrityError> {
    let mut page = page.to_owned();
    if let Some(tag) = link(&page, "preload") {
        digest(&page[tag.clone()], "preload")?;
        let told = page[tag.clone()].replacen(" integrity=", " data-integrity=", 1);
        page.replace_range(tag, &told);
    }
    if let Some(tag) = link(&page, "modulepreload") {
        let (address, digest) = digest(&page[tag], "modulepreload")?;
        let map = json!({ "integrity": { address: digest } });
        // An address that ends the element is no address; `<` need not stand in JSON.
        let map = map.to_string().replace('<', "\\u003c");
        let script = page.find("<script").ok_or(IntegrityError::NoScript)?;
        page.insert_str(
            script,
            &format!(r#"<script type="importmap">{map}</script>"#),
        );
    }
    Ok(page)
}

/// What a link leads to, and what is expected there.
fn digest<'a>(tag: &'a str, kind: &'static str) -> Result<(&'a str, &'a str), IntegrityError> {
    let address = attribute(tag, "href").ok_or(IntegrityError::NoAddress(kind))?;
    let digest = attribute(tag, "integrity").filter(|digest| !digest.is_empty());
    let digest = digest.ok_or_else(|| IntegrityError::Undigested(address.to_owned()))?;
    Ok((address, digest))
}

/// The first `<link rel=…>` of this kind.
fn link(page: &str, kind: &str) -> Option<Range<usize>> {
    let mut tags = page.match_indices("<link").filter_map(|(start, _)| {
        let length = page.get(start..)?.find('>')? + 1;
        Some(start..start + length)
    });
    tags.find(|tag| attribute(&page[tag.clone()], "rel") == Some(kind))
}

/// The value of an attribute, in quotes or, as the minifier writes it, without.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut places = tag.match_indices(name).filter_map(|(start, _)| {
        let before = tag[..start].ends_with(|char: char| char.is_ascii_whitespace());
        before.then(|| tag[start + name.len()..].strip_prefix('='))?
    });
    let value = places.next()?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([' ', '\n', '>']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_stand_where_browsers_look_at_them() {
        for page in [
            "<!doctype html><script type=module>x()</script><link crossorigin href=/a.js integrity=sha384-A/b+ rel=modulepreload><link as=fetch crossorigin href=/a.wasm integrity=sha384-C rel=preload type=application/wasm>",
            r#"<!doctype html><script type="module">x()</script><link rel="modulepreload" href="/a.js" crossorigin="anonymous" integrity="sha384-A/b+"><link rel="preload" href="/a.wasm" as="fetch" integrity="sha384-C">"#,
        ] {
            let sealed = enforce(page).unwrap();
            let map = r#"<!doctype html><script type="importmap">{"integrity":{"/a.js":"sha384-A/b+"}}</script><script type"#;
            assert!(sealed.starts_with(map), "{sealed}");
            // The script's own link says it as well.
            assert_eq!(sealed.matches(" integrity=").count(), 1, "{sealed}");
            assert_eq!(sealed.matches(" data-integrity=").count(), 1, "{sealed}");
        }
    }

    #[test]
    fn a_page_whose_digests_are_missing_is_not_served() {
        for (page, error) in [
            (
                "<script></script><link href=/a.js rel=modulepreload>",
                IntegrityError::Undigested("/a.js".to_owned()),
            ),
            (
                "<script></script><link href=/a.wasm integrity rel=preload>",
                IntegrityError::Undigested("/a.wasm".to_owned()),
            ),
            (
                "<script></script><link rel=preload>",
                IntegrityError::NoAddress("preload"),
            ),
            (
                "<link href=/a.js integrity=sha384-A rel=modulepreload>",
                IntegrityError::NoScript,
            ),
        ] {
            assert_eq!(enforce(page), Err(error), "{page}");
        }
        let plain = "<title>nothing to load</title>";
        assert_eq!(enforce(plain).as_deref(), Ok(plain));
    }
}
