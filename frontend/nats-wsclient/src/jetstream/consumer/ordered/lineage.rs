//! Where to go on after a consumer that is gone, and whether it is still the same stream.

use super::OrderedMessage;
use crate::Timestamp;
use crate::jetstream::consumer::{Config, DeliverPolicy, Info};
use crate::json::json_object;

/// What is known of the stream.
#[derive(Debug)]
pub(super) struct Lineage {
    policy: DeliverPolicy,
    /// The last message that was delivered, or the place where the first one was waited for.
    anchor: Option<Anchor>,
    /// When the stream was made, if that was asked for.
    created: Option<Timestamp>,
    /// The stream is not the one that the configuration was meant for.
    anew: bool,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    sequence: u64,
    /// The stream was there at that time.
    time: Option<Timestamp>,
}

/// When a stream was made, and what it has.
#[derive(Debug, Default)]
pub(super) struct StreamAsItIs {
    created: Option<Timestamp>,
    state: StreamState,
}

json_object!(StreamAsItIs { created: "created", state: "state" } required = ["created"]);

#[derive(Debug, Default)]
struct StreamState {
    first_sequence: u64,
}

json_object!(StreamState {
    first_sequence: "first_seq"
});

impl Lineage {
    pub(super) fn new(policy: DeliverPolicy) -> Self {
        Self {
            policy,
            anchor: None,
            created: None,
            anew: false,
        }
    }

    /// Whether a consumer goes on where another one was.
    pub(super) fn is_begun(&self) -> bool {
        self.anchor.is_some()
    }

    /// Says where in the stream the next consumer is to start.
    pub(super) fn begin_at(&self, config: &mut Config) {
        if let Some(anchor) = self.anchor {
            config.deliver_policy = DeliverPolicy::ByStartSequence;
            config.start_sequence = Some(anchor.sequence + 1);
            config.start_time = None;
        } else if self.anew && self.policy != DeliverPolicy::LastPerSubject {
            config.deliver_policy = DeliverPolicy::All;
            config.start_sequence = None;
            config.start_time = None;
        }
    }

    /// A first consumer was made, which starts after a sequence. If it is gone before it delivers anything, the next one
    /// starts there too.
    pub(super) fn begun_by(&mut self, info: &Info) {
        let waits = matches!(
            self.policy,
            DeliverPolicy::New | DeliverPolicy::Last | DeliverPolicy::ByStartTime
        );
        if self.anchor.is_none() && waits && !self.anew {
            self.anchor = Some(Anchor {
                sequence: info.delivered.stream_sequence,
                time: info.created,
            });
        }
    }

    pub(super) fn delivered(&mut self, message: &OrderedMessage) {
        self.anchor = Some(Anchor {
            sequence: message.sequence,
            time: Some(message.published),
        });
    }

    /// Whether a consumer that goes on can be of the same stream. The server starts it at the end of a stream that is
    /// shorter than it should be.
    pub(super) fn may_go_on(&self, info: &Info) -> bool {
        let known = self.anchor.map_or(0, |anchor| anchor.sequence);
        info.delivered.stream_sequence >= known
    }

    /// Whether the stream is that of everything that was delivered. If it is not, it is from now on.
    ///
    /// A stream is made before its messages are stored, unless it is a mirror: so the first time that this is asked, the
    /// answer may be wrong for one, and everything is delivered anew once.
    pub(super) fn is_of(&mut self, stream: &StreamAsItIs) -> bool {
        let Some(created) = stream.created else {
            return true;
        };
        let time = self.anchor.and_then(|anchor| anchor.time);
        match self.created.replace(created) {
            Some(known) => known == created,
            None => time.is_none_or(|time| created <= time),
        }
    }

    /// Whether the stream has nothing any more of what was delivered: it was purged, or all of it was overwritten or has
    /// expired.
    pub(super) fn is_gone_from(&self, stream: &StreamAsItIs) -> bool {
        let first = stream.state.first_sequence;
        self.anchor.is_some_and(|anchor| anchor.sequence < first)
    }

    /// Forgets what was delivered.
    pub(super) fn restart(&mut self) {
        self.anchor = None;
        self.anew = true;
    }
}
