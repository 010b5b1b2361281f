//! Bodies of requests: JSON, of a size, in time.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::invalid;

/// The largest body that is read, in bytes. A command has some hundred.
pub(super) const MAX_BODY: usize = 16 * 1024;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of a body that says of itself that it is JSON.
#[derive(Debug)]
pub(crate) struct Json(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        is_json(request.headers())?;
        let read = Bytes::from_request(request, state);
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(read) => read.map(Self).map_err(not_read),
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!("The body did not arrive within {PATIENCE:?}."),
            )),
        }
    }
}

impl Json {
    /// What the body says.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        invalid::read(&self.0).map_err(Problem::invalid)
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    // Without a content type the body is looked at (RFC 9110, 8.3); with a wrong one it is not.
    if let Some(content_type) = headers.get(header::CONTENT_TYPE) {
        let media_type = content_type.to_str().unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let detail = "The body has to be application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
    }
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let detail = format!("A body with the encoding {encoding:?} is not read.");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

fn not_read(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body has more than {MAX_BODY} bytes."),
        ),
        status => Problem::new(status, rejection.body_text()),
    }
}
