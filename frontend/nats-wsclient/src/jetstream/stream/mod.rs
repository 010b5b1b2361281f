//! Streams: where messages are stored.

mod config;
mod direct;
mod direct_many;
mod info;
mod manage;
mod message;
mod purge;

use std::rc::Rc;

use super::error::check_name;
use super::{JetStream, NameError};

pub use config::{
    Compression, Config, ConsumerLimits, ConsumerSource, DiscardPolicy, External, PersistMode,
    Republish, RetentionPolicy, Source, Storage, SubjectTransform,
};
pub use direct_many::{BatchEnd, DirectBatch, DirectMessages, MultiLast};
pub use info::{Info, LostData, SourceInfo, State};
pub use message::StreamMessage;
pub use purge::Purge;

/// A stream by its name: see [`JetStream::stream`]. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Stream {
    pub(super) js: JetStream,
    name: Rc<str>,
    info: Option<Rc<Info>>,
}

impl JetStream {
    /// The stream of that name. The server is not asked whether there is one; [`get_stream`](Self::get_stream) does.
    ///
    /// # Errors
    /// When it cannot be the name of a stream.
    pub fn stream(&self, name: impl AsRef<str>) -> Result<Stream, NameError> {
        Ok(Stream {
            js: self.clone(),
            name: check_name(name.as_ref())?.into(),
            info: None,
        })
    }

    fn stream_with(&self, info: Info) -> Stream {
        Stream {
            js: self.clone(),
            name: (*info.config.name).into(),
            info: Some(Rc::new(info)),
        }
    }
}

impl Stream {
    /// The name of the stream.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the server said when the stream was made, changed or got by this handle; `None` if it was not asked.
    /// [`info`](Self::info) asks.
    pub fn cached_info(&self) -> Option<&Info> {
        self.info.as_deref()
    }

    /// JetStream, as this stream was got from it.
    pub fn jetstream(&self) -> &JetStream {
        &self.js
    }
}
