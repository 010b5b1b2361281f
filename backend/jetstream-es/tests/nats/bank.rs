//! What the tests decide on and project.

use async_nats::HeaderMap;
use jetstream_es::declare::{self, BucketSpec, StreamSpec};
use jetstream_es::testing::Server;
use jetstream_es::{
    Boundary, CodecError, Connection, NewEvent, Position, Projection, Recorded, StoredMessage,
};
use serde::{Deserialize, Serialize};

/// A server with the streams and buckets of a bank, and a connection to it.
pub(crate) async fn open() -> (Server, Connection) {
    let server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    for stream in [
        StreamSpec::events("accounts", ["account.>"]),
        StreamSpec::events("owners", ["owner.>"]),
    ] {
        declare::stream(&jetstream, &stream).await.unwrap();
    }
    declare::bucket(&jetstream, &BucketSpec::new("balances"))
        .await
        .unwrap();
    (server, connection)
}

/// Stores a message; returns its sequence.
pub(crate) async fn publish(
    connection: &Connection,
    subject: impl Into<String>,
    payload: impl Into<String>,
) -> u64 {
    let jetstream = connection.jetstream();
    let payload = payload.into().into();
    let stored = jetstream.publish(subject.into(), payload).await.unwrap();
    stored.await.unwrap().sequence
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Booked {
    Deposited(u32),
    Withdrawn(u32),
}

impl Booked {
    pub(crate) fn on(&self, balance: i64) -> i64 {
        match self {
            Self::Deposited(amount) => balance + i64::from(*amount),
            Self::Withdrawn(amount) => balance - i64::from(*amount),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    command: Option<String>,
    event: Booked,
}

#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) command: String,
    pub(crate) account: u32,
}

pub(crate) fn cause(account: u32, command: impl Into<String>) -> Cause {
    Cause {
        command: command.into(),
        account,
    }
}

/// An account; its state is its balance.
pub(crate) struct Accounts;

impl Boundary for Accounts {
    type Id = u32;
    type Event = Booked;
    type State = i64;
    type Cause = Cause;

    const STREAM: &'static str = "accounts";

    fn filter(account: &u32) -> String {
        format!("account.{account}.>")
    }

    fn evolve(balance: i64, event: &Booked) -> i64 {
        event.on(balance)
    }

    fn command(cause: &Cause) -> &str {
        &cause.command
    }

    fn encode(event: &Booked, cause: &Cause) -> Result<NewEvent, CodecError> {
        let envelope = Envelope {
            command: Some(cause.command.clone()),
            event: event.clone(),
        };
        let kind = match event {
            Booked::Deposited(_) => "in",
            Booked::Withdrawn(_) => "out",
        };
        Ok(NewEvent {
            subject: format!("account.{}.{kind}", cause.account),
            headers: HeaderMap::new(),
            payload: serde_json::to_vec(&envelope)?.into(),
        })
    }

    fn decode(message: &StoredMessage) -> Result<Recorded<Booked>, CodecError> {
        let Envelope { command, event } = serde_json::from_slice(&message.payload)?;
        Ok(Recorded { event, command })
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overdrawn(pub(crate) i64);

pub(crate) fn deposit(amount: u32) -> impl FnMut(&i64) -> Result<Vec<Booked>, Overdrawn> {
    move |_| Ok(vec![Booked::Deposited(amount)])
}

pub(crate) fn withdraw(amount: u32) -> impl FnMut(&i64) -> Result<Vec<Booked>, Overdrawn> {
    move |balance| {
        if *balance < i64::from(amount) {
            return Err(Overdrawn(*balance));
        }
        Ok(vec![Booked::Withdrawn(amount)])
    }
}

/// What a customer sees: the balance, once it is known whose account it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Balance {
    pub(crate) owner: String,
    pub(crate) balance: i64,
    pub(crate) owners: u64,
    pub(crate) accounts: u64,
}

pub(crate) struct Balances(pub(crate) Connection);

pub(crate) enum Change {
    Owner(u32, String),
    Booked(u32, Booked),
}

impl Projection for Balances {
    type Event = Change;
    type Key = u32;
    type Value = Balance;

    const BUCKET: &'static str = "balances";
    const STREAMS: &'static [&'static str] = &["owners", "accounts"];

    fn read(stream: &'static str, message: &StoredMessage) -> Result<Change, CodecError> {
        let account = message.subject.split('.').nth(1).unwrap_or_default();
        let account = account.parse()?;
        Ok(match stream {
            "owners" => Change::Owner(account, String::from_utf8(message.payload.to_vec())?),
            _ => Change::Booked(account, Accounts::decode(message)?.event),
        })
    }

    fn keys(change: &Change) -> Vec<u32> {
        match change {
            Change::Owner(account, _) | Change::Booked(account, _) => vec![*account],
        }
    }

    fn position(value: &Balance, stream: &'static str) -> u64 {
        match stream {
            "owners" => value.owners,
            _ => value.accounts,
        }
    }

    fn apply(
        _account: &u32,
        value: Option<Balance>,
        change: &Change,
        at: Position,
    ) -> Option<Balance> {
        match change {
            Change::Owner(_, owner) => Some(Balance {
                owner: owner.clone(),
                owners: at.sequence,
                balance: value.as_ref().map_or(0, |value| value.balance),
                accounts: value.map_or(0, |value| value.accounts),
            }),
            Change::Booked(_, event) => value.map(|value| Balance {
                balance: event.on(value.balance),
                accounts: at.sequence,
                ..value
            }),
        }
    }

    async fn before(
        &self,
        account: &u32,
    ) -> Result<Vec<(Position, Change)>, jetstream_es::repository::LoadError> {
        let stream = self.0.jetstream().get_stream("owners").await.unwrap();
        let subject = format!("owner.{account}");
        let owner = stream.get_last_raw_message_by_subject(&subject);
        Ok(owner.await.map_or_else(
            |_| Vec::new(),
            |owner| {
                let at = Position {
                    stream: "owners",
                    sequence: owner.sequence,
                };
                let name = String::from_utf8(owner.payload.to_vec()).unwrap();
                vec![(at, Change::Owner(*account, name))]
            },
        ))
    }
}
