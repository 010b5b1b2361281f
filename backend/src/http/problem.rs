//! What went wrong, as RFC 9457 says it: `application/problem+json` with `type`, `title`, `status` and `detail`.
//!
//! Two members are our own. `errors` names each field that is wrong, as a path and as a JSON pointer (RFC 6901) into the
//! body; `command` is the id of the command that was refused. Where a command was refused for what it means, `type` is
//! `/problems/<code>` with the refusal's code, the same that NATS clients read in the outcome; otherwise it is
//! `about:blank`, and the status says it all.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::cloud_event::MessageId;
use shared::outcome::Refusal;

use crate::invalid::{Invalid, Kind};

/// When a client may try again after a 503.
const RETRY_AFTER_SECONDS: &str = "1";

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    problem_type: String,
    title: &'static str,
    #[serde(serialize_with = "number")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<MessageId>,
}

#[derive(Debug, Clone, Serialize)]
struct FieldError {
    field: String,
    pointer: String,
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            problem_type: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Problem"),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            command: None,
        }
    }

    pub(super) fn not_found(uri: &Uri) -> Self {
        let detail = format!("There is nothing at {}.", uri.path());
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 400 for what is no JSON, 422 for what is JSON and cannot be meant (RFC 9110, 15.5.21).
    pub(super) fn invalid(invalid: Invalid) -> Self {
        let status = match invalid.kind {
            Kind::Malformed => StatusCode::BAD_REQUEST,
            Kind::Meaningless => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let Invalid { field, message, .. } = invalid;
        if field.is_empty() {
            return Self::new(status, message);
        }
        let problem = Self::new(status, format!("{field}: {message}"));
        problem.about(field, message)
    }

    /// The refusal of `command`, whose data was the member `data` of the body.
    pub(super) fn refused(command: MessageId, refusal: Refusal) -> Self {
        let status = match refusal.code.as_ref() {
            "unknown-room" | "no-such-stay" => StatusCode::NOT_FOUND,
            "invalid" => StatusCode::UNPROCESSABLE_ENTITY,
            "forbidden" => StatusCode::FORBIDDEN,
            "broken" => StatusCode::INTERNAL_SERVER_ERROR,
            // The hotel is not in the state that this would need.
            _ => StatusCode::CONFLICT,
        };
        let mut problem = Self::new(status, refusal.message.clone());
        problem.problem_type = format!("/problems/{}", refusal.code);
        problem.command = Some(command);
        match refusal.field {
            Some(field) => problem.about(format!("data.{field}"), refusal.message),
            None => problem,
        }
    }

    fn about(mut self, field: String, detail: String) -> Self {
        let pointer = format!("#/{}", field.replace(['.', '['], "/").replace(']', ""));
        self.errors.push(FieldError {
            field,
            pointer,
            detail,
        });
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let problem_json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem_json);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from_static(RETRY_AFTER_SECONDS);
            headers.insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
