//! Conditional requests (RFC 9110, 13): who has the newest already is told so, and gets nothing.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What tells one state of a resource from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ETag {
    /// The same bytes: the revision of a value.
    Strong(u64),
    /// As good as the same: the sequence that a bucket had when its values began to be read.
    Weak(u64),
}

impl ETag {
    fn header(self) -> Option<HeaderValue> {
        let text = match self {
            Self::Strong(sequence) => format!("\"{sequence}\""),
            Self::Weak(sequence) => format!("W/\"{sequence}\""),
        };
        HeaderValue::from_str(&text).ok()
    }

    fn sequence(self) -> u64 {
        match self {
            Self::Strong(sequence) | Self::Weak(sequence) => sequence,
        }
    }

    /// 304 if the client has this state, else what it does not have.
    pub(super) fn unless_known(
        self,
        headers: &HeaderMap,
        response: impl FnOnce() -> Response,
    ) -> Response {
        let mut response = if self.is_known(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            response()
        };
        let headers = response.headers_mut();
        if let Some(etag) = self.header() {
            headers.insert(header::ETAG, etag);
        }
        // It may be kept, and has to be asked for each time.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }

    /// Whether `If-None-Match` names it. That compares weakly (RFC 9110, 13.1.2).
    fn is_known(self, headers: &HeaderMap) -> bool {
        let known = headers.get_all(header::IF_NONE_MATCH).into_iter();
        let known = known.flat_map(|value| value.to_str().unwrap_or_default().split(','));
        known.map(str::trim).any(|tag| {
            let opaque = tag.strip_prefix("W/").unwrap_or(tag);
            let quoted = opaque
                .strip_prefix('"')
                .and_then(|tag| tag.strip_suffix('"'));
            tag == "*" || quoted.is_some_and(|text| text == self.sequence().to_string())
        })
    }
}

/// A response that nobody keeps.
pub(super) fn no_store(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_any_of_its_names() {
        let known = |if_none_match: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::IF_NONE_MATCH,
                HeaderValue::from_str(if_none_match).unwrap(),
            );
            ETag::Strong(7).is_known(&headers)
        };
        for tags in ["\"7\"", "W/\"7\"", "\"1\", \"7\"", "*", "\"6\",W/\"7\""] {
            assert!(known(tags), "{tags}");
        }
        for tags in ["", "7", "\"77\"", "\"6\"", "W/7", "\"", "\"7"] {
            assert!(!known(tags), "{tags}");
        }
    }
}
