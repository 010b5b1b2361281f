//! Why a pull brings no messages.

/// Why a pull brings no messages, at least for now.
///
/// [`Consumer::messages`](crate::jetstream::consumer::Consumer::messages) goes on by itself unless the error
/// [is final](Self::is_final), and tells each error once, until there are messages again. After
/// [`Consumer::fetch`](crate::jetstream::consumer::Consumer::fetch) any of them is the last item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// Final.
    #[error("the consumer was deleted: make it again")]
    ConsumerDeleted,
    /// Final.
    #[error(
        "the consumer sends its messages to a subject by itself: subscribe to that, or make one without deliver_subject"
    )]
    PushConsumer,
    /// Final: the same request would be refused again.
    #[error(
        "the consumer refuses the request: {description} ({status}); change what is asked for, or the consumer's limits"
    )]
    Refused {
        /// As in HTTP, such as 400 or 409.
        status: u16,
        /// The server's reason, such as `Exceeded MaxRequestBatch of 100`.
        description: String,
    },
    /// Final.
    #[error("the server does not permit \"{subject}\": ask for the permission")]
    Denied {
        /// What the client may not publish or subscribe to.
        subject: String,
    },
    /// The consumer or its stream does not exist, or no server answers for it just now.
    #[error("nobody answers for the consumer: does it exist?")]
    NoResponders,
    /// The consumer moves to another server, its server shuts down, or too many requests wait for it, among others.
    #[error("the consumer has given the request up: {description}")]
    Interrupted {
        /// The server's reason, such as `Leadership Change`.
        description: String,
    },
    /// Neither messages nor heartbeats came.
    #[error("the consumer is silent: its server may be gone")]
    Silent,
    /// It was not delivered. It will be to a request that has room for it.
    #[error(
        "the next message is larger than the {max_bytes} bytes that were asked for: ask for more"
    )]
    TooLarge {
        /// What [`Pull::max_bytes`](super::Pull::max_bytes) was set to.
        max_bytes: usize,
    },
    /// Of a fetch only. Messages that were on their way are delivered again, unless the consumer expects no
    /// acknowledgements.
    #[error("there is no connection to the server: fetch again once there is")]
    Disconnected,
}

impl PullError {
    /// Whether [`Consumer::messages`](crate::jetstream::consumer::Consumer::messages) ends with it.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::ConsumerDeleted | Self::PushConsumer | Self::Refused { .. } | Self::Denied { .. }
        )
    }
}
