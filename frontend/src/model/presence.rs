//! Who else looks at which stay, as far as was heard lately.

use shared::Timestamp;
use shared::bookings::StayKey;
use shared::identity::Actor;
use shared::presence::{GONE_AFTER_SECONDS, Presence};

/// What the others look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others(Vec<Other>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Other {
    actor: Actor,
    stay: StayKey,
    heard: Timestamp,
}

impl Others {
    /// Takes over what somebody says.
    pub fn hear(&mut self, actor: Actor, presence: Presence, now: Timestamp) {
        self.0.retain(|other| other.actor != actor);
        if let Some(stay) = presence.stay {
            let heard = now;
            self.0.push(Other { actor, stay, heard });
        }
    }

    /// Forgets whoever has said nothing for long. Says whether there was somebody.
    pub fn forget(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        let patience = i64::from(GONE_AFTER_SECONDS) * 1_000;
        self.0
            .retain(|other| now.unix_milliseconds() - other.heard.unix_milliseconds() < patience);
        self.0.len() < before
    }

    /// The names with which those log in who look at the stay.
    pub fn at(&self, stay: StayKey) -> Vec<String> {
        let others = self.0.iter().filter(|other| other.stay == stay);
        others.map(|other| other.actor.user.to_string()).collect()
    }

    /// The stays that somebody looks at.
    pub fn stays(&self) -> impl Iterator<Item = StayKey> {
        self.0.iter().map(|other| other.stay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(seconds * 1_000)
    }

    fn says(text: &str) -> Presence {
        text.parse().unwrap()
    }

    #[test]
    fn everybody_looks_at_one_stay_and_at_the_last_that_they_said() {
        let stay: StayKey = "1.7_2026-11-21".parse().unwrap();
        let (anna, max): (Actor, Actor) = (
            "frontdesk/anna".parse().unwrap(),
            "manager/max".parse().unwrap(),
        );
        let mut others = Others::default();
        others.hear(anna.clone(), says("1.7_2026-11-21?"), at(0));
        others.hear(max, says("1.7_2026-11-21"), at(1));
        assert_eq!(others.at(stay), ["anna", "max"]);
        others.hear(anna.clone(), says("2.8_2026-11-21"), at(2));
        assert_eq!(others.at(stay), ["max"]);
        others.hear(anna, says(""), at(3));
        assert_eq!(others.stays().collect::<Vec<_>>(), [stay]);
        assert!(!others.forget(at(25)));
        assert!(others.forget(at(26)), "whoever says nothing is gone");
        assert_eq!(others, Others::default());
    }
}
