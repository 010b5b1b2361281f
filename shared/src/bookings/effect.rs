//! What an event does to the nights of the house, told by the event alone.

use super::{BookingEvent, Span, StayStatus, Undone};
use crate::Date;
use crate::rooms::{BlockKind, RoomType};

/// How the counts of one night change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NightChange {
    /// More or fewer rooms that a stay takes.
    pub sold: i8,
    /// More or fewer rooms that are out of order.
    pub out_of_order: i8,
}

/// The nights and the status of a stay before and after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StayEffect {
    /// The nights it had, if the event changed them.
    pub before: Option<Span>,
    pub span: Span,
    pub status: StayStatus,
}

impl BookingEvent {
    /// What the event makes of its stay. `None` for events that are not about a stay.
    pub fn stay_effect(&self) -> Option<StayEffect> {
        let effect = |span, status| {
            Some(StayEffect {
                before: None,
                span,
                status,
            })
        };
        match self {
            Self::RoomBooked(event) => {
                effect(Span::new(event.arrival, event.nights), StayStatus::Booked)
            }
            Self::RoomHeld(event) => effect(
                Span::new(event.arrival, event.nights),
                StayStatus::Tentative,
            ),
            Self::HoldConfirmed(event)
            | Self::HoldExpired(event)
            | Self::BookingCancelled(event)
            | Self::StayPinned(event)
            | Self::StayUnpinned(event)
            | Self::GuestErased(event) => {
                effect(Span::new(event.arrival, event.nights), event.status)
            }
            Self::StayChanged(event) => Some(StayEffect {
                before: Some(event.before),
                span: Span::new(event.arrival, event.nights),
                status: event.status,
            }),
            Self::StayMovedOut(event) => {
                effect(Span::new(event.arrival, event.nights), StayStatus::Moved)
            }
            Self::StayMovedIn(event) => {
                effect(Span::new(event.arrival, event.nights), event.status)
            }
            Self::GuestCheckedIn(event) => {
                effect(Span::new(event.arrival, event.nights), StayStatus::InHouse)
            }
            Self::GuestCheckedOut(event) | Self::NoShowNoted(event) => Some(StayEffect {
                before: Some(Span::new(event.arrival, event.before)),
                span: Span::new(event.arrival, event.nights),
                status: if matches!(self, Self::NoShowNoted(_)) {
                    StayStatus::NoShow
                } else {
                    StayStatus::CheckedOut
                },
            }),
            Self::ChangeUndone(event) => match &event.undone {
                Undone::Stay(stay) => Some(StayEffect {
                    before: Some(Span::new(stay.was.arrival, stay.was.nights)),
                    span: Span::new(stay.is.arrival, stay.is.nights),
                    status: stay.is.status,
                }),
                Undone::Block(_) => None,
            },
            Self::RoomBlocked(_) | Self::RoomReleased(_) | Self::RoomRetired(_) => None,
        }
    }

    /// The nights of which a room less or more is sold or out of order, with the type of the room. Nights that stay as
    /// they are do not appear.
    pub fn changed_nights(&self) -> Option<(&RoomType, impl Iterator<Item = Date>)> {
        let (room_type, freed, taken, _) = self.freed_and_taken()?;
        let only_in = |one: Option<Span>, other: Option<Span>| {
            let nights = one.into_iter().flat_map(Span::dates);
            nights.filter(move |night| !other.is_some_and(|other| other.has(*night)))
        };
        Some((
            room_type,
            only_in(freed, taken).chain(only_in(taken, freed)),
        ))
    }

    /// How the counts of one night change.
    pub fn night_change(&self, night: Date) -> NightChange {
        let Some((_, freed, taken, kind)) = self.freed_and_taken() else {
            return NightChange::default();
        };
        let has = |span: Option<Span>| i8::from(span.is_some_and(|span| span.has(night)));
        let by = has(taken) - has(freed);
        match kind {
            Kind::Sold => NightChange {
                sold: by,
                out_of_order: 0,
            },
            Kind::OutOfOrder => NightChange {
                sold: 0,
                out_of_order: by,
            },
        }
    }

    fn freed_and_taken(&self) -> Option<(&RoomType, Option<Span>, Option<Span>, Kind)> {
        let span = Span::new;
        let sold = |room_type, freed, taken| Some((room_type, freed, taken, Kind::Sold));
        let blocked = |room_type, kind, freed, taken| match kind {
            BlockKind::OutOfOrder => Some((room_type, freed, taken, Kind::OutOfOrder)),
            BlockKind::OutOfService => None,
        };
        match self {
            Self::RoomBooked(event) => {
                let taken = span(event.arrival, event.nights);
                sold(&event.room_type, None, Some(taken))
            }
            Self::RoomHeld(event) => {
                let taken = span(event.arrival, event.nights);
                sold(&event.room_type, None, Some(taken))
            }
            Self::HoldExpired(event) | Self::BookingCancelled(event) => {
                let freed = span(event.arrival, event.nights);
                sold(&event.room_type, Some(freed), None)
            }
            Self::StayChanged(event) => {
                let taken = span(event.arrival, event.nights);
                sold(&event.room_type, Some(event.before), Some(taken))
            }
            Self::StayMovedOut(event) => {
                let freed = span(event.arrival, event.nights);
                sold(&event.room_type, Some(freed), None)
            }
            Self::StayMovedIn(event) => {
                let taken = span(event.arrival, event.nights);
                sold(&event.room_type, None, Some(taken))
            }
            Self::GuestCheckedOut(event) | Self::NoShowNoted(event) => {
                let freed = span(event.arrival, event.before);
                let taken = span(event.arrival, event.nights);
                sold(&event.room_type, Some(freed), Some(taken))
            }
            Self::RoomBlocked(event) => {
                let taken = event.block.span();
                blocked(&event.room_type, event.block.kind, None, Some(taken))
            }
            Self::RoomReleased(event) => {
                let freed = span(event.from, event.before);
                let kept = Span::until(event.from, event.date);
                blocked(&event.room_type, event.kind, Some(freed), kept)
            }
            Self::ChangeUndone(event) => match &event.undone {
                Undone::Stay(stay) => {
                    let nights = |state: &super::StayState| {
                        let taken = state.status.takes_nights();
                        taken.then(|| span(state.arrival, state.nights))
                    };
                    sold(&event.room_type, nights(&stay.was), nights(&stay.is))
                }
                Undone::Block(block) => {
                    let nights = |nights| span(block.from, nights);
                    let (was, is) = (block.was.map(nights), block.is.map(nights));
                    blocked(&event.room_type, block.kind, was, is)
                }
            },
            Self::HoldConfirmed(_)
            | Self::StayPinned(_)
            | Self::StayUnpinned(_)
            | Self::GuestCheckedIn(_)
            | Self::RoomRetired(_)
            | Self::GuestErased(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sold,
    OutOfOrder,
}
