//! The files of the board, as `trunk build` leaves them.
//!
//! A file that is not the one that was built does not run: the page says what is expected of each (`integrity.rs`).
//! Files with a hash in their name never change and are kept by browsers for ever; `index.html` is asked for each time.
//! Each answer has the headers that keep the page from being framed, sniffed, or made to run somebody else's script.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shared::HotelName;
use tower_http::services::ServeDir;

use super::hotels::Hotels;
use super::integrity::{self, IntegrityError};
use super::problem::Problem;

/// The name of the `<meta>` tag in `index.html` that says where NATS is. It is empty as it is built.
const NATS_WEBSOCKET: &str = "nats-websocket";
/// That of the tag that says which hotel the page at `/` is of.
const HOTEL: &str = "hotel";
/// That of the tag that says in which time zone the hotel is. Where it is empty, that is the browser's.
const TIME_ZONE: &str = "time-zone";
/// What makes an app of the page where it is installed. It lies beside the page of each hotel, and what it says of addresses goes from there.
const MANIFEST: &str = "manifest.webmanifest";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const EMBEDDER: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const FEATURES: HeaderName = HeaderName::from_static("permissions-policy");

/// The built board, ready to be served.
#[derive(Debug, Clone)]
pub struct Spa {
    folder: PathBuf,
    index: String,
    manifest: String,
    policy: HeaderValue,
}

/// Why the board cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SpaError {
    #[error("cannot read {file}: {source}; build the board first (`trunk build --release`)")]
    Read {
        file: String,
        source: std::io::Error,
    },
    #[error(
        "{file} has no <meta name=\"{name}\">, so the board would not find its hotel; build it anew"
    )]
    NoPlace { file: String, name: &'static str },
    #[error("{file} cannot be served, because {error}; build it anew (`trunk build --release`)")]
    Integrity { file: String, error: IntegrityError },
    #[error("--nats-websocket {0:?} is no ws:// or wss:// address, or has a query")]
    Address(String),
}

impl Spa {
    /// Reads `index.html` in `folder` and fills in which hotel the page is of unless its path says so, where NATS is, and
    /// the time zone.
    ///
    /// # Errors
    /// When there is none, or the address makes no sense.
    pub fn load(
        folder: &Path,
        first: &HotelName,
        nats_websocket: Option<&str>,
        time_zone: Option<&str>,
    ) -> Result<Self, SpaError> {
        let name = folder.join("index.html").display().to_string();
        let index = read(folder, "index.html")?;
        let index = integrity::enforce(&index).map_err(|error| SpaError::Integrity {
            file: name.clone(),
            error,
        })?;
        let fill_in = |index: &str, tag: &'static str, content: &str| {
            let filled = fill_in(index, tag, content);
            filled.ok_or_else(|| SpaError::NoPlace {
                file: name.clone(),
                name: tag,
            })
        };
        let index = fill_in(&index, HOTEL, first.as_str())?;
        let index = match time_zone {
            Some(zone) => fill_in(&index, TIME_ZONE, zone)?,
            None => index,
        };
        let (index, connect) = match nats_websocket {
            None => (index, "ws: wss:".to_owned()),
            Some(address) => {
                if !is_websocket(address) {
                    return Err(SpaError::Address(address.to_owned()));
                }
                let filled = fill_in(&index, NATS_WEBSOCKET, address)?;
                (filled, origin(address).to_owned())
            }
        };
        let policy = policy(&index, &connect);
        let policy = HeaderValue::from_str(&policy);
        Ok(Self {
            folder: folder.to_owned(),
            index,
            manifest: read(folder, MANIFEST)?,
            policy: policy.map_err(|_| SpaError::Address(connect))?,
        })
    }

    /// Serves the board at `/` and at `/<hotel>/` of those that there are, its files beside it, and a problem for everything else.
    pub fn service(self, hotels: Hotels) -> Router {
        let page: Arc<str> = self.index.into();
        let index = {
            let page = Arc::clone(&page);
            move || std::future::ready(Html(page.to_string()))
        };
        let manifest: Arc<str> = self.manifest.into();
        let of_a_hotel = move |uri: Uri| {
            let (name, file) = split(uri.path());
            let answer = match file {
                _ if !hotels.knows(name) => Err(Problem::not_found(&uri)),
                // What the page names beside itself would be looked for beside the first hotel's.
                None => Ok(Redirect::permanent(&with_slash(&uri)).into_response()),
                Some("") => Ok(Html(page.to_string()).into_response()),
                Some(MANIFEST) => {
                    let kind = [(header::CONTENT_TYPE, "application/manifest+json")];
                    Ok((kind, manifest.to_string()).into_response())
                }
                Some(_) => Err(Problem::not_found(&uri)),
            };
            std::future::ready(answer)
        };
        let files = ServeDir::new(&self.folder)
            .precompressed_br()
            .append_index_html_on_directories(false)
            .fallback(get(of_a_hotel));
        let policy = self.policy;
        let secure = move |request: Request, next: Next| secure(policy.clone(), request, next);
        Router::new()
            .route("/", get(index.clone()))
            .route("/index.html", get(index))
            .fallback_service(files)
            .layer(middleware::from_fn(reading_only))
            .layer(middleware::from_fn(secure))
    }
}

/// The text of a file of the board.
fn read(folder: &Path, name: &str) -> Result<String, SpaError> {
    let file = folder.join(name);
    std::fs::read_to_string(&file).map_err(|source| SpaError::Read {
        file: file.display().to_string(),
        source,
    })
}

/// The first segment of the path, and what comes after it, if there is a slash in between.
fn split(path: &str) -> (&str, Option<&str>) {
    let path = path.trim_start_matches('/');
    match path.split_once('/') {
        Some((name, file)) => (name, Some(file)),
        None => (path, None),
    }
}

/// The same address with a slash after its path.
fn with_slash(uri: &Uri) -> String {
    // One slash before it alone: two would begin the name of another host.
    let path = uri.path().trim_start_matches('/');
    let query = uri.query().map(|query| format!("?{query}"));
    format!("/{path}/{}", query.unwrap_or_default())
}

/// Keeps everything but the reading of files away from the files, which would answer a `PUT` in their own way.
async fn reading_only(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads {
        next.run(request).await
    } else {
        Problem::not_found(request.uri()).into_response()
    }
}

/// The page with the content in its `<meta>` tag of this name, however the minifier has written that one.
fn fill_in(index: &str, name: &str, content: &str) -> Option<String> {
    let mut tags = index.match_indices("<meta").filter_map(|(start, _)| {
        let length = index.get(start..)?.find('>')? + 1;
        Some(start..start + length)
    });
    let named = [format!("name=\"{name}\""), format!("name={name}")];
    let is_named = |tag: &str| {
        let mut attributes = tag.split([' ', '>', '/']);
        attributes.any(|attribute| named.iter().any(|named| named == attribute))
    };
    let tag = tags.find(|tag| is_named(&index[tag.clone()]))?;
    let filled = format!(r#"<meta name="{name}" content="{}">"#, escape(content));
    let mut page = index.to_owned();
    page.replace_range(tag, &filled);
    Some(page)
}

async fn secure(policy: HeaderValue, request: Request, next: Next) -> Response {
    let hashed = has_hash(request.uri().path());
    let mut response = next.run(request).await.into_response();
    let cache = if hashed && response.status().is_success() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // No other page has a handle on this one, and it loads nothing that is not its own.
        (OPENER, "same-origin"),
        (EMBEDDER, "require-corp"),
        (RESOURCE, "same-origin"),
        (
            FEATURES,
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether trunk put a hash into the name: `vacancy-8a0e6aa7f4c1d9b3.js`, `vacancy-8a0e6aa7f4c1d9b3_bg.wasm`.
fn has_hash(path: &str) -> bool {
    let Some((_, after)) = path.rsplit_once('-') else {
        return false;
    };
    let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
    digits >= 12 && after[digits..].starts_with(['.', '_'])
}

/// The Content-Security-Policy: this page's own files, the scripts that stand in `index` itself, and NATS.
fn policy(index: &str, connect: &str) -> String {
    let scripts: String = inline_scripts(index)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; worker-src 'self'; \
         connect-src 'self' {connect}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The contents of all `<script>` elements without `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|element| {
        let (attributes, rest) = element.split_once('>')?;
        let (content, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(content)
    })
}

fn is_websocket(address: &str) -> bool {
    let host = address
        .strip_prefix("ws://")
        .or_else(|| address.strip_prefix("wss://"));
    // What would end a source in a policy is not in an address.
    // Each hotel's page appends a path of its own.
    let allowed =
        |char: char| char.is_ascii_graphic() && !matches!(char, ';' | ',' | '\'' | '"' | '?' | '#');
    host.is_some_and(|host| !host.is_empty() && host.chars().all(allowed))
}

/// The address without its path: in a policy, a path would have to be the page's own.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[host..]
        .find('/')
        .map_or(address.len(), |at| host + at);
    &address[..end]
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_filled_in_however_the_tag_is_written() {
        for tag in [
            r#"<meta name="nats-websocket" content="" />"#,
            r#"<meta name="nats-websocket" content="">"#,
            "<meta content name=nats-websocket>",
        ] {
            let page = format!(r#"<!doctype html><meta charset="utf-8">{tag}<title>x</title>"#);
            let filled = fill_in(&page, NATS_WEBSOCKET, "ws://h:9222/&b").unwrap();
            assert_eq!(
                filled,
                r#"<!doctype html><meta charset="utf-8"><meta name="nats-websocket" content="ws://h:9222/&amp;b"><title>x</title>"#
            );
        }
        assert_eq!(fill_in("<title>x</title>", NATS_WEBSOCKET, "ws://h"), None);
        let of_another = r#"<meta name="description" content="hotel"><meta name="hotels">"#;
        assert_eq!(fill_in(of_another, HOTEL, "main"), None);
    }

    #[test]
    fn only_the_scripts_in_the_page_itself_may_run() {
        let page = r#"<script src="/a.js"></script><script type="module">one()</script><script>two()</script>"#;
        let scripts: Vec<_> = inline_scripts(page).collect();
        assert_eq!(scripts, ["one()", "two()"]);
        let policy = policy(page, "wss://hotel.example");
        // echo -n 'two()' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains("'sha256-iMrPAWirDC2X0OhZzLsM2MRIWSmepJGI4r7D8ZlwBOw='"),
            "{policy}"
        );
        assert!(policy.contains("connect-src 'self' wss://hotel.example;"));
    }

    #[test]
    fn an_address_cannot_break_out_of_the_policy() {
        for address in [
            "http://h",
            "ws://",
            "ws://h;script-src *",
            "ws://h h",
            "ws://h\n",
            "ws://h'",
            "ws://h/?a=1",
            "ws://h/#a",
        ] {
            assert!(!is_websocket(address), "{address}");
        }
        assert!(is_websocket("wss://hotel.example:9222/path"));
        assert_eq!(
            origin("wss://hotel.example:9222/path/x"),
            "wss://hotel.example:9222"
        );
        assert_eq!(origin("ws://h:1"), "ws://h:1");
    }

    #[test]
    fn a_path_is_a_hotel_and_what_is_beside_its_page() {
        assert_eq!(split("/sea"), ("sea", None));
        assert_eq!(split("/sea/"), ("sea", Some("")));
        assert_eq!(split("/sea/a/b"), ("sea", Some("a/b")));
        let with_slash = |uri: &'static str| with_slash(&Uri::from_static(uri));
        assert_eq!(with_slash("/sea?page=day"), "/sea/?page=day");
        assert_eq!(with_slash("//sea"), "/sea/");
    }

    #[test]
    fn files_with_a_hash_are_kept_for_ever() {
        for path in [
            "/vacancy-board-8a0e6aa7f4c1d9b3.js",
            "/x-8a0e6aa7f4c1d9b3_bg.wasm",
        ] {
            assert!(has_hash(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/sw.js",
            "/icon-192.png",
            "/board-view.js",
        ] {
            assert!(!has_hash(path), "{path}");
        }
    }
}
