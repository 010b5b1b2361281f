//! The header `Prefer` (RFC 7240): whether a response waits for the outcome of a command, and for how long.
//!
//! `wait=N` waits up to `N` seconds, at most [`MAX_WAIT`]. `respond-async` answers at once, which is what happens without
//! a preference; with `wait` beside it, it changes nothing. What is not understood is passed over, as the RFC asks.

use std::time::Duration;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};

/// The longest time that a response waits.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(30);

/// What the client prefers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prefer {
    /// For how long the response may wait; at most [`MAX_WAIT`].
    pub(super) wait: Option<Duration>,
    respond_async: bool,
}

impl Prefer {
    /// The preferences of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        let mut waits = false;
        for value in headers.get_all("prefer") {
            for preference in preferences(value.to_str().unwrap_or_default()) {
                // What follows a semicolon are parameters, which neither of the two has.
                let preference = preference.split(';').next().unwrap_or_default();
                let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
                let (name, value) = (name.trim(), value.trim().trim_matches('"'));
                if name.eq_ignore_ascii_case("respond-async") {
                    prefer.respond_async = true;
                } else if name.eq_ignore_ascii_case("wait") && !waits {
                    // The first one counts.
                    waits = true;
                    prefer.wait = value.parse().ok().map(Duration::from_secs);
                }
            }
        }
        prefer.wait = prefer.wait.map(|wait| wait.min(MAX_WAIT));
        prefer
    }

    /// The header `Preference-Applied`, if there is something to say.
    pub(super) fn applied(&self) -> Option<(HeaderName, HeaderValue)> {
        let applied = match (self.wait, self.respond_async) {
            (Some(wait), _) => format!("wait={}", wait.as_secs()),
            (None, true) => "respond-async".to_owned(),
            (None, false) => return None,
        };
        let value = HeaderValue::from_str(&applied).ok()?;
        Some((HeaderName::from_static("preference-applied"), value))
    }
}

/// The preferences of a header, which commas part, but not within quotes.
fn preferences(header: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    header.split(move |character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[&str], wait: Option<u64>, applied: Option<&str>) {
        let headers = headers.iter().map(|value| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static("prefer"), value)
        });
        let prefer = Prefer::of(&headers.collect());
        assert_eq!(prefer.wait, wait.map(Duration::from_secs));
        let said = prefer.applied().map(|(_, value)| value);
        assert_eq!(said.as_ref().map(|value| value.to_str().unwrap()), applied);
    }

    #[test]
    fn preferences_are_read_as_the_rfc_says() {
        check(&[], None, None);
        check(&["respond-async"], None, Some("respond-async"));
        check(&["wait=10"], Some(10), Some("wait=10"));
        check(&["Wait = \"5\""], Some(5), Some("wait=5"));
        check(&["respond-async, wait=0"], Some(0), Some("wait=0"));
        check(
            &["return=minimal; a=\"b, wait=3\"", "wait=7"],
            Some(7),
            Some("wait=7"),
        );
        check(&["wait=1, wait=2"], Some(1), Some("wait=1"));
        check(&["wait=86400"], Some(30), Some("wait=30"));
        check(&["wait=-1"], None, None);
        check(&["wait=soon", "handling=lenient"], None, None);
    }
}
