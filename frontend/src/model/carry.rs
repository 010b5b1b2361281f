//! A stay in one's hand: where it would be if it were put down, whether it may be, and what would change.

use shared::Date;
use shared::bookings::{
    BookRoom, ChangeStay, Client, ClientId, Span, StayKey, StayStatus, StayView, SwapStays,
};
use shared::outcome::{Code, Refusal};
use shared::rooms::RoomId;

use super::hotel::{Hotel, ShownStay};
use super::row;
use super::wish::Wish;
use super::words;

/// Which part of a stay is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grip {
    /// All of it: it goes to another room, to other dates, or both.
    Whole,
    /// The day of arrival.
    Arrival,
    /// The day of departure.
    Departure,
}

/// Nights of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub room: RoomId,
    pub span: Span,
}

/// A stay that is being carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    pub key: StayKey,
    grip: Grip,
    /// The nights that it had when it was taken up.
    was: Span,
    /// Where it is held.
    pub at: Place,
}

/// What putting it down would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It is where it was.
    Nothing,
    /// This would be asked for.
    Do(Box<Wish>),
    /// It cannot be put down there, for this reason.
    No(Refusal),
}

impl Plan {
    /// The value of `data-fit`: whether the stay may be put down, alone or in exchange for others.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Nothing => "same",
            Self::Do(_) if self.is_swap() => "swap",
            Self::Do(_) => "free",
            Self::No(_) => "no",
        }
    }

    /// Whether others would go where the stay was.
    pub fn is_swap(&self) -> bool {
        matches!(self, Self::Do(wish) if matches!(**wish, Wish::Swap(_)))
    }
}

impl Carried {
    /// Takes the stay up, if it is there.
    pub fn take_up(hotel: &Hotel, key: StayKey, grip: Grip) -> Option<Self> {
        let stay = hotel.stay(key)?.view;
        let was = Span::new(stay.arrival, stay.nights);
        Some(Self {
            key,
            grip,
            was,
            at: Place {
                room: key.room,
                span: was,
            },
        })
    }

    /// Held over this date of the room. `offset` is how many days after the arrival it was gripped.
    #[must_use]
    pub fn over(self, room: RoomId, date: Date, offset: i32) -> Self {
        let Span { arrival, nights } = self.was;
        let departure = self.was.departure();
        let (room, span) = match self.grip {
            Grip::Whole => (room, Span::new(date.plus_days(-offset), nights)),
            Grip::Arrival => (self.key.room, self.between(date, departure)),
            Grip::Departure => (self.key.room, self.between(arrival, date)),
        };
        let at = Place { room, span };
        Self { at, ..self }
    }

    /// Held over another room.
    #[must_use]
    pub fn over_room(self, room: RoomId) -> Self {
        let at = Place { room, ..self.at };
        Self { at, ..self }
    }

    /// So many days later, or earlier.
    #[must_use]
    pub fn later(self, days: i32) -> Self {
        let Span { arrival, nights } = self.at.span;
        let span = Span::new(arrival.plus_days(days), nights);
        self.with(span)
    }

    /// So many nights longer, or shorter.
    #[must_use]
    pub fn longer(self, nights: i32) -> Self {
        let Span { arrival, .. } = self.at.span;
        let departure = self.at.span.departure().plus_days(nights);
        self.with(self.between(arrival, departure))
    }

    /// The nights between the two; those that it has where there are none, or more than a stay can have.
    fn between(self, arrival: Date, departure: Date) -> Span {
        Span::until(arrival, departure).unwrap_or(self.at.span)
    }

    fn with(self, span: Span) -> Self {
        let at = Place { span, ..self.at };
        Self { at, ..self }
    }
}

/// Whether the stay can have other nights, if not another room: it is not over.
pub fn is_movable(stay: &StayView) -> bool {
    matches!(
        stay.status,
        StayStatus::Tentative | StayStatus::Booked | StayStatus::InHouse
    )
}

/// What putting the stay down where it is held would do.
pub fn plan(hotel: &Hotel, carried: &Carried) -> Plan {
    let Carried { key, was, at, .. } = *carried;
    let is_elsewhere = at.room != key.room;
    if !is_elsewhere && at.span == was {
        return Plan::Nothing;
    }
    let changed = |now, before| (now != before).then_some(now);
    let change = Wish::Change(ChangeStay {
        room: key.room.into(),
        booking: key.booking,
        to: is_elsewhere.then(|| at.room.into()),
        date: changed(at.span.arrival, was.arrival),
        nights: (at.span.nights != was.nights).then_some(at.span.nights),
    });
    let refusal = match hotel.decide(&change) {
        Ok(_) => return Plan::Do(Box::new(change)),
        Err(refusal) => refusal,
    };
    let others = in_the_way(hotel, carried);
    if is_elsewhere && at.span == was && !others.is_empty() {
        let swap = Wish::Swap(SwapStays {
            room: key.room.into(),
            booking: key.booking,
            to: at.room.into(),
            others: others.iter().map(|other| other.view.booking()).collect(),
        });
        if hotel.decide(&swap).is_ok() {
            return Plan::Do(Box::new(swap));
        }
    }
    Plan::No(in_words(hotel, carried, &others, refusal))
}

/// The stays that have some of the nights over which it is held.
fn in_the_way(hotel: &Hotel, carried: &Carried) -> Vec<ShownStay> {
    let mut stays = stays_at(hotel, carried.at);
    stays.retain(|stay| stay.view.key() != carried.key);
    stays
}

fn stays_at(hotel: &Hotel, Place { room, span }: Place) -> Vec<ShownStay> {
    let mut stays = hotel.stays_of(room);
    stays.retain(|ShownStay { view, .. }| {
        view.arrival < span.departure() && span.arrival < view.departure()
    });
    stays
}

/// Why somebody new cannot have the nights, if that is so.
pub fn taken(hotel: &Hotel, place: Place) -> Option<Refusal> {
    let booking = Wish::Book(BookRoom {
        room: place.room.into(),
        client: Client {
            id: ClientId::MIN,
            name: None,
        },
        date: place.span.arrival,
        nights: place.span.nights,
        pinned: false,
    });
    let refusal = hotel.decide(&booking).err()?;
    // Whoever that will be, it is not this client.
    if refusal.is(Code::BookingExists) {
        return None;
    }
    let others = stays_at(hotel, place);
    Some(by_name(hotel, others.first(), refusal))
}

/// The rules know stays by their numbers; whoever moves one knows guests.
fn in_words(hotel: &Hotel, carried: &Carried, others: &[ShownStay], refusal: Refusal) -> Refusal {
    let guest = hotel.stay(carried.key).map(|stay| row::guest(&stay.view));
    let message = match guest {
        Some(guest) if refusal.is(Code::InHouse) => {
            format!("{guest} is in the house: only the day of departure can change.")
        }
        Some(guest) if refusal.is(Code::Pinned) => {
            let door = hotel.door(carried.key.room);
            format!("{guest} is pinned to room {door}: unpin the stay first.")
        }
        _ => return by_name(hotel, others.first(), refusal),
    };
    Refusal { message, ..refusal }
}

/// Who was first.
fn by_name(hotel: &Hotel, first: Option<&ShownStay>, refusal: Refusal) -> Refusal {
    let Some(ShownStay { view, .. }) = first.filter(|_| refusal.is(Code::RoomTaken)) else {
        return refusal;
    };
    let message = format!(
        "{} has room {} from {} to {}.",
        row::guest(view),
        hotel.door(view.room),
        words::day(view.arrival),
        words::day(view.departure())
    );
    Refusal { message, ..refusal }
}

/// What would be different, a line for each; or why it cannot be.
pub fn told(hotel: &Hotel, carried: &Carried, plan: &Plan) -> Vec<String> {
    let Carried { key, was, at, .. } = *carried;
    if let Plan::No(refusal) = plan {
        return vec![refusal.message.clone()];
    }
    let mut lines = Vec::new();
    let mut differs = |what: &str, before: String, now: String| {
        if before != now {
            lines.push(format!("{what}: {before} → {now}"));
        }
    };
    differs("Room", hotel.door(key.room), hotel.door(at.room));
    let room_type = |room| {
        let room = hotel.room(room);
        room.map_or_else(String::new, |room| words::room_type(&room.view.room_type))
    };
    differs("Type", room_type(key.room), room_type(at.room));
    differs(
        "Arrival",
        words::day(was.arrival),
        words::day(at.span.arrival),
    );
    let departure = |span: Span| words::day(span.departure());
    differs("Departure", departure(was), departure(at.span));
    differs("Nights", was.nights.to_string(), at.span.nights.to_string());
    if plan.is_swap() {
        for other in in_the_way(hotel, carried) {
            let room = hotel.door(key.room);
            lines.push(format!("{} → room {room}", row::guest(&other.view)));
        }
    }
    lines
}

/// The wish that takes back what `wish` is about to do, where the hotel cannot undo it because two rooms go on by then.
pub fn way_back(hotel: &Hotel, wish: &Wish) -> Option<Wish> {
    let from = wish.room();
    match wish {
        Wish::Change(command) => {
            let to = command.other_room()?;
            let booking = command.booking;
            let before = hotel
                .stay(StayKey {
                    room: from,
                    booking,
                })?
                .view;
            Some(Wish::Change(ChangeStay {
                room: to,
                booking,
                to: Some(from.into()),
                date: command.date.map(|_| before.arrival),
                nights: command.nights.map(|_| before.nights),
            }))
        }
        Wish::Swap(command) => Some(Wish::Swap(SwapStays {
            room: command.to,
            to: command.room,
            ..command.clone()
        })),
        _ => None,
    }
}
