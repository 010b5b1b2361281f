//! A plausible hotel, told by the commands that make it. Nothing here depends on anything but the arguments.

use shared::Date;
use shared::bookings::{BookRoom, CheckIn, Client, ClientId, ClientRef, Nights};
use shared::housekeeping::Cleanup;
use shared::rooms::{AddRoom, RoomId, RoomRef};

use super::dice::Dice;
use super::guests;
use super::plan::PlanError;

/// One of the commands that make a room's past and future, in an order in which none is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    AddRoom(AddRoom),
    BookRoom(BookRoom),
    Cleanup(Cleanup),
    CheckIn(CheckIn),
}

/// The commands of all rooms. Those of one room come one after the other.
pub(super) fn house(rooms: u32, nights: u16, today: Date) -> Result<Vec<Step>, PlanError> {
    let mut steps = Vec::new();
    for number in 1..=rooms {
        let id = RoomId::try_from(i64::from(number))?;
        steps.push(Step::AddRoom(room(id, rooms)?));
        stays(id, nights, today, &mut steps)?;
    }
    Ok(steps)
}

/// Room 1 is 101, and each floor has the same rooms one above the other.
fn room(id: RoomId, rooms: u32) -> Result<AddRoom, PlanError> {
    let on_a_floor = match rooms {
        0..=100 => 10,
        101..=500 => 25,
        _ => 50,
    };
    let (floor, door) = ((id.get() - 1) / on_a_floor, (id.get() - 1) % on_a_floor);
    let room_type = match door * 100 / on_a_floor {
        0..20 => "single",
        20..70 => "double",
        70..90 => "family",
        _ => "suite",
    };
    Ok(AddRoom {
        room: id.into(),
        name: format!("{}{:02}", floor + 1, door + 1).parse()?,
        room_type: room_type.parse()?,
        floor: i16::try_from(floor + 1).unwrap_or(i16::MAX),
    })
}

/// A stay to come, or past.
struct Stay {
    client: Client,
    arrival: Date,
    nights: Nights,
    arrived: bool,
}

impl Stay {
    fn departure(&self) -> Date {
        self.nights.departure(self.arrival)
    }
}

fn stays(id: RoomId, nights: u16, today: Date, steps: &mut Vec<Step>) -> Result<(), PlanError> {
    let room = RoomRef { id };
    // The same rooms have the same guests, however many rooms there are.
    let mut dice = Dice::new(u64::from(id.get()));
    let first_night = today.plus_days(-i32::from(nights / 6).min(10));
    let end = first_night.plus_days(i32::from(nights));
    let mut free_from = first_night.plus_days(below(&mut dice, 4));
    let mut slept_in: Option<Stay> = None;
    let mut guests = 0;
    while free_from < end {
        guests += 1;
        let arrival = free_from;
        let long = Nights::try_from(i64::from(5 + below(&mut dice, 8)))?;
        let nights = |number: i64| Nights::try_from(number);
        let short = [
            (24, Nights::ONE),
            (31, nights(2)?),
            (21, nights(3)?),
            (14, nights(4)?),
        ];
        let nights = dice.weighted(long, &short);
        let client = Client {
            id: ClientId::try_from(i64::from(id.get()) * 1_000 + guests)?,
            name: Some(guests::name(&mut dice)?),
        };
        // Some come late on the day of their arrival, and a few do not come at all.
        let arrived = arrival < today && dice.chance(98) || arrival == today && dice.chance(40);
        let stay = Stay {
            client,
            arrival,
            nights,
            arrived,
        };
        steps.push(Step::BookRoom(BookRoom {
            room,
            client: stay.client.clone(),
            date: arrival,
            nights,
            pinned: false,
        }));
        let gap = 3 + below(&mut dice, 3);
        free_from = stay
            .departure()
            .plus_days(dice.weighted(gap, &[(45, 0), (25, 1), (18, 2)]));
        if !stay.arrived {
            continue;
        }
        // The room has been made ready since the guest before.
        if let Some(before) = &slept_in {
            let date = before.departure();
            steps.push(Step::Cleanup(Cleanup { room, date }));
        }
        steps.push(Step::CheckIn(CheckIn {
            room,
            client: ClientRef { id: stay.client.id },
            date: arrival,
        }));
        slept_in = Some(stay);
    }
    // Today's round has come past some of the rooms.
    let used = slept_in.is_some_and(|stay| stay.arrival < today);
    if used && dice.chance(55) {
        steps.push(Step::Cleanup(Cleanup { room, date: today }));
    }
    Ok(())
}

fn below(dice: &mut Dice, limit: u64) -> i32 {
    i32::try_from(dice.below(limit)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use shared::bookings::{BookingEvent, RoomLedger};
    use shared::housekeeping::{CleanupLog, Housekeeping};
    use shared::rooms::{Room, RoomEvent};

    use super::*;

    /// What the rules make of a room's steps.
    #[derive(Default)]
    struct Told {
        room: Option<Room>,
        ledger: RoomLedger,
        cleanups: CleanupLog,
        nights: usize,
        types: HashSet<String>,
    }

    impl Told {
        fn tell(&mut self, step: &Step) {
            let room = self.room.as_ref();
            match step {
                Step::AddRoom(command) => {
                    for event in command.decide(None).unwrap() {
                        let RoomEvent::RoomAdded(added) = &event;
                        self.types.insert(added.room_type.to_string());
                        self.room = Room::evolve(None, &event);
                        self.ledger = RoomLedger::default();
                        self.cleanups = CleanupLog::default();
                    }
                }
                Step::BookRoom(command) => {
                    self.nights += usize::from(command.nights.get());
                    self.evolve(command.decide(room, &self.ledger).unwrap());
                }
                Step::CheckIn(command) => {
                    let events = command.decide(room, &self.ledger, &self.cleanups);
                    self.evolve(events.unwrap());
                }
                Step::Cleanup(command) => {
                    for event in command.decide(room).unwrap() {
                        self.cleanups = self.cleanups.clone().evolve(&event);
                    }
                }
            }
        }

        fn evolve(&mut self, events: Vec<BookingEvent>) {
            for event in events {
                self.ledger = std::mem::take(&mut self.ledger).evolve(&event, None);
            }
        }
    }

    fn today() -> Date {
        "2026-11-21".parse().unwrap()
    }

    #[test]
    fn no_step_is_refused_and_the_hotel_is_plausible() {
        let (rooms, nights) = (200, 60);
        let mut told = Told::default();
        let (mut in_house, mut dirty, mut arriving) = (0, 0, 0);
        let steps = house(rooms, nights, today()).unwrap();
        let by_room = steps.chunk_by(|_, next| !matches!(next, Step::AddRoom(_)));
        for steps in by_room {
            steps.iter().for_each(|step| told.tell(step));
            let occupied = told.ledger.occupied_before(today().plus_days(1));
            in_house += i32::from(occupied.is_some_and(|stay| stay.departure() > today()));
            let status = Housekeeping::on(today(), &told.cleanups, occupied);
            dirty += i32::from(status == Housekeeping::Dirty);
            arriving += steps
                .iter()
                .filter(|step| matches!(step, Step::BookRoom(book) if book.date == today()))
                .count();
        }
        let occupancy = told.nights * 100 / (rooms as usize * usize::from(nights));
        assert!((65..=78).contains(&occupancy), "{occupancy} %");
        assert!((80..=170).contains(&in_house), "{in_house} in house");
        assert!((30..=140).contains(&dirty), "{dirty} dirty");
        assert!((20..=90).contains(&arriving), "{arriving} arriving");
        assert_eq!(told.types.len(), 4);
    }

    #[test]
    fn more_rooms_leave_the_others_as_they_are() {
        let few = house(10, 30, today()).unwrap();
        assert_eq!(few, house(20, 30, today()).unwrap()[..few.len()]);
    }

    #[test]
    fn doors_are_numbered_by_floor() {
        let name = |id: i64, rooms| {
            let room = room(RoomId::try_from(id).unwrap(), rooms).unwrap();
            (room.name.to_string(), room.floor)
        };
        assert_eq!(name(1, 40), ("101".to_owned(), 1));
        assert_eq!(name(40, 40), ("410".to_owned(), 4));
        assert_eq!(name(1_000, 1_000), ("2050".to_owned(), 20));
    }
}
