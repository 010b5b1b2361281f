//! Commands that are not decided yet, as the browser keeps them over a reload: one entry each, so that two tabs never
//! overwrite each other's.

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::cloud_event::MessageId;
use shared::identity::Actor;

use super::errand::{Left, Posted};
use super::wish::Wish;

/// What is kept of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub wish: Wish,
    /// When somebody asked for it.
    pub sent: Timestamp,
    pub posted: Posted,
}

/// The name of a command's entry.
pub fn name(hotel: &str, actor: &Actor, id: &MessageId) -> String {
    format!("{}{id}", prefix(hotel, actor))
}

/// The command of the entry, if it is one of the actor's in this hotel.
pub fn id(hotel: &str, actor: &Actor, name: &str) -> Option<MessageId> {
    name.strip_prefix(&prefix(hotel, actor))?.parse().ok()
}

/// Whoever else uses the board, with another role, or that of another hotel, must not follow, nor see, what is pending here.
fn prefix(hotel: &str, actor: &Actor) -> String {
    format!("vacancy.pending.{hotel}.{actor}.")
}

impl Kept {
    /// What an errand has to know of it on the moment `now`.
    pub fn left(&self, now: Timestamp) -> Left {
        Left {
            posted: self.posted,
            age_ms: now.unix_milliseconds() - self.sent.unix_milliseconds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::housekeeping::Cleanup;
    use shared::rooms::RoomId;

    use super::*;

    #[test]
    fn an_entry_is_found_by_its_own_user_alone() {
        let actor = |text: &str| text.parse::<Actor>().unwrap();
        let (anna, command) = (actor("frontdesk/anna"), "c1".parse::<MessageId>().unwrap());
        let name = name("main", &anna, &command);
        assert_eq!(id("main", &anna, &name), Some(command));
        assert_eq!(id("main", &actor("frontdesk/an"), &name), None);
        assert_eq!(id("main", &actor("housekeeping/anna"), &name), None);
        assert_eq!(id("sea", &anna, &name), None);
        assert_eq!(id("main", &anna, "theme"), None);
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let kept = Kept {
            wish: Wish::Clean(Cleanup {
                room: RoomId::try_from(7).unwrap().into(),
                date: "2026-11-21".parse().unwrap(),
            }),
            sent: Timestamp::from_unix_milliseconds(1_000),
            posted: Posted::Accepted,
        };
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"wish":{"clean":{"room":{"id":7},"date":"2026-11-21"}},"#,
                r#""sent":"1970-01-01T00:00:01.000Z","posted":"accepted"}"#
            )
        );
        assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), kept);
        let left = kept.left(Timestamp::from_unix_milliseconds(61_000));
        assert_eq!((left.posted, left.age_ms), (Posted::Accepted, 60_000));
    }
}
