//! A message that a consumer delivered, and its acknowledgement (ADR-13, ADR-15).

use std::ops::Deref;
use std::time::Duration;

use crate::Timestamp;
use crate::client::{Published, RequestError, WeakClient};
use crate::decimal::number;
use crate::json::Field;
use crate::proto::{self, PublishError};

/// A message that a consumer delivered. What was published is that of the [`Message`](proto::Message) that it derefs to.
///
/// Unless the consumer's [`AckPolicy`](super::consumer::AckPolicy) is `None`, it is delivered again until it is
/// acknowledged: with [`ack`](Self::ack), or [`double_ack`](Self::double_ack) where it matters that it never comes again.
#[derive(Debug, Clone)]
pub struct Message {
    message: proto::Message,
    info: MessageInfo,
    client: WeakClient,
}

/// What the consumer says about a message that it delivered. It is read from the subject of the acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageInfo {
    /// Where in the stream it is.
    pub stream_sequence: u64,
    /// Counts what the consumer delivered, from one on; each delivery of the same message counts.
    pub consumer_sequence: u64,
    /// How often it was delivered, this time included.
    pub delivered: u64,
    /// How many messages the consumer has yet to deliver for the first time.
    pub pending: u64,
    /// When the stream stored it.
    pub published: Timestamp,
}

/// What is to become of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AckKind {
    /// It is done.
    #[default]
    Ack,
    /// It is not, and is to be delivered again: after this delay, or at once, or as the consumer's
    /// [`backoff`](super::consumer::Config#structfield.backoff) has it.
    Nak(Option<Duration>),
    /// It is being worked on: the time to acknowledge it starts anew.
    Progress,
    /// It never will be, and is not to be delivered again; with the reason that the advisory gives.
    Term(Option<String>),
}

impl Message {
    /// `info` is what the message's reply subject says.
    pub(crate) fn new(message: proto::Message, info: MessageInfo, client: WeakClient) -> Self {
        Self {
            message,
            info,
            client,
        }
    }

    /// What the consumer says about it.
    pub fn info(&self) -> &MessageInfo {
        &self.info
    }

    /// The name of the stream that it is in.
    pub fn stream(&self) -> &str {
        self.token(STREAM)
    }

    /// The name of the consumer that delivered it.
    pub fn consumer(&self) -> &str {
        self.token(STREAM + 1)
    }

    /// Acknowledges the message. Without a connection, or if it is lost before this is sent, the message comes again:
    /// see [`Published`] for what became of it, and [`double_ack`](Self::double_ack).
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn ack(&self) -> Result<Published, PublishError> {
        self.ack_with(&AckKind::Ack)
    }

    /// Tells what is to become of the message.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn ack_with(&self, kind: &AckKind) -> Result<Published, PublishError> {
        let client = self.client.upgrade().ok_or(PublishError::Closed)?;
        client.publish(self.ack_subject(), kind.payload())
    }

    /// Acknowledges the message, and waits until the consumer has stored that. Then it will not come again.
    ///
    /// # Errors
    /// When it was not, or that is unknown. [`RequestError::NoResponders`]: the consumer is gone, or expects no
    /// acknowledgements.
    pub async fn double_ack(&self) -> Result<(), RequestError> {
        self.double_ack_with(&AckKind::Ack).await
    }

    /// Tells what is to become of the message, and waits until the consumer has stored that.
    ///
    /// # Errors
    /// As [`double_ack`](Self::double_ack).
    pub async fn double_ack_with(&self, kind: &AckKind) -> Result<(), RequestError> {
        let client = self.client.upgrade().ok_or(RequestError::Closed)?;
        let confirmed = client.request(self.ack_subject(), kind.payload()).await;
        confirmed.map(drop)
    }

    /// The message as it was received.
    pub fn into_inner(self) -> proto::Message {
        self.message
    }

    fn ack_subject(&self) -> &str {
        self.message.reply.as_deref().unwrap_or_default()
    }

    fn token(&self, index: usize) -> &str {
        AckTokens::split(self.ack_subject()).map_or("", |tokens| tokens.0[index])
    }
}

impl Deref for Message {
    type Target = proto::Message;

    fn deref(&self) -> &proto::Message {
        &self.message
    }
}

impl AckKind {
    fn payload(&self) -> String {
        match self {
            Self::Ack => "+ACK".to_owned(),
            Self::Nak(None) => "-NAK".to_owned(),
            Self::Nak(Some(delay)) => {
                let mut payload = "-NAK {\"delay\":".to_owned();
                delay.write(&mut payload);
                payload + "}"
            }
            Self::Progress => "+WPI".to_owned(),
            Self::Term(None) => "+TERM".to_owned(),
            Self::Term(Some(reason)) => ["+TERM ", reason].concat(),
        }
    }
}

impl MessageInfo {
    /// Reads the subject of an acknowledgement: `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<stream
    /// sequence>.<consumer sequence>.<time>.<pending>[.<anything>]`.
    pub(crate) fn parse(reply: &str) -> Option<Self> {
        let AckTokens(tokens) = AckTokens::split(reply)?;
        let number = |index: usize| number(tokens[STREAM + index].as_bytes());
        Some(Self {
            delivered: number(2)?,
            stream_sequence: number(3)?,
            consumer_sequence: number(4)?,
            published: Timestamp::from(Duration::from_nanos(number(5)?)),
            pending: number(6)?,
        })
    }
}

/// Domain, account, stream, consumer, and the five numbers.
struct AckTokens<'a>([&'a str; 9]);

/// Where the stream is among them.
const STREAM: usize = 2;

impl<'a> AckTokens<'a> {
    fn split(reply: &'a str) -> Option<Self> {
        let rest = reply.strip_prefix("$JS.ACK.")?;
        let bytes = rest.as_bytes();
        let mut tokens = [""; 9];
        let (mut count, mut start, mut at) = (0, 0, 0);
        // This runs for each message of a consumer: byte by byte it takes a third of the time of `split`.
        while count < tokens.len() {
            if at == bytes.len() || bytes[at] == b'.' {
                tokens[count] = rest.get(start..at)?;
                count += 1;
                start = at + 1;
            }
            if at == bytes.len() {
                break;
            }
            at += 1;
        }
        // Without domain and account there are seven; with them nine, and later servers may add more.
        match count {
            7 => {
                tokens.copy_within(..7, STREAM);
                tokens[..STREAM].fill("");
                Some(Self(tokens))
            }
            9 => Some(Self(tokens)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_subject() {
        let expected = MessageInfo {
            delivered: 2,
            stream_sequence: 17,
            consumer_sequence: 5,
            published: Timestamp::from_unix_millis(1_795_254_904_141),
            pending: 3,
        };
        for (reply, stream, consumer) in [
            (
                "$JS.ACK.orders.billing.2.17.5.1795254904141000000.3",
                "orders",
                "billing",
            ),
            (
                "$JS.ACK._.hash.orders.billing.2.17.5.1795254904141000000.3",
                "orders",
                "billing",
            ),
            (
                "$JS.ACK.hub.hash.orders.billing.2.17.5.1795254904141000000.3.token.more",
                "orders",
                "billing",
            ),
        ] {
            assert_eq!(MessageInfo::parse(reply), Some(expected), "{reply}");
            let AckTokens(tokens) = AckTokens::split(reply).expect(reply);
            assert_eq!((tokens[STREAM], tokens[STREAM + 1]), (stream, consumer));
        }
    }

    #[test]
    fn other_subjects() {
        for reply in [
            "",
            "_INBOX.a.1",
            "$JS.ACK.orders.billing.2.17.5.1795254904141000000",
            "$JS.ACK.x.orders.billing.2.17.5.1795254904141000000.3",
            "$JS.ACK.orders.billing.2.-1.5.1795254904141000000.3",
            "$JS.ACK.orders.billing.a.17.5.1795254904141000000.3",
        ] {
            assert_eq!(MessageInfo::parse(reply), None, "{reply}");
        }
    }

    #[test]
    fn payloads() {
        for (kind, payload) in [
            (AckKind::Ack, "+ACK"),
            (AckKind::Nak(None), "-NAK"),
            (
                AckKind::Nak(Some(Duration::from_millis(1_500))),
                r#"-NAK {"delay":1500000000}"#,
            ),
            (AckKind::Progress, "+WPI"),
            (AckKind::Term(None), "+TERM"),
            (
                AckKind::Term(Some("no such room".to_owned())),
                "+TERM no such room",
            ),
        ] {
            assert_eq!(kind.payload(), payload);
        }
    }
}
