//! What went wrong, as RFC 9457 says it: `application/problem+json` with `type`, `title`, `status` and `detail`.
//!
//! Three members are our own. `errors` names each field that is wrong, as a path and as a JSON pointer (RFC 6901) into the
//! body; `command` is the id of the command that was refused, `next` what can be done now. Where a command was refused for what it means, `type` is
//! `/problems/<code>` with the refusal's code, the same that NATS clients read in the outcome. Some problems of HTTP itself have a
//! type, too; with all others it is `about:blank`, and the status says it all. `kinds` has all types, and whoever follows one finds
//! what it means and what to do (`page`).

pub(crate) mod kinds;
pub(super) mod page;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use shared::cloud_event::MessageId;
use shared::outcome::{Next, Refusal};

use crate::invalid::{self, Invalid};
pub(super) use kinds::Kind;

/// When a client may try again after a 503.
const RETRY_AFTER_SECONDS: u16 = 1;

/// The body of every response that is no success. Its texts are boxed, because it is the error of most functions here.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// `about:blank`, or `/problems/<code>`.
    #[serde(rename = "type")]
    problem_type: Box<str>,
    /// What the type is called, or the status where there is none.
    title: &'static str,
    /// The status of the response.
    #[serde(serialize_with = "number")]
    #[schemars(with = "u16")]
    status: StatusCode,
    /// A sentence for the one who asked.
    detail: Box<str>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    errors: Vec<FieldError>,
    /// The command that this is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<MessageId>,
    /// What the one who asked can do now, where a command was refused.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    next: Box<[Next]>,
    /// The header `Retry-After`, in seconds.
    #[serde(skip)]
    retry_after: Option<u16>,
}

/// A field that is wrong.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FieldError {
    /// Its path in the body: `data.room.id`.
    field: String,
    /// The same as a JSON pointer: `#/data/room/id`.
    pointer: String,
    /// What is wrong with it.
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            problem_type: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Problem"),
            status,
            detail: detail.into().into(),
            errors: Vec::new(),
            command: None,
            next: Box::default(),
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS),
        }
    }

    /// When the client may try again.
    pub(super) fn retry_after(self, seconds: u16) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// As an event says it.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(uri: &Uri) -> Self {
        let detail = format!("There is nothing at {}.", uri.path());
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A problem of a type of its own.
    pub(super) fn typed(kind: &Kind, detail: impl Into<String>) -> Self {
        Self {
            problem_type: format!("/problems/{}", kind.code).into(),
            title: kind.title,
            ..Self::new(kind.status, detail)
        }
    }

    /// The key, which is the id of `command`, was used for something else.
    pub(super) fn key_reused(command: MessageId) -> Self {
        let detail = format!(
            "The key {command} was used for another command, or for this one with other data. Take a new one."
        );
        Self {
            command: Some(command),
            ..Self::typed(&kinds::KEY_REUSED, detail)
        }
    }

    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 400 for what is no JSON, 422 for what is JSON and cannot be meant (RFC 9110, 15.5.21).
    pub(super) fn invalid(invalid: Invalid) -> Self {
        let status = match invalid.kind {
            invalid::Kind::Malformed => StatusCode::BAD_REQUEST,
            invalid::Kind::Meaningless => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let Invalid { field, message, .. } = invalid;
        if field.is_empty() {
            return Self::new(status, message);
        }
        let problem = Self::new(status, format!("{field}: {message}"));
        problem.about(field, message)
    }

    /// The refusal of `command`, whose data was the member `data` of the body.
    pub(super) fn refused(command: MessageId, refusal: Refusal, next: Vec<Next>) -> Self {
        let detail = refusal.message.clone();
        let mut problem = match Kind::find(&refusal.code) {
            Some(kind) => Self::typed(&kind, detail),
            // A newer backend has decided, and explains it.
            None => Self {
                problem_type: format!("/problems/{}", refusal.code).into(),
                ..Self::new(StatusCode::CONFLICT, detail)
            },
        };
        problem.retry_after = refusal.retry_in;
        problem.command = Some(command);
        problem.next = next.into();
        match refusal.field {
            Some(field) => problem.about(format!("data.{field}"), refusal.message),
            None => problem,
        }
    }

    pub(super) fn about(mut self, field: String, detail: String) -> Self {
        let pointer = format!("#/{}", field.replace(['.', '['], "/").replace(']', ""));
        self.errors.push(FieldError {
            field,
            pointer,
            detail,
        });
        self
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let problem_json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem_json);
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
