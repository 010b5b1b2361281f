//! What can go wrong while a message is worked on, and what is to follow from it.

use std::error::Error;
use std::fmt;

use crate::deadlines::DeadlineError;
use crate::publish::PublishError;

/// Why a message was not worked on successfully. Whoever works on it says which kind it is; the kind decides what follows.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    error: Box<dyn Error + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transient,
    Permanent,
    Outage,
}

impl Failure {
    /// The same message may succeed a moment later: a destination that is busy, a conflict. It is tried again as the
    /// [`RetryPolicy`](crate::RetryPolicy) says, and then parked.
    pub fn transient(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Transient, error)
    }

    /// The same message fails whenever it is tried: it cannot be read, or what it asks for is impossible. It is parked at
    /// once.
    pub fn permanent(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Permanent, error)
    }

    /// JetStream itself does not answer. That is no fault of the message, and parking it would need JetStream as well: it
    /// is tried again for as long as the outage lasts.
    pub fn outage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Outage, error)
    }

    fn new(kind: Kind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        Self { kind, error }
    }

    /// Whether it is [permanent](Self::permanent).
    pub fn is_permanent(&self) -> bool {
        self.kind == Kind::Permanent
    }

    /// Whether it is an [outage](Self::outage).
    pub fn is_outage(&self) -> bool {
        self.kind == Kind::Outage
    }
}

/// Whoever forwards a message has no part in it when JetStream does not take it.
impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Conflict | PublishError::Refused { .. } => Self::transient(error),
            PublishError::NoStream { .. }
            | PublishError::Full { .. }
            | PublishError::Unanswered { .. }
            | PublishError::Interrupted { .. } => Self::outage(error),
            #[cfg(feature = "shred")]
            PublishError::Unsealed { ref source, .. } if source.is_transient() => {
                Self::outage(error)
            }
            #[cfg(feature = "shred")]
            PublishError::Unsealed { .. } => Self::permanent(error),
        }
    }
}

impl From<DeadlineError> for Failure {
    fn from(error: DeadlineError) -> Self {
        match &error {
            DeadlineError::Set {
                source: PublishError::Conflict | PublishError::Refused { .. },
                ..
            } => Self::transient(error),
            _ => Self::outage(error),
        }
    }
}

/// The error, and what caused it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        let mut cause = self.error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
