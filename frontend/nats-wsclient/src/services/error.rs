//! What goes wrong when services are asked.

use crate::client::RequestError;
use crate::decimal;
use crate::proto::HeaderMap;

/// Why a service's answer is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// There may have been more answers.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The other services' answers follow.
    #[error("a service refused to answer: {description} ({code})")]
    Refused {
        /// The service's own, often as in HTTP (`Nats-Service-Error-Code`); 0: it is no number.
        code: u32,
        /// The service's words (`Nats-Service-Error`); empty if there are none.
        description: String,
    },
    /// The other services' answers follow.
    #[error("the answer of a service cannot be read: {reason}")]
    Malformed {
        /// What does not fit.
        reason: String,
    },
}

/// Why a text is not the name or the id of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is not the name or the id of a service: use letters, digits, `-` and `_`")]
pub struct ServiceNameError {
    /// The text that was given.
    pub name: String,
}

/// The error that a service answered with, if it did.
pub(super) fn refusal(headers: &HeaderMap) -> Option<DiscoveryError> {
    let code = headers.get("Nats-Service-Error-Code")?;
    Some(DiscoveryError::Refused {
        code: decimal::number(code.as_bytes())
            .and_then(|code| code.try_into().ok())
            .unwrap_or_default(),
        description: headers
            .get("Nats-Service-Error")
            .unwrap_or_default()
            .to_owned(),
    })
}
