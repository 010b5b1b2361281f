//! Calls of JetStream's API: a request to `<prefix>.<subject>` with a JSON body (ADR-1).

use super::{ApiError, JetStream, JetStreamError};
use crate::client::{PendingAnswer, RequestError};
use crate::json::{self, Field, Object, json_object};
use crate::proto::{HeaderMap, Message};
use bytes::Bytes;

/// Which page of a list is asked for.
#[derive(Default)]
struct PageRequest {
    offset: usize,
    subject: Option<String>,
}
json_object!(PageRequest {
    offset: "offset",
    subject: "subject"
});

/// One of the lists has the page, by what is listed.
struct Page<T> {
    total: usize,
    streams: Vec<T>,
    consumers: Vec<T>,
}

impl JetStream {
    /// Calls JetStream's API for what this crate has no method for, and returns the JSON of the answer. `subject` comes
    /// after the prefix, as in `STREAM.INFO.orders`.
    ///
    /// # Errors
    /// When there is no answer, or the server refuses.
    ///
    /// ```no_run
    /// # async fn f(client: nats_wsclient::Client) -> Result<(), nats_wsclient::JetStreamError> {
    /// let account = client.jetstream().api("INFO", "").await?;
    /// assert!(account.starts_with(b"{"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn api(
        &self,
        subject: impl AsRef<str>,
        body: impl AsRef<[u8]>,
    ) -> Result<Bytes, JetStreamError> {
        let answer = self.ask(subject.as_ref(), body.as_ref())?.await?.payload;
        refusal(&answer)?;
        Ok(answer)
    }

    /// Calls JetStream's API; without a body it is empty.
    pub(crate) async fn request<T: Object + Default>(
        &self,
        subject: &str,
        body: Option<&dyn Object>,
    ) -> Result<T, JetStreamError> {
        let answer = self.ask_for(subject, body)?.await;
        let mut object = T::default();
        fill(answer, &mut object)?;
        Ok(object)
    }

    /// Calls what says no more than whether it was done.
    pub(super) async fn order(
        &self,
        subject: &str,
        body: Option<&dyn Object>,
    ) -> Result<(), JetStreamError> {
        refusal(&self.ask_for(subject, body)?.await?.payload)
    }

    /// Calls what answers in pages, until it has all of them. `filter` is a subject.
    pub(super) async fn all_pages<T: Field + Default>(
        &self,
        subject: &str,
        filter: Option<&str>,
    ) -> Result<Vec<T>, JetStreamError> {
        let mut all = Vec::new();
        loop {
            let body = PageRequest {
                offset: all.len(),
                subject: filter.map(str::to_owned),
            };
            let page: Page<T> = self.request(subject, Some(&body)).await?;
            let before = all.len();
            all.extend(page.streams);
            all.extend(page.consumers);
            if all.len() == before || all.len() >= page.total {
                return Ok(all);
            }
        }
    }

    /// Sends a call. This and [`fill`] are the same for all types, so that the page has them once; only the waiting between
    /// them is not.
    fn ask_for(
        &self,
        subject: &str,
        body: Option<&dyn Object>,
    ) -> Result<PendingAnswer, JetStreamError> {
        let body = body.map(json::write).unwrap_or_default();
        self.ask(subject, body.as_bytes())
    }

    fn ask(&self, subject: &str, body: &[u8]) -> Result<PendingAnswer, JetStreamError> {
        self.ask_at(&self.api_subject(subject), body)
    }

    /// Sends a request to a whole subject.
    pub(super) fn ask_at(
        &self,
        subject: &str,
        body: &[u8],
    ) -> Result<PendingAnswer, JetStreamError> {
        let none = HeaderMap::new();
        let sent = self
            .client
            .start_request(subject, &none, body, self.timeout);
        Ok(sent.map_err(RequestError::from)?)
    }

    /// The subject of JetStream's API that ends like this.
    pub(crate) fn api_subject(&self, end: &str) -> String {
        format!("{}.{end}", self.prefix)
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            total: 0,
            streams: Vec::new(),
            consumers: Vec::new(),
        }
    }
}

impl<T: Field + Default> Object for Page<T> {
    fn fields(&self, visit: &mut dyn FnMut(&'static str, &dyn Field)) {
        visit("total", &self.total);
        visit("streams", &self.streams);
        visit("consumers", &self.consumers);
    }

    fn fields_mut(&mut self, visit: &mut dyn FnMut(&'static str, &mut dyn Field)) {
        visit("total", &mut self.total);
        visit("streams", &mut self.streams);
        visit("consumers", &mut self.consumers);
    }

    fn required(&self) -> &'static [&'static str] {
        &["total"]
    }
}

/// Reads an answer. It has an `error`, or is a `T`.
pub(super) fn read<T: Object + Default>(payload: &[u8]) -> Result<T, JetStreamError> {
    let mut object = T::default();
    read_into(payload, &mut object)?;
    Ok(object)
}

fn fill(
    answer: Result<Message, RequestError>,
    object: &mut dyn Object,
) -> Result<(), JetStreamError> {
    read_into(&answer?.payload, object)
}

fn read_into(payload: &[u8], object: &mut dyn Object) -> Result<(), JetStreamError> {
    refusal(payload)?;
    json::read_into(payload, object).map_err(JetStreamError::malformed)
}

fn refusal(payload: &[u8]) -> Result<(), JetStreamError> {
    #[derive(Default)]
    struct Answer {
        error: Option<ApiError>,
    }
    json_object!(Answer { error: "error" });
    let answer: Answer = json::read(payload).map_err(JetStreamError::malformed)?;
    answer.error.map_or(Ok(()), |error| Err(error.into()))
}
