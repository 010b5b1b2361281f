//! The rooms as housekeeping goes through them.

use shared::Date;
use shared::bookings::Span;
use shared::housekeeping::{
    Cleanup, FailCleanup, FailedCleanup, Housekeeping, Inspect, RequestCleanup,
};
use shared::rooms::{RoomId, RoomRef, RoomView};
use shared::text::Note;

use super::errand::Progress;
use super::hotel::Hotel;
use super::lines::natural;
use super::wish::Wish;
use super::words;

/// A room on housekeeping's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chore {
    pub room: RoomId,
    pub name: String,
    /// Its type and floor.
    pub about: String,
    pub housekeeping: Housekeeping,
    pub stage: Stage,
    /// How far one's own wish is that the mark shows and that is not decided yet.
    pub pending: Option<Progress>,
    /// Whether the guest stays or has gone. No more is known here, and no name.
    pub note: Option<String>,
    /// Why it could not be cleaned, as long as it has not been since.
    pub trouble: Option<String>,
}

/// What there is to do about a room, in the order in which it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    ToClean,
    /// It was cleaned, and nobody has looked since.
    ToInspect,
    Ready,
}

impl Stage {
    pub const ALL: [Self; 3] = [Self::ToClean, Self::ToInspect, Self::Ready];

    /// The value of `data-stage`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToClean => "to-clean",
            Self::ToInspect => "to-inspect",
            Self::Ready => "ready",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::ToClean => "After that",
            Self::ToInspect => "To be inspected",
            Self::Ready => "Clean",
        }
    }
}

/// Something that can be done about a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Clean,
    Inspect,
    /// What is wrong is said in a dialog.
    Problem,
    /// It is to be cleaned once more.
    Again,
}

impl Act {
    /// What can be done at this stage. The first is what one is most likely here for.
    pub const fn at(stage: Stage) -> &'static [Self] {
        match stage {
            Stage::ToClean => &[Self::Clean, Self::Problem],
            Stage::ToInspect => &[Self::Inspect, Self::Problem],
            Stage::Ready => &[Self::Again],
        }
    }

    /// The value of `data-action`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Inspect => "inspect",
            Self::Problem => "problem",
            Self::Again => "again",
        }
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::Clean => "Done",
            Self::Inspect => "Passed",
            Self::Problem => "Problem",
            Self::Again => "Clean again",
        }
    }

    /// The same for those who do not see of which room it is. It begins alike: whoever speaks to the page says what they read.
    pub fn label(self, door: &str) -> String {
        format!("{}: room {door}", self.text())
    }

    /// `None` for what needs more words.
    pub fn wish(self, room: RoomId, date: Date) -> Option<Wish> {
        let room = RoomRef::from(room);
        match self {
            Self::Clean => Some(Wish::Clean(Cleanup { room, date })),
            Self::Inspect => Some(Wish::Inspect(Inspect { room, date })),
            Self::Again => Some(Wish::RequestCleanup(RequestCleanup { room, date })),
            Self::Problem => None,
        }
    }
}

/// That the room could not be cleaned, or did not pass, with what somebody has typed about it. New lines become spaces.
///
/// # Errors
/// When that is no note; what to do about it.
pub fn problem(room: RoomId, date: Date, typed: &str) -> Result<Wish, String> {
    let text = typed.replace(['\r', '\n', '\t'], " ");
    let text = text.trim();
    let length = text.chars().count();
    let note = text.parse::<Note>().map_err(|_| match length {
        0 => "Say in a few words what is wrong.".to_owned(),
        _ if length > Note::MAX_LENGTH => {
            let over = u32::try_from(length - Note::MAX_LENGTH).unwrap_or(u32::MAX);
            let over = words::count(over, "character", "characters");
            format!("It is {over} too long: leave out what can be told later.")
        }
        _ => "There is a character in it that cannot be shown: type it anew.".to_owned(),
    })?;
    let room = RoomRef::from(room);
    Ok(Wish::FailCleanup(FailCleanup { room, date, note }))
}

/// The room's mark. A cleaning that failed shows until the room is clean, although the hotel asks for it anew at once.
pub fn mark(room: &RoomView, today: Date) -> Housekeeping {
    match room.housekeeping(today) {
        Housekeeping::Asked if trouble(room, today).is_some() => Housekeeping::Failed,
        mark => mark,
    }
}

/// Why the room could not be cleaned, as long as it has not been since.
pub fn trouble(room: &RoomView, today: Date) -> Option<&Note> {
    let failed = room.failed.as_ref();
    let is_due = |failed: &&FailedCleanup| failed.date <= today;
    failed.filter(is_due).map(|failed| &failed.note)
}

/// All rooms, in the order in which one goes through them: by stage and, of those to clean, what waits for the next guest before
/// what its guest comes back to, and last what could not be done; then by floor and door.
pub fn chores(hotel: &Hotel, today: Date) -> Vec<Chore> {
    let rooms = hotel.rooms().filter(|room| room.is_there_on(today));
    let rooms = rooms.filter_map(|room| hotel.room(room.id));
    let mut chores: Vec<((Stage, Turn, i16), Chore)> = rooms
        .map(|room| {
            let (view, pending) = (room.view, room.pending);
            let housekeeping = mark(&view, today);
            let stage = match housekeeping {
                Housekeeping::Dirty | Housekeeping::Asked | Housekeeping::Failed => Stage::ToClean,
                Housekeeping::Clean if view.cleaned.is_some() => Stage::ToInspect,
                Housekeeping::Clean | Housekeeping::Inspected => Stage::Ready,
            };
            let chore = Chore {
                room: view.id,
                about: format!(
                    "{}, floor {}",
                    words::room_type(&view.room_type),
                    view.floor
                ),
                name: view.name.to_string(),
                housekeeping,
                stage,
                pending,
                note: view.occupied.and_then(|occupied| note(occupied, today)),
                trouble: trouble(&view, today).map(Note::to_string),
            };
            let turn = Turn::of(housekeeping, view.occupied, today);
            ((stage, turn, view.floor), chore)
        })
        .collect();
    chores.sort_unstable_by(|(a_place, a), (b_place, b)| {
        let by_door = || natural(&a.name, &b.name);
        a_place
            .cmp(b_place)
            .then_with(by_door)
            .then(a.room.cmp(&b.room))
    });
    chores.into_iter().map(|(_, chore)| chore).collect()
}

/// When it is the turn of a room that is to be cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// Nobody is in the room any more, or somebody has asked for it.
    Now,
    /// The guest leaves today.
    WhenLeft,
    /// The guest stays.
    Later,
    /// Somebody was there, and could not do it.
    Last,
}

impl Turn {
    fn of(housekeeping: Housekeeping, occupied: Option<Span>, today: Date) -> Self {
        let left_on = occupied.map(Span::departure);
        match housekeeping {
            Housekeeping::Failed => Self::Last,
            Housekeeping::Dirty if left_on == Some(today) => Self::WhenLeft,
            Housekeeping::Dirty if left_on.is_some_and(|left_on| left_on > today) => Self::Later,
            _ => Self::Now,
        }
    }
}

fn note(occupied: Span, today: Date) -> Option<String> {
    let departure = occupied.departure();
    let is_there = occupied.arrival <= today;
    match departure.days_since(today) {
        1.. if is_there => Some(format!("Guest stays until {}", words::day(departure))),
        0 if is_there => Some("Guest leaves today".to_owned()),
        ..0 => Some(format!("Guest left on {}", words::day(departure))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
