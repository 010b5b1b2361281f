//! Why a request over HTTP was not answered as hoped, and what to do about it.

use serde::Deserialize;

/// Why there is no answer, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error("Name or password is not right.")]
    WrongPassword,
    #[error("Too many tries.")]
    TooManyTries {
        /// When the next one is of use, in seconds.
        retry_in: u32,
    },
    /// A guest who uses the same address was cut off.
    #[error(
        "The hotel lets no guests in from this network for now: too much was asked for from here."
    )]
    Barred {
        /// For how long, in seconds.
        retry_in: u32,
    },
    #[error("This link is over.")]
    LinkOver,
    /// With the reason.
    #[error("{0}")]
    WeakPassword(String),
    /// The server has let somebody in, and the browser has forgotten it at once.
    #[error("This browser keeps no cookies for this page.")]
    NoCookie,
    /// Nobody is logged in any more.
    #[error("The session is over.")]
    SessionOver,
    /// The server is not there, or the network is not.
    #[error("The hotel’s server does not answer.")]
    NoAnswer,
    /// The server is there, and what it needs is not.
    #[error("The hotel is not ready.")]
    NotReady,
    /// Anything else that the hotel says no to.
    #[error("{0}")]
    Refused(String),
}

/// What is read of a problem (RFC 9457).
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
}

const WAIT: u32 = 5;

impl HttpError {
    /// What the response says that is no success. `retry_after` is the header.
    pub fn of(status: u16, retry_after: Option<&str>, body: &str) -> Self {
        let problem: Problem = serde_json::from_str(body).unwrap_or_default();
        let detail = match (&*problem.detail, &*problem.title) {
            ("", "") => format!("The hotel’s server answers {status}."),
            ("", title) => title.to_owned(),
            (detail, _) => detail.to_owned(),
        };
        match (problem.kind.rsplit('/').next().unwrap_or_default(), status) {
            ("wrong-password", _) => Self::WrongPassword,
            ("link-over", _) => Self::LinkOver,
            ("weak-password", _) => Self::WeakPassword(detail),
            ("session-over" | "log-in", _) => Self::SessionOver,
            (_, 429) => Self::TooManyTries {
                retry_in: retry_after
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(WAIT),
            },
            // A proxy in front of a server that is away says 502 or 504.
            (_, 502 | 504) => Self::NoAnswer,
            (_, 503) => Self::NotReady,
            _ => Self::Refused(detail),
        }
    }

    /// The value of `data-login-error`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong-password",
            Self::TooManyTries { .. } => "too-many-tries",
            Self::Barred { .. } => "barred",
            Self::LinkOver => "link-over",
            Self::WeakPassword(_) => "weak-password",
            Self::NoCookie => "no-cookie",
            Self::SessionOver => "session-over",
            Self::NoAnswer => "no-answer",
            Self::NotReady => "not-ready",
            Self::Refused(_) => "refused",
        }
    }

    /// What to do about it; empty where the error itself says so.
    pub fn remedy(&self) -> String {
        match self {
            Self::WrongPassword => "Check both, and mind capital letters. Whoever has forgotten the password asks the \
                                    manager for a new link."
                .to_owned(),
            Self::TooManyTries { retry_in } | Self::Barred { retry_in } => format!("Try again in {}.", seconds(*retry_in)),
            Self::LinkOver => "It was used already, or is older than a day, or a newer one took its place. Ask the manager \
                               for a new one."
                .to_owned(),
            Self::NoCookie => "Allow them in its settings: the session is kept in one, which no script can read."
                .to_owned(),
            Self::SessionOver => "Sign in again.".to_owned(),
            Self::NoAnswer => "Check that this device has a network, and that the server runs.".to_owned(),
            Self::NotReady => "It has just been started, or has lost its message server. Try again in a moment.".to_owned(),
            Self::WeakPassword(_) | Self::Refused(_) => String::new(),
        }
    }
}

/// `30 seconds`, `2 minutes`.
fn seconds(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        more => format!("{} minutes", more.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_known_by_its_type() {
        let of = |status, kind: &str| {
            let body = format!(
                r#"{{"type":"/problems/{kind}","title":"T","detail":"D.","status":{status}}}"#
            );
            HttpError::of(status, None, &body)
        };
        assert_eq!(of(401, "wrong-password"), HttpError::WrongPassword);
        assert_eq!(of(401, "session-over"), HttpError::SessionOver);
        assert_eq!(of(410, "link-over"), HttpError::LinkOver);
        assert_eq!(
            of(422, "weak-password"),
            HttpError::WeakPassword("D.".to_owned())
        );
        assert_eq!(of(409, "last-manager"), HttpError::Refused("D.".to_owned()));
    }

    #[test]
    fn too_many_tries_say_when_to_try_again() {
        let body = r#"{"type":"/problems/too-many-tries","title":"Too many tries"}"#;
        let error = HttpError::of(429, Some("30"), body);
        assert_eq!(error, HttpError::TooManyTries { retry_in: 30 });
        assert_eq!(error.remedy(), "Try again in 30 seconds.");
        let error = HttpError::of(429, Some("300"), body);
        assert_eq!(error.remedy(), "Try again in 5 minutes.");
        assert_eq!(HttpError::of(429, None, "").code(), "too-many-tries");
    }

    #[test]
    fn what_is_no_problem_document_is_told_by_its_status() {
        assert_eq!(HttpError::of(502, None, "<html>"), HttpError::NoAnswer);
        assert_eq!(HttpError::of(503, None, ""), HttpError::NotReady);
        assert_eq!(
            HttpError::of(500, None, "<html>").to_string(),
            "The hotel’s server answers 500."
        );
    }
}
