//! What has been decided about the nights of one room, as its events tell it.

use std::collections::BTreeMap;

use super::{BookingEvent, BookingId, ClientId, Span, Stay, StayStatus, Undone};
use crate::Date;
use crate::rooms::{Block, BlockKind};

/// The ledger of one room: its stays, for ever, its blocks, and whether it has been retired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomLedger {
    stays: BTreeMap<BookingId, Stay>,
    blocks: BTreeMap<(BlockKind, Date), Block>,
    /// Who has which nights, by the first of them. Stays that have ended early or were cancelled leave no trace here.
    nights: BTreeMap<Date, Taken>,
    retired: Option<Date>,
    left: Option<Date>,
    last: Option<LastChange>,
}

/// Nights that nobody else can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    until: Date,
    by: TakenBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TakenBy {
    Stay(BookingId),
    /// The block that is out of order from this day on.
    Block(Date),
}

/// Why nights cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle<'a> {
    Stay(&'a Stay),
    OutOfOrder(&'a Block),
    /// The hotel no longer has the room from this day on.
    Retired(Date),
}

/// What the last event of the room has changed, for an undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// The command that led to it, where it is known.
    pub command: Option<Box<str>>,
    pub change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A stay, as it was; `None` if there was none under this id.
    Stay(BookingId, Option<Stay>),
    /// A block, as it was.
    Block(BlockKind, Date, Option<Block>),
    /// It cannot be undone, and this is why, as a sentence.
    Final(&'static str),
}

/// Why what the event did cannot be undone, as a sentence; `None` where it can, as long as nothing has happened since.
pub(super) fn cannot_be_undone(event: &BookingEvent) -> Option<&'static str> {
    match event {
        BookingEvent::HoldConfirmed(_) => Some("A confirmed hold is taken back by cancelling it."),
        BookingEvent::HoldExpired(_) => {
            Some("A hold that has expired is made anew by holding the room again.")
        }
        BookingEvent::StayMovedOut(_) | BookingEvent::StayMovedIn(_) => {
            Some("A stay that went to another room is brought back by moving it.")
        }
        BookingEvent::RoomRetired(_) => Some("A room that was retired does not come back."),
        BookingEvent::ChangeUndone(_) => Some("It was an undo itself."),
        BookingEvent::GuestErased(_) => Some("A guest who was erased is not known any more."),
        _ => None,
    }
}

impl RoomLedger {
    /// The last day on which a guest has checked out. Read models do not tell it: they hear soon enough that somebody was
    /// asked to clean.
    pub fn left(&self) -> Option<Date> {
        self.left
    }

    /// The ledger after an event, to which `command` led.
    #[must_use]
    pub fn evolve(mut self, event: &BookingEvent, command: Option<&str>) -> Self {
        let changed = self.apply(event);
        let is_final = cannot_be_undone(event).map(Change::Final);
        self.last = is_final.or(changed).map(|change| LastChange {
            command: command.map(Into::into),
            change,
        });
        self
    }

    /// Brings the event into the ledger; returns what it changed, as it was.
    fn apply(&mut self, event: &BookingEvent) -> Option<Change> {
        Some(match event {
            BookingEvent::RoomBlocked(event) => self.put_block(
                event.block.kind,
                event.block.from,
                Some(event.block.clone()),
            ),
            BookingEvent::RoomReleased(event) => {
                let block = self.blocks.get(&(event.kind, event.from)).cloned();
                let rest = block.and_then(|block| {
                    let nights = Span::until(block.from, event.date.min(block.until()))?.nights;
                    Some(Block { nights, ..block })
                });
                self.put_block(event.kind, event.from, rest)
            }
            BookingEvent::RoomRetired(event) => {
                self.retired = Some(event.date);
                return None;
            }
            BookingEvent::ChangeUndone(undo) => match &undo.undone {
                Undone::Stay(undone) => {
                    if undone.was.status == StayStatus::CheckedOut {
                        // The guest is in the house again, and will leave again.
                        self.left = None;
                    }
                    self.evolve_stay(undone.booking, event)
                }
                Undone::Block(undone) => {
                    let block = undone.is.map(|nights| Block {
                        kind: undone.kind,
                        from: undone.from,
                        nights,
                        reason: undone.reason.clone(),
                    });
                    self.put_block(undone.kind, undone.from, block)
                }
            },
            about_a_stay => self.evolve_stay(about_a_stay.booking()?, about_a_stay),
        })
    }

    /// Brings an event about a stay into the ledger.
    pub(super) fn evolve_stay(&mut self, booking: BookingId, event: &BookingEvent) -> Change {
        let before = self.stays.get(&booking).cloned();
        self.put_stay(booking, Stay::evolve(before.clone(), event));
        if let BookingEvent::GuestCheckedOut(left) = event {
            self.left = self.left.max(Some(left.date));
        }
        Change::Stay(booking, before)
    }

    fn put_stay(&mut self, booking: BookingId, stay: Option<Stay>) {
        let by = TakenBy::Stay(booking);
        if let Some(before) = self.stays.get(&booking) {
            let from = before.arrival;
            self.free(from, by);
        }
        if let Some(stay) = stay {
            if stay.status.takes_nights() {
                let until = stay.departure();
                self.nights.insert(stay.arrival, Taken { until, by });
            }
            self.stays.insert(booking, stay);
        }
    }

    fn put_block(&mut self, kind: BlockKind, from: Date, block: Option<Block>) -> Change {
        let by = TakenBy::Block(from);
        let out_of_order = kind == BlockKind::OutOfOrder;
        if out_of_order {
            self.free(from, by);
        }
        let before = match block {
            Some(block) => {
                if out_of_order {
                    let until = block.until();
                    self.nights.insert(from, Taken { until, by });
                }
                self.blocks.insert((kind, from), block)
            }
            None => self.blocks.remove(&(kind, from)),
        };
        Change::Block(kind, from, before)
    }

    fn free(&mut self, from: Date, by: TakenBy) {
        if self.nights.get(&from).is_some_and(|taken| taken.by == by) {
            self.nights.remove(&from);
        }
    }

    /// What stands in the way of having these nights, the first thing if there are several. The stay `except` does not
    /// stand in its own way.
    pub fn obstacle(&self, span: Span, except: Option<BookingId>) -> Option<Obstacle<'_>> {
        let before = self.nights.range(..span.arrival).next_back();
        let before = before.filter(|(_, taken)| taken.until > span.arrival);
        let within = self.nights.range(span.arrival..span.departure());
        let mut taken = before.into_iter().chain(within).map(|(_, taken)| taken.by);
        let by = taken.find(|by| except.is_none_or(|booking| *by != TakenBy::Stay(booking)));
        let by = by.and_then(|by| match by {
            TakenBy::Stay(booking) => self.stays.get(&booking).map(Obstacle::Stay),
            TakenBy::Block(from) => {
                let block = self.blocks.get(&(BlockKind::OutOfOrder, from));
                block.map(Obstacle::OutOfOrder)
            }
        });
        let retired = || {
            let date = self.retired?;
            (date < span.departure()).then_some(Obstacle::Retired(date))
        };
        by.or_else(retired)
    }

    /// How many nights are free right before and right after these; `None` where nothing follows.
    pub fn free_around(&self, span: Span) -> (Option<u32>, Option<u32>) {
        let nights = |from: Date, until: Date| u32::try_from(until.days_since(from)).unwrap_or(0);
        let before = self.nights.range(..span.arrival).next_back();
        let after = self.nights.range(span.departure()..).next();
        let after = after.map(|(from, _)| *from).into_iter().chain(self.retired);
        (
            before.map(|(_, taken)| nights(taken.until, span.arrival)),
            after.min().map(|from| nights(span.departure(), from)),
        )
    }

    /// The stay with this id, whatever has become of it.
    pub fn stay(&self, booking: BookingId) -> Option<&Stay> {
        self.stays.get(&booking)
    }

    /// All stays there ever were, in the order of their ids.
    pub fn stays(&self) -> impl Iterator<Item = &Stay> {
        self.stays.values()
    }

    fn stays_of<'a>(
        &'a self,
        nights: impl DoubleEndedIterator<Item = (&'a Date, &'a Taken)>,
    ) -> impl DoubleEndedIterator<Item = &'a Stay> {
        nights.filter_map(|(_, taken)| match taken.by {
            TakenBy::Stay(booking) => self.stays.get(&booking),
            TakenBy::Block(_) => None,
        })
    }

    /// The stay of `client` that a check-in on `date` is about: the last one with `arrival <= date <= departure`. The
    /// day of departure is among them because a guest who is late arrives after midnight.
    pub fn stay_on(&self, client: ClientId, date: Date) -> Option<&Stay> {
        let arrived = self.stays_of(self.nights.range(..=date)).rev();
        arrived
            .take_while(|stay| stay.departure() >= date)
            .find(|stay| stay.client.id == client)
    }

    /// The nights of the guest who was in the room last before `arrival`.
    pub fn occupied_before(&self, arrival: Date) -> Option<Span> {
        let earlier = self.stays_of(self.nights.range(..arrival)).rev();
        let mut slept_in = earlier.filter(|stay| stay.status.is_or_was_there());
        slept_in.next().map(Stay::span)
    }

    /// The last nights that a guest was, or is, in the room.
    pub fn occupied(&self) -> Option<Span> {
        self.slept_in().next().map(Stay::span)
    }

    /// The same without one of the stays.
    pub(super) fn occupied_by_others(&self, booking: BookingId) -> Option<Span> {
        let mut others = self.slept_in().filter(|stay| stay.booking() != booking);
        others.next().map(Stay::span)
    }

    /// The stays whose guests were, or are, in the room, the last one first.
    fn slept_in(&self) -> impl Iterator<Item = &Stay> {
        let stays = self.stays_of(self.nights.range(..)).rev();
        stays.filter(|stay| stay.status.is_or_was_there())
    }

    /// All blocks that have not been taken away wholly.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.values()
    }

    pub fn block(&self, kind: BlockKind, from: Date) -> Option<&Block> {
        self.blocks.get(&(kind, from))
    }

    /// The block that keeps guests from being checked in on the night of `date`.
    pub fn block_on(&self, date: Date) -> Option<&Block> {
        self.blocks().find(|block| block.span().has(date))
    }

    /// The first night on which the hotel no longer has the room.
    pub fn retired(&self) -> Option<Date> {
        self.retired
    }

    /// The last nights that are still taken on `date` or later.
    pub(crate) fn last_taken(&self, date: Date) -> Option<Obstacle<'_>> {
        let (_, taken) = self.nights.iter().next_back()?;
        if taken.until <= date {
            return None;
        }
        match taken.by {
            TakenBy::Stay(booking) => self.stays.get(&booking).map(Obstacle::Stay),
            TakenBy::Block(from) => {
                let block = self.blocks.get(&(BlockKind::OutOfOrder, from));
                block.map(Obstacle::OutOfOrder)
            }
        }
    }

    /// What an undo could undo.
    pub fn last(&self) -> Option<&LastChange> {
        self.last.as_ref()
    }

    /// How many stays take the night, and how many blocks: never more than one of them.
    pub fn holders_of(&self, night: Date) -> (usize, usize) {
        let stays = self
            .stays
            .values()
            .filter(|stay| stay.status.takes_nights() && stay.span().has(night));
        let blocks = self
            .blocks
            .values()
            .filter(|block| block.kind == BlockKind::OutOfOrder && block.span().has(night));
        (stays.count(), blocks.count())
    }

    /// The ledger of a room as read models tell it: without a last command, so there is nothing to undo.
    pub fn from_parts(
        stays: impl IntoIterator<Item = Stay>,
        blocks: impl IntoIterator<Item = Block>,
        retired: Option<Date>,
    ) -> Self {
        let mut ledger = Self {
            retired,
            ..Self::default()
        };
        for stay in stays {
            ledger.put_stay(stay.booking(), Some(stay));
        }
        for block in blocks {
            ledger.put_block(block.kind, block.from, Some(block));
        }
        ledger
    }
}
