//! A circuit breaker per destination, which all instances share.
//!
//! After some failures in a row a destination is left alone for a while, and then one call at a time, of all instances together,
//! tries whether it is back. The [`Circuit`] is a pure state machine, which is told the time; [`Breaker`] keeps it in a
//! key-value bucket by compare-and-set, under the destination's name.

mod circuit;

use std::fmt;
use std::time::SystemTime;

use async_nats::HeaderMap;

use crate::declare::stream_of_bucket;
use crate::history::{self, ReadError};
use crate::publish::{EXPECTED_SEQUENCE, PublishError, publish};
use crate::{BucketSpec, Connection};

pub use circuit::{Answer, BreakerPolicy, Circuit, Pass};

/// The bucket of all breakers.
pub const BUCKET: &str = "breakers";

/// The breaker of a destination.
#[derive(Clone)]
pub struct Breaker {
    connection: Connection,
    destination: String,
    policy: BreakerPolicy,
}

/// Why a call was not made, or its end was not noted.
#[derive(Debug, thiserror::Error)]
pub enum BreakerError {
    /// The destination is left alone.
    #[error("{destination} has failed too often and is left alone for another {} ms", .wait.as_millis())]
    Open {
        /// The destination.
        destination: String,
        /// For how long from now on.
        wait: std::time::Duration,
    },
    /// The state is not known.
    #[error("the state of the breaker of {destination} cannot be read: {source}")]
    Read {
        /// The destination.
        destination: String,
        /// What happened.
        source: ReadError,
    },
    /// The state is not known to be stored.
    #[error("the state of the breaker of {destination} was not stored: {source}")]
    Write {
        /// The destination.
        destination: String,
        /// What happened.
        source: PublishError,
    },
    /// serde does not write the state.
    #[error("the state of a breaker cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// No key of a bucket.
    #[error("{0:?} is no name for a destination: only letters, digits, `-` and `_` are")]
    Name(String),
}

impl Breaker {
    /// The breaker of `destination`. The bucket ([`Breaker::bucket`]) must have been declared.
    ///
    /// # Errors
    /// When the name is no key of a bucket.
    pub fn new(
        connection: &Connection,
        destination: &str,
        policy: BreakerPolicy,
    ) -> Result<Self, BreakerError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if destination.is_empty() || !destination.bytes().all(plain) {
            return Err(BreakerError::Name(destination.to_owned()));
        }
        Ok(Self {
            connection: connection.clone(),
            destination: destination.to_owned(),
            policy,
        })
    }

    /// The bucket as it has to be declared.
    pub fn bucket() -> BucketSpec {
        BucketSpec {
            description: "Which destinations are left alone, and until when.",
            ..BucketSpec::new(BUCKET)
        }
    }

    /// Asks whether the destination may be called now, and returns what is known of it. Whoever gets a pass has to
    /// [say how the call ended](Self::note); a trial that nobody speaks of any more makes room for another one after
    /// [`BreakerPolicy::trial`].
    ///
    /// # Errors
    /// When the destination is left alone, or the bucket does not answer.
    pub async fn ask(&self) -> Result<(Pass, Circuit), BreakerError> {
        let trial = uuid::Uuid::new_v4().to_string();
        loop {
            let (circuit, revision) = self.read().await?;
            let now = SystemTime::now();
            match circuit.ask(now, &self.policy, &trial) {
                Answer::Call => return Ok((Pass::Free, circuit)),
                Answer::Wait(wait) => {
                    let destination = self.destination.clone();
                    return Err(BreakerError::Open { destination, wait });
                }
                Answer::Try(half_open) => {
                    if self.write(&half_open, revision).await? {
                        return Ok((Pass::Trial(trial), half_open));
                    }
                }
            }
        }
    }

    /// Notes how a call ended, and returns what is known of the destination then.
    ///
    /// # Errors
    /// When the bucket does not answer. Then this call is as if it had not been.
    pub async fn note(&self, pass: &Pass, succeeded: bool) -> Result<Circuit, BreakerError> {
        let next = |circuit: &Circuit, now| circuit.ended(pass, succeeded, now, &self.policy);
        self.change(next).await
    }

    /// Gives a pass back that was not used, or whose call says nothing about the destination. If it was that of the trial,
    /// the next call is the trial.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn give_back(&self, pass: &Pass) -> Result<Circuit, BreakerError> {
        self.change(|circuit, now| circuit.given_back(pass, now))
            .await
    }

    async fn change(
        &self,
        next: impl Fn(&Circuit, SystemTime) -> Option<Circuit>,
    ) -> Result<Circuit, BreakerError> {
        loop {
            let (circuit, revision) = self.read().await?;
            let Some(next) = next(&circuit, SystemTime::now()) else {
                return Ok(circuit);
            };
            if self.write(&next, revision).await? {
                match (&circuit, &next) {
                    (Circuit::Closed { .. }, Circuit::Open { .. }) => {
                        tracing::warn!(destination = self.destination, "is left alone for a while");
                    }
                    (Circuit::HalfOpen { .. }, Circuit::Open { .. }) => {
                        tracing::debug!(destination = self.destination, "is left alone for longer");
                    }
                    (Circuit::HalfOpen { .. }, Circuit::Closed { .. }) => {
                        tracing::info!(destination = self.destination, "is back");
                    }
                    _ => {}
                }
                return Ok(next);
            }
        }
    }

    /// The state, and the revision that the next one expects.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn read(&self) -> Result<(Circuit, u64), BreakerError> {
        let (stream, subject) = (stream_of_bucket(BUCKET), self.subject());
        let last = history::last(&self.connection, &stream, &subject);
        let last = last.await.map_err(|source| BreakerError::Read {
            destination: self.destination.clone(),
            source,
        })?;
        let Some(last) = last else {
            return Ok((Circuit::default(), 0));
        };
        // What is not understood (a marker of a deletion, a newer version) is no reason to leave a destination alone.
        let circuit = serde_json::from_slice(&last.payload).unwrap_or_default();
        Ok((circuit, last.sequence))
    }

    /// Returns false if somebody else has written since.
    async fn write(&self, circuit: &Circuit, revision: u64) -> Result<bool, BreakerError> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SEQUENCE, revision.to_string());
        let payload = serde_json::to_vec(circuit)?;
        match publish(&self.connection, self.subject(), headers, payload.into()).await {
            Ok(_) => Ok(true),
            Err(PublishError::Conflict) => Ok(false),
            Err(source) => Err(BreakerError::Write {
                destination: self.destination.clone(),
                source,
            }),
        }
    }

    fn subject(&self) -> String {
        format!("$KV.{BUCKET}.{}", self.destination)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("destination", &self.destination)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
