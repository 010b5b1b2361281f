//! Making, changing, finding and deleting streams.

use super::{Config, Info, Stream};
use crate::jetstream::error::check_name;
use crate::jetstream::{ErrorCode, JetStream, JetStreamError};
use crate::json::json_object;

/// Which page of the subjects is asked for.
#[derive(Default)]
struct SubjectsRequest {
    subjects_filter: String,
    offset: usize,
}
json_object!(SubjectsRequest {
    subjects_filter: "subjects_filter",
    offset: "offset",
});

#[derive(Default)]
struct SubjectsPage {
    total: usize,
    state: Subjects,
}
json_object!(SubjectsPage {
    total: "total",
    state: "state",
});

#[derive(Default)]
struct Subjects {
    subjects: Vec<(String, u64)>,
}
json_object!(Subjects {
    subjects: "subjects"
});

impl JetStream {
    /// Makes a stream. If there is one with this very configuration already, that is as good.
    ///
    /// # Errors
    /// [`ErrorCode::STREAM_NAME_IN_USE`] when there is one of that name with another configuration; otherwise see
    /// [`JetStreamError`].
    pub async fn create_stream(&self, config: &Config) -> Result<Stream, JetStreamError> {
        self.write_stream("CREATE", config).await
    }

    /// Changes a stream. What `config` does not say is reset to its default, so it is best made from
    /// [`Info::config`](Info#structfield.config).
    ///
    /// # Errors
    /// [`ErrorCode::STREAM_NOT_FOUND`] when there is none of that name; otherwise see [`JetStreamError`].
    pub async fn update_stream(&self, config: &Config) -> Result<Stream, JetStreamError> {
        self.write_stream("UPDATE", config).await
    }

    /// Changes the stream of that name, or makes it.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn create_or_update_stream(&self, config: &Config) -> Result<Stream, JetStreamError> {
        match self.update_stream(config).await {
            Err(error) if error.error_code() == Some(ErrorCode::STREAM_NOT_FOUND) => {
                self.create_stream(config).await
            }
            updated => updated,
        }
    }

    async fn write_stream(&self, verb: &str, config: &Config) -> Result<Stream, JetStreamError> {
        let subject = format!("STREAM.{verb}.{}", check_name(&config.name)?);
        let info = self.request(&subject, Some(config)).await?;
        Ok(self.stream_with(info))
    }

    /// Gets the stream of that name, and with it how it is.
    ///
    /// # Errors
    /// [`ErrorCode::STREAM_NOT_FOUND`] when there is none; otherwise see [`JetStreamError`].
    pub async fn get_stream(&self, name: impl AsRef<str>) -> Result<Stream, JetStreamError> {
        let info = self.stream(name)?.info().await?;
        Ok(self.stream_with(info))
    }

    /// Deletes a stream, with its messages and consumers.
    ///
    /// # Errors
    /// [`ErrorCode::STREAM_NOT_FOUND`] when there is none of that name; otherwise see [`JetStreamError`].
    pub async fn delete_stream(&self, name: impl AsRef<str>) -> Result<(), JetStreamError> {
        let subject = format!("STREAM.DELETE.{}", check_name(name.as_ref())?);
        self.order(&subject, None).await
    }

    /// The names of the streams that store something of `subject`, which may have wildcards; of all, if it is `None`.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn stream_names(&self, subject: Option<&str>) -> Result<Vec<String>, JetStreamError> {
        self.all_pages("STREAM.NAMES", subject).await
    }

    /// The streams that store something of `subject`, which may have wildcards; all, if it is `None`. Those that no server
    /// answers for are left out.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn streams(&self, subject: Option<&str>) -> Result<Vec<Info>, JetStreamError> {
        self.all_pages("STREAM.LIST", subject).await
    }
}

impl Stream {
    /// Tells how the stream is.
    ///
    /// # Errors
    /// [`ErrorCode::STREAM_NOT_FOUND`] when there is none of that name; otherwise see [`JetStreamError`].
    pub async fn info(&self) -> Result<Info, JetStreamError> {
        let subject = format!("STREAM.INFO.{}", self.name());
        self.js.request(&subject, None).await
    }

    /// The subjects that it has messages of and how many of each, as far as they match `filter`, such as `>`.
    ///
    /// # Errors
    /// [`ErrorCode::STREAM_NOT_FOUND`] when there is none of that name; otherwise see [`JetStreamError`].
    pub async fn subjects(
        &self,
        filter: impl AsRef<str>,
    ) -> Result<Vec<(String, u64)>, JetStreamError> {
        let subject = format!("STREAM.INFO.{}", self.name());
        let mut all = Vec::new();
        loop {
            let body = SubjectsRequest {
                subjects_filter: filter.as_ref().to_owned(),
                offset: all.len(),
            };
            let answer: SubjectsPage = self.js.request(&subject, Some(&body)).await?;
            let page = answer.state.subjects;
            let is_last = page.is_empty();
            all.extend(page);
            if is_last || all.len() >= answer.total {
                return Ok(all);
            }
        }
    }
}
