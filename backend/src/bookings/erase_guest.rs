//! The command `erase-guest`: in every room where the guest was, the name goes from the stays; then the key goes that opens it
//! in the events.

use futures_util::stream::{self, StreamExt};
use jetstream_es::{Cause, KeyError};
use serde::{Deserialize, Serialize};
use shared::bookings::{BookingRefusal, ClientId, EraseGuest, RoomLedger};
use shared::outcome::Refusal;
use shared::rooms::{RoomId, RoomRef};

use super::key_of;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};
use crate::rooms::{self, AllRooms, TheHouse};

/// How many ledgers are compared with the leader at the same time.
const ABREAST: usize = 16;

/// What an erasure is about. It is kept before anything is done, so that the command is about the same when it comes again: not
/// about a key that the guest was given since.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "erases", rename_all = "kebab-case")]
enum Plan {
    Stays {
        /// Where the guest was.
        rooms: Vec<RoomId>,
        /// The revision of the guest's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<u64>,
    },
    Nothing {
        refusal: Refusal,
    },
}

/// What the plan is called among the command's choices.
const PLAN: &str = "erasure";

impl Handle for EraseGuest {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let plan = match hotel.choices.find(cause, PLAN).await {
            Ok(Some(plan)) => plan,
            Ok(None) => {
                let plan = plan(self, hotel).await?;
                let kept = hotel.choices.keep(cause, PLAN, plan).await;
                kept.map_err(NotDone::from_choice)?
            }
            Err(error) => return Err(NotDone::from_choice(error)),
        };
        let (rooms, key) = match plan {
            Plan::Stays { rooms, key } => (rooms, key),
            Plan::Nothing { refusal } => return Err(NotDone::Refused(refusal)),
        };
        let mut done: Option<Done> = None;
        for id in rooms {
            let room = RoomRef { id };
            let decide = |known: Option<&_>, ledger: &RoomLedger| self.decide(room, known, ledger);
            let decided = hotel.decide_on_nights(room, cause, decide).await?;
            // Of several, one that has changed something is told of.
            done = done.filter(|done| done.view.is_some()).or(Some(decided));
        }
        // Last of all: until here the command can be done again.
        if let Some(revision) = key {
            let of = key_of(self.client.id);
            hotel.guest_keys.erase(&of, revision).await?;
        }
        done.ok_or_else(|| BookingRefusal::NoSuchGuest(self.client.id).into())
    }
}

/// What the erasure is about. Refused before anything is done, if the guest is expected in one of the rooms.
async fn plan(command: &EraseGuest, hotel: &Hotel) -> Result<Plan, NotDone> {
    let key = hotel
        .guest_keys
        .revision(&key_of(command.client.id))
        .await?;
    let rooms = hotel.house.newest(&TheHouse, AllRooms::ids).await?;
    let looks = rooms.into_iter().map(|id| look(command, hotel, id));
    let mut looks = stream::iter(looks.collect::<Vec<_>>()).buffered(ABREAST);
    let mut rooms = Vec::new();
    while let Some(seen) = looks.next().await {
        match seen? {
            Some(Ok(room)) => rooms.push(room),
            Some(Err(refusal)) => {
                let refusal = refusal.into();
                return Ok(Plan::Nothing { refusal });
            }
            None => {}
        }
    }
    if rooms.is_empty() {
        let refusal = BookingRefusal::NoSuchGuest(command.client.id).into();
        return Ok(Plan::Nothing { refusal });
    }
    Ok(Plan::Stays { rooms, key })
}

/// The room, if the guest was there and may be erased.
async fn look(
    command: &EraseGuest,
    hotel: &Hotel,
    id: RoomId,
) -> Result<Option<Result<RoomId, BookingRefusal>>, NotDone> {
    let room = rooms::find(&hotel.rooms, id).await?;
    let look = |ledger: &RoomLedger| {
        let is_about = command.is_about(ledger);
        is_about.then(|| command.decide(RoomRef { id }, room.as_ref(), ledger))
    };
    let decided = hotel.bookings.newest(&id, look).await?;
    Ok(decided.map(|decided| decided.map(|_| id)))
}

impl Hotel {
    /// What became of an erasure, or `None` if nothing has, or not all of it: it is not decided here.
    ///
    /// # Errors
    /// See [`NotDone`]; a refusal is the one that the command got.
    pub(crate) async fn recall_erasure(
        &self,
        client: ClientId,
        cause: &Cause,
    ) -> Result<Option<Done>, NotDone> {
        let plan = self.choices.find(cause, PLAN).await;
        let (rooms, key) = match plan.map_err(NotDone::from_choice)? {
            None => return Ok(None),
            Some(Plan::Stays { rooms, key }) => (rooms, key),
            Some(Plan::Nothing { refusal }) => return Err(NotDone::Refused(refusal)),
        };
        let is_there = self.guest_keys.revision(&key_of(client)).await?;
        if key.is_some() && is_there == key {
            return Ok(None);
        }
        let mut done = None;
        for room in rooms {
            let Some(recalled) = self.recall(room, cause).await? else {
                return Ok(None);
            };
            done = Some(recalled);
        }
        Ok(done)
    }
}

impl From<KeyError> for NotDone {
    fn from(error: KeyError) -> Self {
        match error.is_transient() {
            true => Self::NotYet(error.to_string()),
            false => Self::Broken(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;

    /// They are kept for ever. Texts are added here, and never changed.
    #[test]
    fn a_plan_that_was_ever_kept_is_read() {
        let stays = r#"{"erases":"stays","rooms":[1,7],"key":12}"#;
        let without_key = r#"{"erases":"stays","rooms":[1]}"#;
        let nothing = concat!(
            r#"{"erases":"nothing","refusal":{"code":"no-such-guest","field":"client.id","#,
            r#""message":"The hotel knows no client 7."}}"#
        );
        for text in [stays, without_key, nothing] {
            let plan: Plan = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&plan).unwrap(), text);
            let (Plan::Stays { .. } | Plan::Nothing { .. }) = plan;
        }
    }
}
