//! A small hotel, in which commands are written in words.

use std::collections::BTreeMap;

use shared::bookings::{
    BookRoom, BookingEvent, BookingId, Cancel, ChangeStay, CheckIn, CheckOut, Client, ClientRef,
    Confirm, ExpireHold, Hold, HoldMinutes, Nights, NoShow, Pin, RoomLedger, Side, SwapStays, Undo,
    Unpin,
};
use shared::housekeeping::{
    Cleanup, CleanupEvent, CleanupLog, FailCleanup, Inspect, RequestCleanup,
};
use shared::outcome::Refusal;
use shared::rooms::{
    BackInOrder, BackInService, OutOfOrder, OutOfService, RetireRoom, Room, RoomRef,
};
use shared::{Date, Timestamp};

/// What was appended to one of the streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    Booking(BookingEvent),
    Cleanup(CleanupEvent),
}

#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Book(BookRoom),
    Hold(Hold),
    Confirm(Confirm),
    Expire(ExpireHold),
    Cancel(Cancel),
    Change(ChangeStay),
    Swap(SwapStays),
    Pin(Pin),
    Unpin(Unpin),
    CheckIn(CheckIn),
    CheckOut(CheckOut),
    NoShow(NoShow),
    Retire(RetireRoom),
    OutOfOrder(OutOfOrder),
    OutOfService(OutOfService),
    BackInOrder(BackInOrder),
    BackInService(BackInService),
    Undo(Undo),
    Cleanup(Cleanup),
    Inspect(Inspect),
    Fail(FailCleanup),
    Request(RequestCleanup),
}

/// Three double rooms: 101, 102 and 103, which are rooms 1, 2 and 3 in the books.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) ledgers: BTreeMap<RoomRefKey, RoomLedger>,
    pub(crate) cleanups: BTreeMap<RoomRefKey, CleanupLog>,
    pub(crate) events: Vec<BookingEvent>,
    /// Minutes since noon of 1 December 2022.
    pub(crate) minutes: u16,
    commands: usize,
}

type RoomRefKey = u32;

pub(crate) const ROOMS: u32 = 3;

pub(crate) fn room(id: u32) -> RoomRef {
    RoomRef {
        id: i64::from(id).try_into().unwrap(),
    }
}

/// A day of December 2022.
pub(crate) fn day(day: i32) -> Date {
    Date::new(2022, 12, 1).unwrap().plus_days(day - 1)
}

pub(crate) fn nights(number: i64) -> Nights {
    number.try_into().unwrap()
}

pub(crate) fn client(id: i64) -> Client {
    Client {
        id: id.try_into().unwrap(),
        name: None,
    }
}

/// The booking of a client who first wanted to arrive on that day.
pub(crate) fn booking(id: i64, arrival: i32) -> BookingId {
    BookingId {
        client: client(id).id,
        arrival: day(arrival),
    }
}

impl World {
    pub(crate) fn ledger(&self, room: u32) -> RoomLedger {
        self.ledgers.get(&room).cloned().unwrap_or_default()
    }

    pub(crate) fn log(&self, room: u32) -> CleanupLog {
        self.cleanups.get(&room).cloned().unwrap_or_default()
    }

    pub(crate) fn now(&self) -> Timestamp {
        let noon: Timestamp = "2022-12-01T12:00:00Z".parse().unwrap();
        noon.plus_minutes(self.minutes)
    }

    pub(crate) fn decide(&self, wish: &Wish) -> Result<Vec<Happened>, Refusal> {
        let here = wish.room();
        let (ledger, log) = (&self.ledger(here), &self.log(here));
        let known = there(here);
        let room = known.as_ref();
        let booked: Vec<BookingEvent> = match wish {
            Wish::Book(command) => command.decide(room, ledger)?,
            Wish::Hold(command) => command.decide(room, ledger, self.now())?,
            Wish::Confirm(command) => command.decide(room, ledger)?,
            Wish::Expire(command) => command.decide(room, ledger)?,
            Wish::Cancel(command) => command.decide(room, ledger)?,
            Wish::Change(command) => match command.other_room() {
                None => command.decide(room, ledger)?,
                Some(to) => {
                    let other = self.other_side(to);
                    let moved = command.decide_move(to, Side { room, ledger }, other.side())?;
                    [moved.here, moved.there].concat()
                }
            },
            Wish::Swap(command) => {
                let other = self.other_side(command.to);
                let moved = command.decide(Side { room, ledger }, other.side())?;
                [moved.here, moved.there].concat()
            }
            Wish::Pin(command) => command.decide(room, ledger)?,
            Wish::Unpin(command) => command.decide(room, ledger)?,
            Wish::CheckIn(command) => command.decide(room, ledger, log)?,
            Wish::CheckOut(command) => command.decide(room, ledger)?,
            Wish::NoShow(command) => command.decide(room, ledger)?,
            Wish::Retire(command) => command.decide(room, ledger)?,
            Wish::OutOfOrder(command) => command.decide(room, ledger)?,
            Wish::OutOfService(command) => command.decide(room, ledger)?,
            Wish::BackInOrder(command) => command.decide(room, ledger)?,
            Wish::BackInService(command) => command.decide(room, ledger)?,
            Wish::Undo(command) => command.decide(room, ledger, self.now())?,
            Wish::Cleanup(_) | Wish::Inspect(_) | Wish::Fail(_) | Wish::Request(_) => Vec::new(),
        };
        let cleaned = match wish {
            Wish::Cleanup(command) => command.decide(room)?,
            Wish::Inspect(command) => command.decide(room, log, ledger.occupied())?,
            Wish::Fail(command) => command.decide(room)?,
            Wish::Request(command) => command.decide(room)?,
            _ => Vec::new(),
        };
        let booked = booked.into_iter().map(Happened::Booking);
        Ok(booked
            .chain(cleaned.into_iter().map(Happened::Cleanup))
            .collect())
    }

    fn other_side(&self, room: RoomRef) -> OtherSide {
        let id = room.id.get();
        OtherSide {
            room: there(id),
            ledger: self.ledger(id),
        }
    }

    /// The id of the command that was done last.
    pub(crate) fn last_command(&self) -> String {
        format!("c{}", self.commands)
    }

    pub(crate) fn apply(&mut self, events: Vec<Happened>) {
        self.commands += 1;
        let command = self.last_command();
        for event in events {
            match event {
                Happened::Booking(event) => {
                    let id = event.room().id.get();
                    let ledger = self.ledger(id).evolve(&event, Some(&command));
                    self.ledgers.insert(id, ledger);
                    self.events.push(event);
                }
                Happened::Cleanup(event) => {
                    let id = event.room().get();
                    let log = self.log(id).evolve(&event);
                    self.cleanups.insert(id, log);
                }
            }
        }
    }
}

/// The other room of a move.
struct OtherSide {
    room: Option<Room>,
    ledger: RoomLedger,
}

impl OtherSide {
    fn side(&self) -> Side<'_> {
        Side {
            room: self.room.as_ref(),
            ledger: &self.ledger,
        }
    }
}

pub(crate) fn there(id: u32) -> Option<Room> {
    (id <= ROOMS).then(|| Room {
        name: format!("10{id}").parse().unwrap(),
        room_type: "double".parse().unwrap(),
        floor: 1,
    })
}

impl Wish {
    pub(crate) fn room(&self) -> u32 {
        let room = match self {
            Self::Book(command) => command.room,
            Self::Hold(command) => command.room,
            Self::Confirm(command) => command.room,
            Self::Expire(command) => command.room,
            Self::Cancel(command) => command.room,
            Self::Change(command) => command.room,
            Self::Swap(command) => command.room,
            Self::Pin(command) => command.room,
            Self::Unpin(command) => command.room,
            Self::CheckIn(command) => command.room,
            Self::CheckOut(command) => command.room,
            Self::NoShow(command) => command.room,
            Self::Retire(command) => command.room,
            Self::OutOfOrder(command) => command.room,
            Self::OutOfService(command) => command.room,
            Self::BackInOrder(command) => command.room,
            Self::BackInService(command) => command.room,
            Self::Undo(command) => command.room,
            Self::Cleanup(command) => command.room,
            Self::Inspect(command) => command.room,
            Self::Fail(command) => command.room,
            Self::Request(command) => command.room,
        };
        room.id.get()
    }

    /// Reads a command about room 1, or about the room at the end (`… in 2`).
    pub(crate) fn read(text: &str, world: &World) -> Self {
        let (words, id) = text.split_once(" in ").unwrap_or((text, "1"));
        let room = room(id.parse().unwrap());
        let words: Vec<&str> = words.split(' ').collect();
        let number = |index: usize| words[index].parse::<i64>().unwrap();
        let date = |index: usize| day(i32::try_from(number(index)).unwrap());
        // `1_12`: the booking of client 1 who first wanted to arrive on the 12th.
        let read_stay = |word: &str| {
            let (client, arrival) = word.split_once('_').unwrap();
            booking(client.parse().unwrap(), arrival.parse().unwrap())
        };
        let stay = || read_stay(words[1]);
        let other_room = |index: usize| RoomRef {
            id: number(index).try_into().unwrap(),
        };
        let reason = || words[3..].join(" ").parse().unwrap();
        match words[0] {
            "book" | "book-pinned" => Self::Book(BookRoom {
                room,
                client: client(number(1)),
                date: date(2),
                nights: nights(number(3)),
                pinned: words[0] == "book-pinned",
            }),
            "hold" => Self::Hold(Hold {
                room,
                client: client(number(1)),
                date: date(2),
                nights: nights(number(3)),
                minutes: HoldMinutes::default(),
            }),
            "confirm" => Self::Confirm(Confirm {
                room,
                booking: stay(),
            }),
            "expire-hold" => {
                let ledger = world.ledger(room.id.get());
                let until = ledger.stay(stay()).and_then(|stay| stay.until);
                Self::Expire(ExpireHold {
                    room,
                    booking: stay(),
                    until: until.unwrap_or_else(|| world.now()),
                })
            }
            "cancel" => Self::Cancel(Cancel {
                room,
                booking: stay(),
            }),
            "change" => Self::Change(ChangeStay {
                room,
                booking: stay(),
                to: None,
                date: Some(date(2)),
                nights: Some(nights(number(3))),
            }),
            "move" => Self::Change(ChangeStay {
                room,
                booking: stay(),
                to: Some(other_room(2)),
                date: None,
                nights: None,
            }),
            "swap" => Self::Swap(SwapStays {
                room,
                booking: stay(),
                to: other_room(2),
                others: words[3..].iter().copied().map(read_stay).collect(),
            }),
            "pin" => Self::Pin(Pin {
                room,
                booking: stay(),
            }),
            "unpin" => Self::Unpin(Unpin {
                room,
                booking: stay(),
            }),
            "checkin" => Self::CheckIn(CheckIn {
                room,
                client: ClientRef {
                    id: client(number(1)).id,
                },
                date: date(2),
            }),
            "checkout" => Self::CheckOut(CheckOut {
                room,
                booking: stay(),
                date: date(2),
            }),
            "no-show" => Self::NoShow(NoShow {
                room,
                booking: stay(),
                date: date(2),
            }),
            "retire" => Self::Retire(RetireRoom {
                room,
                date: date(1),
            }),
            "out-of-order" => Self::OutOfOrder(OutOfOrder {
                room,
                date: date(1),
                nights: nights(number(2)),
                reason: reason(),
            }),
            "out-of-service" => Self::OutOfService(OutOfService {
                room,
                date: date(1),
                nights: nights(number(2)),
                reason: reason(),
            }),
            "back-in-order" => Self::BackInOrder(BackInOrder {
                room,
                from: date(1),
                date: date(2),
            }),
            "back-in-service" => Self::BackInService(BackInService {
                room,
                from: date(1),
                date: date(2),
            }),
            "undo" => Self::Undo(Undo {
                room,
                command: match words.get(1) {
                    Some(id) => id.parse().unwrap(),
                    None => world.last_command().parse().unwrap(),
                },
            }),
            "cleanup" => Self::Cleanup(Cleanup {
                room,
                date: date(1),
            }),
            "inspect" => Self::Inspect(Inspect {
                room,
                date: date(1),
            }),
            "fail-cleanup" => Self::Fail(FailCleanup {
                room,
                date: date(1),
                note: words[2..].join(" ").parse().unwrap(),
            }),
            "request-cleanup" => Self::Request(RequestCleanup {
                room,
                date: date(1),
            }),
            other => panic!("no such command: {other}"),
        }
    }
}

/// The hotel after a story, all of which is done. `wait 20` lets twenty minutes pass.
#[track_caller]
pub(crate) fn given<'a>(story: impl IntoIterator<Item = &'a str>) -> World {
    let mut world = World::default();
    for text in story {
        if let Some(minutes) = text.strip_prefix("wait ") {
            world.minutes += minutes.parse::<u16>().unwrap();
            continue;
        }
        let wish = Wish::read(text, &world);
        match world.decide(&wish) {
            Ok(events) => world.apply(events),
            Err(refusal) => panic!("{text}: {}", refusal.message),
        }
    }
    world
}

/// The command is done; the hotel after it is returned.
#[track_caller]
pub(crate) fn done(mut world: World, text: &str) -> World {
    let wish = Wish::read(text, &world);
    match world.decide(&wish) {
        Ok(events) => world.apply(events),
        Err(refusal) => panic!("{text}: {}", refusal.message),
    }
    world
}

/// The command is refused, with this code, about this field, in this sentence.
#[track_caller]
pub(crate) fn refused(world: &World, text: &str, code: &str, field: &str, message: &str) {
    match world.decide(&Wish::read(text, world)) {
        Ok(events) => panic!("{text}: not refused, but {events:?}"),
        Err(refusal) => {
            let found = (refusal.code.as_ref(), refusal.field.as_deref());
            assert_eq!(
                (found, refusal.message.as_str()),
                ((code, Some(field)), message)
            );
        }
    }
}

/// The stays that take nights of the room, as `booking status from-until`.
pub(crate) fn calendar(world: &World, room: u32) -> Vec<String> {
    let ledger = world.ledger(room);
    let mut stays: Vec<_> = ledger
        .stays()
        .filter(|stay| stay.status.takes_nights())
        .collect();
    stays.sort_by_key(|stay| stay.arrival);
    let short = |date: Date| date.civil().2;
    stays
        .into_iter()
        .map(|stay| {
            format!(
                "{}_{} {} {}-{}",
                stay.client.id,
                short(stay.booked),
                stay.status.as_str(),
                short(stay.arrival),
                short(stay.departure())
            )
        })
        .collect()
}
