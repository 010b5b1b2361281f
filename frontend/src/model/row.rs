//! What a room's row on the board shows.

use shared::bookings::{BookingId, StayStatus, StayView};
use shared::housekeeping::Housekeeping;
use shared::rooms::{Block, BlockKind, RoomId, RoomView};
use shared::{Date, Timestamp};

use super::chores;
use super::deeds;
use super::due::Due;
use super::errand::Progress;
use super::hotel::{Hotel, ShownStay};
use super::window::{Span, Window};
use super::words;

/// The sticky part at the left: which room it is, and whether it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowHead {
    pub name: String,
    pub floor: i16,
    pub housekeeping: Housekeeping,
    /// How far one's own wish is that the mark shows and that is not decided yet.
    pub pending: Option<Progress>,
    /// The mark in a sentence.
    pub label: String,
}

/// What lies on the line of a room.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mark {
    Closed(Closed),
    Stay(Bar),
}

/// A stay's bar.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bar {
    pub booking: BookingId,
    /// The guest's name, or the guest's number where there is no name.
    pub guest: String,
    pub status: StayStatus,
    pub due: Due,
    /// It keeps its room; the others may have to make space.
    pub pinned: bool,
    /// When it expires, while it is a hold.
    pub until: Option<Timestamp>,
    /// How far one's own wish is that the bar shows and that is not decided yet.
    pub pending: Option<Progress>,
    pub span: Span,
    /// See [`label`].
    pub label: String,
}

/// Nights on which the room cannot be used as it should.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Closed {
    pub kind: BlockKind,
    pub span: Span,
    /// Why, and until when.
    pub label: String,
}

/// What is at one date of a row, for the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The night that begins on this date is free.
    Free,
    /// The guest of this booking sleeps here.
    Taken(BookingId),
}

pub fn head(hotel: &Hotel, room: RoomId, today: Date) -> Option<RowHead> {
    let shown = hotel.room(room)?;
    let housekeeping = chores::mark(&shown.view, today);
    Some(RowHead {
        label: mark_label(&shown.view, housekeeping, today),
        housekeeping,
        name: shown.view.name.to_string(),
        floor: shown.view.floor,
        pending: shown.pending,
    })
}

fn mark_label(room: &RoomView, mark: Housekeeping, today: Date) -> String {
    let door = &room.name;
    match (mark, chores::trouble(room, today)) {
        (Housekeeping::Clean, _) => format!("Room {door} is clean"),
        (Housekeeping::Inspected, _) => format!("Room {door} is clean and inspected"),
        (_, Some(note)) => format!("Room {door} could not be cleaned: {note}. Mark it clean"),
        _ => format!("Room {door} is dirty: mark it clean"),
    }
}

/// What is in sight of the room's blocks, and of its stays, which lie over those.
pub fn marks(hotel: &Hotel, room: RoomId, window: Window, today: Date) -> Vec<Mark> {
    let closed = closed(hotel, room, window).into_iter().map(Mark::Closed);
    let bars = bars(hotel, room, window, today).into_iter().map(Mark::Stay);
    closed.chain(bars).collect()
}

/// The room's blocks in sight.
pub fn closed(hotel: &Hotel, room: RoomId, window: Window) -> Vec<Closed> {
    let blocks = hotel.blocks_of(room).iter();
    blocks
        .filter_map(|block| {
            Some(Closed {
                kind: block.kind,
                span: window.span(block.from, block.nights)?,
                label: closed_label(block),
            })
        })
        .collect()
}

fn closed_label(block: &Block) -> String {
    let (kind, until) = (block.kind.to_string(), words::day(block.until()));
    format!("{} until {until}: {}", words::capital(&kind), block.reason)
}

/// The bars in sight, from left to right.
pub fn bars(hotel: &Hotel, room: RoomId, window: Window, today: Date) -> Vec<Bar> {
    let stays = hotel.stays_of(room).into_iter();
    stays
        .filter_map(|stay| {
            let span = window.span(stay.view.arrival, stay.view.nights)?;
            Some(Bar {
                booking: stay.view.booking(),
                guest: guest(&stay.view),
                status: stay.view.status,
                due: Due::of(&stay.view, today),
                pinned: stay.view.pinned && deeds::can_be_pinned(&stay.view),
                until: stay.view.until,
                pending: stay.pending,
                span,
                label: label(&stay, today),
            })
        })
        .collect()
}

pub fn spot(hotel: &Hotel, room: RoomId, date: Date) -> Spot {
    let stays = hotel.stays_of(room);
    let taken = stays
        .iter()
        .find(|stay| (stay.view.arrival..stay.view.departure()).contains(&date));
    taken.map_or(Spot::Free, |stay| Spot::Taken(stay.view.booking()))
}

/// How a guest is called on the board.
pub fn guest(stay: &StayView) -> String {
    match &stay.client.name {
        Some(name) => name.to_string(),
        None => format!("Guest {}", stay.client.id),
    }
}

/// The stay in a sentence, for those who do not see its bar.
pub fn label(stay: &ShownStay, today: Date) -> String {
    let mut label = format!(
        "{}, {} to {}, {}",
        guest(&stay.view),
        words::day(stay.view.arrival),
        words::day(stay.view.departure()),
        words::status(stay.view.status)
    );
    match Due::of(&stay.view, today) {
        // The status says that already.
        Due::InHouse | Due::NotToday | Due::Over => {}
        due => {
            label.push_str(", ");
            label.push_str(due.words());
        }
    }
    if stay.view.pinned && deeds::can_be_pinned(&stay.view) {
        label.push_str(", pinned");
    }
    if let Some(progress) = stay.pending {
        label.push_str(", ");
        label.push_str(words::progress(progress));
    }
    label
}
