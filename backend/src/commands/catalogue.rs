//! Every command there is, in one table: by it commands are read, admitted, decided, and routed over HTTP.

use axum::Router;
use axum::routing::put;
use jetstream_es::Cause;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use shared::bookings::{
    BookRoom, BookRoomType, Cancel, ChangeStay, CheckIn, CheckOut, ClientId, Confirm, EraseGuest,
    ExpireHold, Hold, HoldRoomType, NoShow, Pin, SwapStays, Undo, Unpin,
};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::housekeeping::{Cleanup, FailCleanup, Inspect, RequestCleanup};
use shared::identity::Account;
use shared::outcome::Refusal;
use shared::rooms::{
    AddRoom, BackInOrder, BackInService, OutOfOrder, OutOfService, RetireRoom, RoomId, RoomType,
};
use shared::staff::{AddStaff, ChangeRole, DisableStaff, EnableStaff, ResetPassword};

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};
use crate::http::Shared;
use crate::http::mutation::{self, Mutation};
use crate::invalid;

/// What is known of a kind of commands.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its token in subjects, and its name in `PUT /mutation/…`.
    pub name: &'static str,
    /// Its `type` as a CloudEvent.
    pub message_type: &'static str,
    /// Who may send it, besides the programs inside the account `HOTEL`.
    pub senders: &'static [Account],
    /// The schema of its data.
    pub data: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of a message with it.
    pub message: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of a request for it over HTTP.
    pub body: fn(&mut SchemaGenerator) -> Schema,
    /// Reads it from a message.
    pub(crate) read: fn(&[u8]) -> Result<Envelope, Refusal>,
    /// Its route over HTTP: what the front desk may ask for, the HTTP adapter may, too.
    route: fn(Router<Shared>) -> Router<Shared>,
}

/// A command with what its envelope says.
pub(crate) struct Envelope {
    pub(super) id: MessageId,
    pub(super) correlation: Option<MessageId>,
    pub(crate) wish: Wish,
}

impl Entry {
    /// Whether somebody of the account may send it. The server's permissions say the same (`nats-server.conf`); this is
    /// the second lock on the door.
    pub fn may_send(&self, account: Account) -> bool {
        account == Account::Hotel || self.senders.contains(&account)
    }
}

/// The command with this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

/// The names of all commands, as in subjects.
pub fn names() -> Vec<&'static str> {
    CATALOGUE.iter().map(|entry| entry.name).collect()
}

/// The type of a command as a CloudEvent.
pub fn type_of(name: &str) -> Option<&'static str> {
    find(name).map(|entry| entry.message_type)
}

/// The routes of the commands over HTTP.
pub fn routes(router: Router<Shared>) -> Router<Shared> {
    let open = CATALOGUE
        .iter()
        .filter(|entry| entry.may_send(Account::FrontDesk));
    open.fold(router, |router, entry| (entry.route)(router))
}

/// What a command is about: commands about the same thing are done one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) enum About<'a> {
    Room(RoomId),
    /// Whichever room of the type fits.
    RoomType(&'a RoomType),
    /// All of the staff.
    Staff,
    Guest(ClientId),
}

macro_rules! about {
    ($command:ident) => {
        About::Room($command.room.id)
    };
    ($command:ident any_room) => {
        About::RoomType(&$command.room_type)
    };
    ($command:ident staff) => {{
        let _ = &$command.staff;
        About::Staff
    }};
    ($command:ident guest) => {
        About::Guest($command.client.id)
    };
}

macro_rules! commands {
    ($($command:ident $($about:ident)?),+ $(,)?) => {
        /// All commands, in the order in which somebody would learn them.
        pub const CATALOGUE: &[Entry] = &[$(Entry {
            name: $command::NAME,
            message_type: $command::TYPE,
            senders: $command::SENDERS,
            data: |generator| generator.subschema_for::<$command>(),
            message: CloudEvent::<$command>::json_schema,
            body: Mutation::<$command>::json_schema,
            read: |payload| read(payload, Wish::$command),
            route: |router| {
                router.route(&format!("/mutation/{}", $command::NAME), put(mutation::put::<$command>))
            },
        }),+];

        /// A command that is understood.
        #[derive(Debug)]
        pub(crate) enum Wish {
            $($command($command)),+
        }

        impl Wish {
            /// What it is about.
            pub(super) fn about(&self) -> About<'_> {
                match self {
                    $(Self::$command(command) => about!(command $($about)?)),+
                }
            }

            /// What it says, as this version writes it.
            pub(crate) fn data(&self) -> serde_json::Result<Value> {
                match self {
                    $(Self::$command(command) => serde_json::to_value(command)),+
                }
            }

            /// Decides on it and appends its events.
            pub(super) async fn handle(
                &self,
                hotel: &Hotel,
                cause: &Cause,
            ) -> Result<Done, NotDone> {
                match self {
                    $(Self::$command(command) => command.handle(hotel, cause).await),+
                }
            }
        }
    };
}

commands![
    AddRoom,
    RetireRoom,
    BookRoom,
    BookRoomType any_room,
    Hold,
    HoldRoomType any_room,
    Confirm,
    ExpireHold,
    Cancel,
    ChangeStay,
    SwapStays,
    Pin,
    Unpin,
    CheckIn,
    CheckOut,
    NoShow,
    Undo,
    OutOfOrder,
    BackInOrder,
    OutOfService,
    BackInService,
    Cleanup,
    Inspect,
    FailCleanup,
    RequestCleanup,
    AddStaff staff,
    ChangeRole staff,
    DisableStaff staff,
    EnableStaff staff,
    ResetPassword staff,
    EraseGuest guest,
];

fn read<C: Command>(payload: &[u8], wish: fn(C) -> Wish) -> Result<Envelope, Refusal> {
    let event: CloudEvent<C> = invalid::read(payload).map_err(|invalid| {
        // Inside the data the path is that of the data, as the sender of a form knows it.
        let field = invalid
            .field
            .strip_prefix("data.")
            .unwrap_or(&invalid.field);
        invalid::refusal(field, invalid.message)
    })?;
    if event.message_type != C::TYPE {
        let found = &event.message_type;
        let message = format!(
            "a command {} has the type {}, not {found:?}",
            C::NAME,
            C::TYPE
        );
        return Err(invalid::refusal("type", message));
    }
    Ok(Envelope {
        id: event.id,
        correlation: event.correlationid,
        wish: wish(event.data),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_and_a_type_of_its_own() {
        for (index, entry) in CATALOGUE.iter().enumerate() {
            assert!(entry.message_type.starts_with("vacancy."));
            assert!(entry.message_type.ends_with(&format!(".{}.v1", entry.name)));
            let earlier = &CATALOGUE[..index];
            assert!(earlier.iter().all(|other| other.name != entry.name));
            assert_eq!(type_of(entry.name), Some(entry.message_type));
        }
    }
}
