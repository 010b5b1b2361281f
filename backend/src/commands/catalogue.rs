//! Every command there is: its name, its type, who may send it, and how it is read.

use shared::bookings::{BookRoom, CheckIn};
use shared::cloud_event::Command;
use shared::housekeeping::Cleanup;
use shared::identity::Account;
use shared::outcome::Refusal;
use shared::rooms::AddRoom;

use super::read::{Envelope, Wish, envelope};

/// A command of the hotel.
pub(super) struct Entry {
    pub(super) name: &'static str,
    message_type: &'static str,
    /// The accounts of browsers that may send it; the account `HOTEL` may send all. The server's permissions say the same
    /// (`nats-server.conf`); this is the second lock on the door.
    accounts: &'static [Account],
    /// Reads a message.
    pub(super) read: fn(&[u8]) -> Result<Envelope, Refusal>,
}

macro_rules! catalogue {
    ($($command:ident from [$($account:ident),*],)*) => {
        &[$(Entry {
            name: $command::NAME,
            message_type: $command::TYPE,
            accounts: &[$(Account::$account),*],
            read: |payload| envelope(payload, Wish::$command),
        }),*]
    };
}

const COMMANDS: &[Entry] = catalogue![
    AddRoom from [],
    BookRoom from [FrontDesk],
    CheckIn from [FrontDesk],
    Cleanup from [FrontDesk, Housekeeping],
];

impl Entry {
    pub(super) fn may_be_sent_by(&self, account: Account) -> bool {
        account == Account::Hotel || self.accounts.contains(&account)
    }
}

pub(super) fn find(name: &str) -> Option<&'static Entry> {
    COMMANDS.iter().find(|entry| entry.name == name)
}

/// The names of all commands, as in subjects.
pub fn names() -> Vec<&'static str> {
    COMMANDS.iter().map(|entry| entry.name).collect()
}

/// The type of a command as a CloudEvent.
pub fn type_of(name: &str) -> Option<&'static str> {
    find(name).map(|entry| entry.message_type)
}
