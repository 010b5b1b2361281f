//! Calls of JetStream's API: a request to `<prefix>.<subject>` with a JSON body (ADR-1).

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::json::list;
use super::{ApiError, JetStream, JetStreamError};
use crate::client::Request;

impl JetStream {
    /// Calls JetStream's API, also for what this crate has no method for. `subject` comes after the prefix, as in
    /// `STREAM.INFO.orders`; `()` as the body is an empty one.
    ///
    /// # Errors
    /// When there is no answer, the server refuses, or the answer is not a `T`.
    ///
    /// ```no_run
    /// # async fn f(client: nats_wsclient::Client) -> Result<(), nats_wsclient::JetStreamError> {
    /// #[derive(serde::Deserialize)]
    /// struct Account {
    ///     streams: u64,
    /// }
    /// let account: Account = client.jetstream().request("INFO", &()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request<T: DeserializeOwned>(
        &self,
        subject: impl AsRef<str>,
        body: &impl Serialize,
    ) -> Result<T, JetStreamError> {
        let body = serde_json::to_vec(body).map_err(|error| JetStreamError::malformed(&error))?;
        read(&self.call(subject.as_ref(), body).await?)
    }

    /// Calls what says no more than whether it was done.
    pub(super) async fn order(
        &self,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<(), JetStreamError> {
        /// An answer that is not an error says `success`.
        #[derive(Deserialize)]
        struct Done {}
        let Done {} = self.request(subject, body).await?;
        Ok(())
    }

    /// Calls what answers in pages, until it has all of them. `filter` is a subject.
    pub(super) async fn all_pages<T: DeserializeOwned>(
        &self,
        subject: &str,
        filter: Option<&str>,
    ) -> Result<Vec<T>, JetStreamError> {
        #[derive(Serialize)]
        struct Body<'a> {
            offset: usize,
            #[serde(skip_serializing_if = "Option::is_none")]
            subject: Option<&'a str>,
        }
        /// One of the lists has the page, by what is listed.
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "T: Deserialize<'de>"))]
        struct Page<T> {
            total: usize,
            #[serde(default = "Vec::new", deserialize_with = "list")]
            streams: Vec<T>,
            #[serde(default = "Vec::new", deserialize_with = "list")]
            consumers: Vec<T>,
        }
        let mut all = Vec::new();
        loop {
            let body = Body {
                offset: all.len(),
                subject: filter,
            };
            let page: Page<T> = self.request(subject, &body).await?;
            let before = all.len();
            all.extend(page.streams);
            all.extend(page.consumers);
            if all.len() == before || all.len() >= page.total {
                return Ok(all);
            }
        }
    }

    /// What is the same for all types of bodies and answers, so that the page has it once.
    async fn call(&self, subject: &str, body: Vec<u8>) -> Result<Bytes, JetStreamError> {
        const UNIT: &[u8] = b"null";
        let body = if body == UNIT { Vec::new() } else { body };
        let mut request = Request::new().payload(body);
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        let subject = self.api_subject(subject);
        Ok(self.client.send_request(subject, request).await?.payload)
    }

    /// The subject of JetStream's API that ends like this.
    pub(crate) fn api_subject(&self, end: &str) -> String {
        format!("{}.{end}", self.prefix)
    }
}

/// Reads an answer. It has an `error`, or is a `T`.
pub(super) fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, JetStreamError> {
    refusal(payload)?;
    serde_json::from_slice(payload).map_err(|error| JetStreamError::malformed(&error))
}

fn refusal(payload: &[u8]) -> Result<(), JetStreamError> {
    #[derive(Deserialize)]
    struct Answer {
        error: Option<ApiError>,
    }
    let answer: Answer =
        serde_json::from_slice(payload).map_err(|error| JetStreamError::malformed(&error))?;
    answer.error.map_or(Ok(()), |error| Err(error.into()))
}
