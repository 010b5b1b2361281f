//! What the tests decide on and project.

use jetstream_es::declare::{self, BucketSpec, StreamSpec};
use jetstream_es::testing::Server;
use jetstream_es::{
    Boundary, Cause, CodecError, Connection, DeadLetters, Position, Projection, Recorded,
    StoredMessage, Upcaster,
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
        DeadLetters::stream(),
    ] {
        declare::stream(&jetstream, &stream).await.unwrap();
    }
    for bucket in ["balances", "decisions", "snapshots"] {
        declare::bucket(&jetstream, &BucketSpec::new(bucket))
            .await
            .unwrap();
    }
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
#[serde(tag = "type", content = "data")]
pub(crate) enum Booked {
    #[serde(rename = "bank.deposited.v2")]
    Deposited(Entry),
    #[serde(rename = "bank.withdrawn.v1")]
    Withdrawn(Entry),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) account: u32,
    pub(crate) amount: u32,
}

impl Booked {
    pub(crate) fn on(&self, balance: i64) -> i64 {
        match self {
            Self::Deposited(entry) => balance + i64::from(entry.amount),
            Self::Withdrawn(entry) => balance - i64::from(entry.amount),
        }
    }

    fn entry(&self) -> &Entry {
        match self {
            Self::Deposited(entry) | Self::Withdrawn(entry) => entry,
        }
    }
}

pub(crate) fn deposited(account: u32, amount: u32) -> Booked {
    Booked::Deposited(Entry { account, amount })
}

pub(crate) fn withdrawn(account: u32, amount: u32) -> Booked {
    Booked::Withdrawn(Entry { account, amount })
}

pub(crate) fn cause(command: impl Into<String>) -> Cause {
    Cause::new(command)
}

/// An account; its state is its balance.
pub(crate) struct Accounts;

impl Boundary for Accounts {
    type Id = u32;
    type Event = Booked;
    type State = i64;

    const STREAM: &'static str = "accounts";
    const SOURCE: &'static str = "/bank";
    const UPCASTERS: &'static [Upcaster] = &[Upcaster {
        from: "bank.deposited.v1",
        to: "bank.deposited.v2",
        // There was a time when a deposit was a list of banknotes.
        lift: |mut data| {
            let notes = data["notes"].as_array().ok_or("there are no notes")?;
            let amount: u64 = notes.iter().filter_map(serde_json::Value::as_u64).sum();
            data["amount"] = amount.into();
            Ok(data)
        },
    }];

    fn filter(account: &u32) -> String {
        format!("account.{account}.>")
    }

    fn subject(event: &Booked) -> String {
        let kind = match event {
            Booked::Deposited(_) => "in",
            Booked::Withdrawn(_) => "out",
        };
        format!("account.{}.{kind}", event.entry().account)
    }

    fn about(event: &Booked) -> String {
        event.entry().account.to_string()
    }

    fn evolve(balance: i64, event: &Recorded<Booked>) -> i64 {
        event.event.on(balance)
    }
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overdrawn(pub(crate) i64);

pub(crate) fn deposit(
    account: u32,
    amount: u32,
) -> impl FnMut(&i64) -> Result<Vec<Booked>, Overdrawn> {
    move |_| Ok(vec![deposited(account, amount)])
}

pub(crate) fn withdraw(
    account: u32,
    amount: u32,
) -> impl FnMut(&i64) -> Result<Vec<Booked>, Overdrawn> {
    move |balance| {
        if *balance < i64::from(amount) {
            return Err(Overdrawn(*balance));
        }
        Ok(vec![withdrawn(account, amount)])
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
