//! Who asked. The server writes it into the subject of a command, so nobody can claim to be somebody else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{self, Token, TokenError};

/// An account of the NATS server (`nats-server.conf`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Owns JetStream; the backend, the HTTP adapter and the command line are in it.
    Hotel,
    /// Whoever runs the hotel: all that the front desk may, the rooms there are, and the staff.
    Manager,
    FrontDesk,
    Housekeeping,
    /// Machines, such as a booking channel.
    Channel,
    /// Whoever comes without a log-in.
    Guest,
}

impl Account {
    pub const ALL: [Self; 6] = [
        Self::Hotel,
        Self::Manager,
        Self::FrontDesk,
        Self::Housekeeping,
        Self::Channel,
        Self::Guest,
    ];

    /// The account's token in subjects.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hotel => "hotel",
            Self::Manager => "manager",
            Self::FrontDesk => "frontdesk",
            Self::Housekeeping => "housekeeping",
            Self::Channel => "channel",
            Self::Guest => "guest",
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The one who sent a command: a user of an account. Text and JSON form: `frontdesk/anna`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor {
    pub account: Account,
    pub user: Token,
}

impl Actor {
    /// All guests: they are one user.
    pub fn guest() -> Self {
        let account = Account::Guest;
        let user = Token::known(account.as_str());
        Self { account, user }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActorError {
    #[error(
        "{0:?} is no account: expected hotel, manager, frontdesk, housekeeping, channel or guest"
    )]
    UnknownAccount(String),
    #[error("an actor is written account/user")]
    Form,
    #[error("the user of an actor: {0}")]
    User(#[from] TokenError),
}

impl FromStr for Account {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, ActorError> {
        let known = Self::ALL
            .into_iter()
            .find(|account| account.as_str() == text);
        known.ok_or_else(|| ActorError::UnknownAccount(text.chars().take(40).collect()))
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, ActorError> {
        let (account, user) = text.split_once('/').ok_or(ActorError::Form)?;
        Ok(Self {
            account: account.parse()?,
            user: user.parse()?,
        })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.user)
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "an actor as account/user")
    }
}
