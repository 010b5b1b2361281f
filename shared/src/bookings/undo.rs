//! The command `undo`: the last command of a room was a mistake.
//!
//! What was decided is not taken out of the history: an event says that it is undone, and what is again as it was. Only
//! the last thing that happened in the room can be undone, so nobody has built on it since: its nights cannot have been
//! sold to somebody else.
//!
//! Not undone are moves between rooms (the other room has gone on), retirement, holds that were confirmed or have
//! expired (nobody would end them), and undos.

use serde::{Deserialize, Serialize};

use super::rules::known;
use super::{
    BookingEvent, BookingId, BookingRefusal, Change, ChangeUndone, RoomLedger, Span, Stay,
    StayState, StayStatus, Undone, UndoneBlock, UndoneStay,
};
use crate::cloud_event::{Command, MessageId};
use crate::identity::Account;
use crate::rooms::{Block, BlockKind, Room, RoomRef};
use crate::{Date, Timestamp};

/// The last command of a room was a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Undo {
    pub room: RoomRef,
    /// The command to undo, so that it is not another one that came in between.
    pub command: MessageId,
}

impl Command for Undo {
    const NAME: &'static str = "undo";
    const TYPE: &'static str = "vacancy.booking.undo.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl Undo {
    /// # Errors
    /// When the command is not the last one of the room, or cannot be undone.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
        now: Timestamp,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let nothing = || BookingRefusal::NothingToUndo(room.name.clone());
        let last = ledger.last().ok_or_else(nothing)?;
        if last.command.as_deref() != Some(self.command.as_str()) {
            return Err(BookingRefusal::NotTheLast(room.name.clone()));
        }
        let undone = match &last.change {
            Change::Final(reason) => return Err(BookingRefusal::CannotBeUndone(reason)),
            Change::Stay(booking, before) => {
                let stay = ledger.stay(*booking).ok_or_else(nothing)?;
                Undone::Stay(undo_stay(ledger, *booking, stay, before.as_ref(), now)?)
            }
            Change::Block(kind, from, before) => {
                let is_there = ledger.block(*kind, *from);
                let undone = undo_block(*kind, *from, before.as_ref(), is_there);
                Undone::Block(undone.ok_or_else(nothing)?)
            }
        };
        Ok(vec![BookingEvent::ChangeUndone(ChangeUndone {
            room: self.room,
            room_type: room.room_type.clone(),
            command: self.command.clone(),
            undone,
        })])
    }
}

fn undo_stay(
    ledger: &RoomLedger,
    booking: BookingId,
    stay: &Stay,
    before: Option<&Stay>,
    now: Timestamp,
) -> Result<UndoneStay, BookingRefusal> {
    let was = stay.state();
    let is = match before {
        Some(before) if before.until.is_some_and(|until| until <= now) => {
            return Err(BookingRefusal::HoldWouldBeOver);
        }
        Some(before) if before.client == stay.client && before.booked == stay.booked => {
            before.state()
        }
        // A stay that was not there before is cancelled: its id and its history remain.
        _ => StayState {
            status: StayStatus::Cancelled,
            until: None,
            ..was
        },
    };
    let in_room = was.status.is_or_was_there() || is.status.is_or_was_there();
    let others = ledger.occupied_by_others(booking);
    let restored = Span::new(is.arrival, is.nights);
    let restored = is.status.is_or_was_there().then_some(restored);
    let occupied = others.into_iter().chain(restored);
    Ok(UndoneStay {
        booking,
        was,
        is,
        occupied: occupied.max_by_key(|span| span.arrival).filter(|_| in_room),
    })
}

fn undo_block(
    kind: BlockKind,
    from: Date,
    before: Option<&Block>,
    is_there: Option<&Block>,
) -> Option<UndoneBlock> {
    let reason = before.or(is_there)?.reason.clone();
    Some(UndoneBlock {
        kind,
        from,
        reason,
        was: is_there.map(|block| block.nights),
        is: before.map(|block| block.nights),
    })
}
