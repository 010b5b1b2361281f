//! What the board knew last, as the browser keeps it for a start without a connection: a line that says whose it is and of when,
//! and then a line for each value of each view, as it came in.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use shared::Timestamp;

use super::who::Who;

/// What is remembered of a hotel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    head: Head,
    lines: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    who: Who,
    at: Timestamp,
    until: Timestamp,
}

/// A value of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The bucket's name.
    pub view: &'a str,
    pub key: &'a str,
    pub json: &'a str,
}

impl Snapshot {
    /// What `who` knew, which was true at the moment `at`, and may be shown `until` the session is over in any case. It has no
    /// values yet.
    pub fn new(who: Who, at: Timestamp, until: Timestamp) -> Self {
        Self {
            head: Head { who, at, until },
            lines: String::new(),
        }
    }

    /// Adds the values of a view.
    pub fn add<'a, K: Display + 'a>(
        &mut self,
        view: &str,
        values: impl Iterator<Item = (&'a K, &'a str)>,
    ) {
        for (key, json) in values {
            // In JSON a line may end between two tokens, and nowhere else.
            let json = json.replace(['\r', '\n'], " ");
            self.lines.push_str(&format!("{view} {key} {json}\n"));
        }
    }

    /// Whose it is.
    pub fn who(&self) -> &Who {
        &self.head.who
    }

    /// When all of it was true.
    pub fn at(&self) -> Timestamp {
        self.head.at
    }

    /// Whether the session was over in any case at the moment `now`: nobody has to be asked about that.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.head.until
    }

    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.lines().filter_map(|line| {
            let (view, rest) = line.split_once(' ')?;
            let (key, json) = rest.split_once(' ')?;
            Some(Line { view, key, json })
        })
    }

    /// The text to keep.
    ///
    /// # Errors
    /// None that the types allow; `serde_json` cannot know.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        Ok(format!(
            "{}\n{}",
            serde_json::to_string(&self.head)?,
            self.lines
        ))
    }

    /// Reads such a text; `None` for one that is none, such as that of another version of this page.
    pub fn of_text(text: &str) -> Option<Self> {
        let (head, lines) = text.split_once('\n')?;
        let head = serde_json::from_str(head).ok()?;
        let lines = lines.to_owned();
        Some(Self { head, lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Who {
        let json = r#"{"user":"anna","name":"Anna\nBerg","role":"front-desk","hotel":"main","renew_in":1,"expires_in":2}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let at = Timestamp::from_unix_milliseconds(1_700_000_000_000);
        let until = Timestamp::from_unix_milliseconds(at.unix_milliseconds() + 1_000);
        let mut snapshot = Snapshot::new(anna(), at, until);
        let rooms = [
            (1, r#"{"name":"a b"}"#),
            (2, "{\r\n  \"name\": \"<b>\\n🛏\"\n}"),
        ];
        snapshot.add("rooms", rooms.iter().map(|(key, json)| (key, *json)));
        snapshot.add("stays", std::iter::empty::<(&u8, &str)>());
        let read = Snapshot::of_text(&snapshot.to_text().unwrap()).unwrap();
        assert_eq!(read, snapshot);
        assert!(read.who().is_same_as(&anna()) && read.at() == at);
        assert!(!read.is_over(at) && read.is_over(until));
        let lines: Vec<Line<'_>> = read.lines().collect();
        let keys: Vec<_> = lines.iter().map(|line| (line.view, line.key)).collect();
        assert_eq!(keys, [("rooms", "1"), ("rooms", "2")]);
        let room: serde_json::Value = serde_json::from_str(lines[1].json).unwrap();
        assert_eq!(room["name"], "<b>\n🛏");
    }

    #[test]
    fn what_is_no_snapshot_is_none() {
        for text in ["", "{}", "{}\n", "rooms 1 {}\nrooms 2 {}\n"] {
            assert_eq!(Snapshot::of_text(text), None, "{text:?}");
        }
        let start = Timestamp::from_unix_milliseconds(0);
        let text = Snapshot::new(anna(), start, start);
        let text = text.to_text().unwrap();
        let broken = Snapshot::of_text(&format!("{text}rooms\nrooms 1\n")).unwrap();
        assert_eq!(broken.lines().count(), 0);
    }
}
