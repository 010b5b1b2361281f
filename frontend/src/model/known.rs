//! All that a page of the staff knows, by the buckets that it is told in.

use shared::Timestamp;
use shared::rooms::RoomId;
use shared::subjects::{ROOMS, STAFF, STAYS};

use super::hotel::Hotel;
use super::replica::{EntryError, REMEMBERED};
use super::roster::Roster;
use super::snapshot::{Line, Snapshot};
use super::who::Who;

#[derive(Debug, Default)]
pub struct Known {
    pub hotel: Hotel,
    pub roster: Roster,
}

impl Known {
    /// What is remembered. A value that cannot be read, as of another version of the page, is left out.
    pub fn of(snapshot: Option<&Snapshot>) -> Self {
        let mut known = Self::default();
        for Line { view, key, json } in snapshot.into_iter().flat_map(Snapshot::lines) {
            let _left_out = known.apply(view, key, REMEMBERED, Some(json.as_bytes()));
        }
        known
    }

    /// Takes over an entry of the bucket `view` and returns the room it changed, if it did.
    ///
    /// # Errors
    /// When the entry cannot be read.
    pub fn apply(
        &mut self,
        view: &str,
        key: &str,
        revision: u64,
        value: Option<&[u8]>,
    ) -> Result<Option<RoomId>, EntryError> {
        match view {
            _ if view == ROOMS.name() => self.hotel.apply_room(key, revision, value),
            _ if view == STAYS.name() => self.hotel.apply_stay(key, revision, value),
            _ if view == STAFF.name() => self.roster.apply(key, revision, value).map(|()| None),
            _ => Ok(None),
        }
    }

    /// Forgets a bucket: a new snapshot begins.
    pub fn clear(&mut self, view: &str) {
        match view {
            _ if view == ROOMS.name() => self.hotel.clear_rooms(),
            _ if view == STAYS.name() => self.hotel.clear_stays(),
            _ if view == STAFF.name() => self.roster.clear(),
            _ => {}
        }
    }

    /// All of the bucket is there: what is only remembered of it is no more.
    pub fn all_is_told(&mut self, view: &str) {
        match view {
            _ if view == ROOMS.name() => self.hotel.all_rooms_are_told(),
            _ if view == STAYS.name() => self.hotel.all_stays_are_told(),
            _ if view == STAFF.name() => self.roster.all_are_told(),
            _ => {}
        }
    }

    /// What is known, to be remembered `until` then: it was true at the moment `at`. One's own undecided wishes are no part of it.
    pub fn snapshot(&self, who: &Who, at: Timestamp, until: Timestamp) -> Snapshot {
        let mut snapshot = Snapshot::new(who.clone(), at, until);
        snapshot.add(ROOMS.name(), self.hotel.room_texts());
        snapshot.add(STAYS.name(), self.hotel.stay_texts());
        snapshot.add(STAFF.name(), self.roster.texts());
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: &str = r#"{"id":1,"name":"101","type":"double","floor":1,
        "position":{"room":1,"room-booking":0,"room-cleanup":0}}"#;
    const STAY: &str = r#"{"room":1,"client":{"id":7,"name":"Ada"},"arrival":"2026-11-22","nights":2,"status":"booked","sequence":5}"#;

    fn snapshot() -> Snapshot {
        let mut known = Known::default();
        let room = known.apply("rooms", "1", 3, Some(ROOM.as_bytes()));
        assert!(room.unwrap().is_some());
        let stay = known.apply("stays", "1.7_2026-11-22", 4, Some(STAY.as_bytes()));
        assert!(stay.unwrap().is_some());
        let who = serde_json::from_str(r#"{"user":"anna","role":"manager"}"#).unwrap();
        let start = Timestamp::from_unix_milliseconds(0);
        let snapshot = known.snapshot(&who, start, start);
        Snapshot::of_text(&snapshot.to_text().unwrap()).unwrap()
    }

    #[test]
    fn a_page_begins_with_what_another_one_knew() {
        let known = Known::of(Some(&snapshot()));
        assert_eq!(known.hotel.rooms().count(), 1);
        let room = 1.try_into().unwrap();
        assert_eq!(known.hotel.stays_of(room).len(), 1);
    }

    #[test]
    fn what_is_no_longer_there_goes_when_the_bucket_has_told_everything() {
        let mut known = Known::of(Some(&snapshot()));
        // The bucket counts anew, and is believed.
        known.apply("rooms", "1", 1, Some(ROOM.as_bytes())).unwrap();
        known.all_is_told("rooms");
        known.all_is_told("stays");
        assert_eq!(known.hotel.rooms().count(), 1);
        let room = 1.try_into().unwrap();
        assert_eq!(known.hotel.stays_of(room), []);
    }

    #[test]
    fn what_another_version_of_the_page_kept_is_left_out() {
        let text = snapshot().to_text().unwrap();
        let text = text.replace("\"floor\":1", "\"storey\":1");
        let known = Known::of(Snapshot::of_text(&text).as_ref());
        assert_eq!(known.hotel.rooms().count(), 0);
    }
}
