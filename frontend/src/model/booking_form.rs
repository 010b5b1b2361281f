//! The fields of the booking dialog, read one by one.

use shared::Date;
use shared::bookings::{BookRoom, Client, ClientId, Nights};
use shared::rooms::RoomId;
use shared::text::Name;

use super::wish::Wish;

/// What stands in the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingForm {
    pub room: String,
    pub date: String,
    pub nights: String,
    /// The guest's name; may be empty.
    pub guest: String,
    /// The guest's number; may be empty.
    pub client: String,
}

/// A field of the form. The texts are the names of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Room,
    Date,
    Nights,
    Guest,
    Client,
}

impl Field {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Date => "date",
            Self::Nights => "nights",
            Self::Guest => "guest",
            Self::Client => "client",
        }
    }

    /// The field that a refusal is about, by its path in the command `book-room`.
    pub fn of_path(path: &str) -> Option<Self> {
        match path {
            "room" | "room.id" => Some(Self::Room),
            "date" => Some(Self::Date),
            "nights" => Some(Self::Nights),
            "client.name" => Some(Self::Guest),
            "client" | "client.id" => Some(Self::Client),
            _ => None,
        }
    }
}

/// What is wrong with a field, in a sentence for the one who fills it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: Field,
    pub message: String,
}

/// A booking that was refused, to be entered once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// What was entered. A guest without a number has the one that was new.
    pub form: BookingForm,
    pub wrong: FieldError,
}

impl Correction {
    /// `path` is what the refusal is about, `message` says why. `None` for what is not entered in this form.
    pub fn of(wish: &Wish, path: &str, message: &str) -> Option<Self> {
        let Wish::Book(command) = wish else {
            return None;
        };
        let name = command.client.name.as_ref();
        Some(Self {
            form: BookingForm {
                room: command.room.id.to_string(),
                date: command.date.to_string(),
                nights: command.nights.to_string(),
                guest: name.map(Name::to_string).unwrap_or_default(),
                client: command.client.id.to_string(),
            },
            wrong: FieldError {
                field: Field::of_path(path)?,
                message: message.to_owned(),
            },
        })
    }
}

impl BookingForm {
    /// The command that the form means. A guest without a number gets `new_client`.
    ///
    /// # Errors
    /// Every field that cannot be read.
    pub fn read(&self, new_client: ClientId) -> Result<BookRoom, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut note = |field, message: String| errors.push(FieldError { field, message });

        let room = self.room.trim().parse::<RoomId>();
        if let Err(error) = &room {
            let message = match self.room.trim() {
                "" => "Choose a room.".to_owned(),
                _ => sentence(&error.to_string()),
            };
            note(Field::Room, message);
        }
        let date = self.date.trim().parse::<Date>();
        if let Err(error) = &date {
            let message = match self.date.trim() {
                "" => "Choose the day of arrival.".to_owned(),
                _ => sentence(&error.to_string()),
            };
            note(Field::Date, message);
        }
        let nights = read_nights(&self.nights);
        if let Err(message) = &nights {
            note(Field::Nights, message.clone());
        }
        let name = match self.guest.trim() {
            "" => Ok(None),
            name => name.parse::<Name>().map(Some),
        };
        if let Err(error) = &name {
            note(Field::Guest, sentence(&error.to_string()));
        }
        let client = match self.client.trim() {
            "" => Ok(new_client),
            number => number.parse::<ClientId>(),
        };
        if let Err(error) = &client {
            note(Field::Client, sentence(&error.to_string()));
        }
        match (room, date, nights, name, client) {
            (Ok(room), Ok(date), Ok(nights), Ok(name), Ok(id)) => Ok(BookRoom {
                room: room.into(),
                client: Client { id, name },
                date,
                nights,
                pinned: false,
            }),
            _ => Err(errors),
        }
    }
}

fn read_nights(text: &str) -> Result<Nights, String> {
    let number: i64 = text
        .trim()
        .parse()
        .map_err(|_| "Write the number of nights in digits.".to_owned())?;
    Nights::try_from(number).map_err(|error| sentence(&error.to_string()))
}

/// `text` with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut text = format!("{text}.");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> BookingForm {
        BookingForm {
            room: "7".to_owned(),
            date: "2026-11-21".to_owned(),
            nights: "2".to_owned(),
            guest: " Ada Lovelace ".to_owned(),
            client: String::new(),
        }
    }

    fn new_client() -> ClientId {
        ClientId::try_from(99).unwrap()
    }

    #[test]
    fn a_guest_without_a_number_gets_a_new_one() {
        let command = form().read(new_client()).unwrap();
        assert_eq!(command.client.id, new_client());
        assert_eq!(command.client.name.unwrap().as_str(), "Ada Lovelace");
        let known = BookingForm {
            client: "12".to_owned(),
            guest: String::new(),
            ..form()
        };
        let command = known.read(new_client()).unwrap();
        assert_eq!(command.client.id.get(), 12);
        assert_eq!(command.client.name, None);
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut BookingForm), field: Field, message: &str) {
        let mut form = form();
        change(&mut form);
        let message = message.to_owned();
        assert_eq!(
            form.read(new_client()),
            Err(vec![FieldError { field, message }])
        );
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        refused(|form| form.room.clear(), Field::Room, "Choose a room.");
        refused(
            |form| form.date.clear(),
            Field::Date,
            "Choose the day of arrival.",
        );
        refused(
            |form| form.date = "2026-02-30".to_owned(),
            Field::Date,
            "2026-02-30 is not a day of the calendar.",
        );
        refused(
            |form| form.nights = "0".to_owned(),
            Field::Nights,
            "A stay has 1 to 730 nights, not 0.",
        );
        refused(
            |form| form.nights = "1.5".to_owned(),
            Field::Nights,
            "Write the number of nights in digits.",
        );
        refused(
            |form| form.guest = "x".repeat(300),
            Field::Guest,
            "A name has at most 200 characters, this one has 300.",
        );
        refused(
            |form| form.client = "-1".to_owned(),
            Field::Client,
            "A client's id is a whole number from 1 to 9007199254740991.",
        );
    }

    /// The same table is tried over HTTP and NATS (`backend/tests/backend/edges.rs`).
    #[test]
    fn what_is_wrong_is_said_as_at_every_other_edge() {
        let cases = include_str!("../../../shared/tests/bad_bookings.json");
        let cases: Vec<serde_json::Value> = serde_json::from_str(cases).unwrap();
        for case in &cases {
            let value = match &case["value"] {
                serde_json::Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            let field = Field::of_path(case["path"].as_str().unwrap()).unwrap();
            let change = |form: &mut BookingForm| match field {
                Field::Room => form.room = value,
                Field::Date => form.date = value,
                Field::Nights => form.nights = value,
                Field::Guest => form.guest = value,
                Field::Client => form.client = value,
            };
            refused(change, field, &sentence(case["message"].as_str().unwrap()));
        }
    }

    #[test]
    fn a_refused_booking_is_corrected_in_what_was_entered() {
        let command = form().read(new_client()).unwrap();
        let wish = Wish::Book(command.clone());
        let Correction { form, wrong } = Correction::of(&wish, "date", "Taken.").unwrap();
        assert_eq!(form.guest, "Ada Lovelace");
        assert_eq!(form.client, "99");
        assert_eq!(form.read(ClientId::MIN), Ok(command));
        assert_eq!((wrong.field, &*wrong.message), (Field::Date, "Taken."));
        assert_eq!(Correction::of(&wish, "command", "Taken."), None);
    }

    #[test]
    fn all_errors_are_told_at_once() {
        let errors = BookingForm::default().read(new_client()).unwrap_err();
        let fields: Vec<Field> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, [Field::Room, Field::Date, Field::Nights]);
    }
}
