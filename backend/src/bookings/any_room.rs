//! A stay in any room of a type: which room it is pencilled into.

use futures_util::stream::{self, StreamExt};
use jetstream_es::Cause;
use jetstream_es::repository::LoadError;
use serde::{Deserialize, Serialize};
use shared::bookings::{BookingEvent, BookingRefusal, Client, Fit, RoomLedger, Span, no_room_for};
use shared::outcome::{Code, Refusal};
use shared::rooms::{Room, RoomId, RoomRef, RoomType};

use crate::done::Done;
use crate::hotel::{Hotel, NotDone};
use crate::rooms::TheHouse;

/// How many ledgers are compared with the leader at the same time.
const ABREAST: usize = 16;

/// What is wanted.
pub(super) struct Wanted<'a> {
    pub(super) room_type: &'a RoomType,
    pub(super) client: &'a Client,
    pub(super) span: Span,
}

/// Where the command goes. It is kept before anything is decided there, so that the command goes to the same room whenever it
/// comes again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "goes", rename_all = "kebab-case")]
enum Choice {
    To { room: RoomId },
    Nowhere { refusal: Refusal },
}

/// What the choice is called that is made when so many rooms have been tried.
fn name(tried: usize) -> String {
    format!("room-{}", tried + 1)
}

/// How well a ledger is known.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// As it was seen last.
    AtHand,
    /// As the leader has it.
    Newest,
}

impl Hotel {
    /// Decides on a stay in the room of the type that it fits into best. If somebody takes that room meanwhile, the next one is
    /// tried.
    ///
    /// # Errors
    /// See [`NotDone`]. Refused if no room of the type is free on all nights.
    pub(super) async fn decide_in_any_room(
        &self,
        wanted: Wanted<'_>,
        cause: &Cause,
        mut decide: impl FnMut(
            RoomRef,
            Option<&Room>,
            &RoomLedger,
        ) -> Result<Vec<BookingEvent>, BookingRefusal>
        + Send,
    ) -> Result<Done, NotDone> {
        let mut tried = Vec::new();
        loop {
            let choice = self.choose(&wanted, &tried).await?;
            let kept = self.choices.keep(cause, &name(tried.len()), choice).await;
            let room = match kept.map_err(NotDone::from_choice)? {
                Choice::To { room } => room,
                Choice::Nowhere { refusal } => return Err(NotDone::Refused(refusal)),
            };
            let decide = |known: Option<&Room>, ledger: &RoomLedger| {
                decide(RoomRef { id: room }, known, ledger)
            };
            match self.decide_on_nights(room.into(), cause, decide).await {
                // The refusal is kept, so this room never has the command's stay.
                Err(NotDone::Refused(refusal)) if !refusal.is(Code::CommandIdTaken) => {
                    tried.push(room);
                }
                decided => return decided,
            }
        }
    }

    /// What became of a command for any room of a type, or `None` if nothing has: it is not decided here.
    ///
    /// # Errors
    /// See [`NotDone`]; a refusal is the one that the command got.
    pub(crate) async fn recall_in_any_room(&self, cause: &Cause) -> Result<Option<Done>, NotDone> {
        let mut tried = 0;
        loop {
            let chosen = self.choices.find(cause, &name(tried)).await;
            let room = match chosen.map_err(NotDone::from_choice)? {
                None => return Ok(None),
                Some(Choice::To { room }) => room,
                Some(Choice::Nowhere { refusal }) => return Err(NotDone::Refused(refusal)),
            };
            match self.recall(room, cause).await {
                Err(NotDone::Refused(refusal)) if !refusal.is(Code::CommandIdTaken) => tried += 1,
                recalled => return recalled,
            }
        }
    }

    /// The room that the stay fits into best, of those that were not tried yet.
    async fn choose(&self, wanted: &Wanted<'_>, tried: &[RoomId]) -> Result<Choice, NotDone> {
        let of_type = self
            .house
            .newest(&TheHouse, |house| house.of_type(wanted.room_type));
        let mut rooms = of_type.await?;
        let exists = !rooms.is_empty();
        rooms.retain(|(id, _)| !tried.contains(id));
        // What is at hand may be old, which a decision would find out. That nothing is free has to be true.
        for known in [Known::AtHand, Known::Newest] {
            if let Some(room) = self.best_fit(&rooms, wanted, known).await? {
                return Ok(Choice::To { room });
            }
        }
        let refusal = no_room_for(wanted.room_type, exists, wanted.span).into();
        Ok(Choice::Nowhere { refusal })
    }

    async fn best_fit(
        &self,
        rooms: &[(RoomId, Room)],
        wanted: &Wanted<'_>,
        known: Known,
    ) -> Result<Option<RoomId>, NotDone> {
        let fits = rooms
            .iter()
            .map(|(id, room)| self.fit(*id, room, wanted, known));
        let mut fits = stream::iter(fits.collect::<Vec<_>>()).buffer_unordered(ABREAST);
        let mut best: Option<Fit> = None;
        while let Some(fit) = fits.next().await {
            best = match (best, fit?) {
                (Some(best), Some(fit)) => Some(best.min(fit)),
                (best, fit) => best.or(fit),
            };
        }
        Ok(best.map(|fit| fit.room))
    }

    async fn fit(
        &self,
        id: RoomId,
        room: &Room,
        wanted: &Wanted<'_>,
        known: Known,
    ) -> Result<Option<Fit>, NotDone> {
        let look = |ledger: &RoomLedger| Fit::of(id, room, ledger, wanted.client, wanted.span);
        let fit = match known {
            Known::AtHand => self.bookings.known(&id, |ledger, _| look(ledger)).await,
            Known::Newest => self.bookings.newest(&id, look).await,
        };
        match fit {
            // Its own commands are parked until somebody repairs it. The other rooms are sold on.
            Err(error @ LoadError::Unreadable { .. }) => {
                tracing::warn!(room = %id, "not offered: {error}");
                Ok(None)
            }
            fit => Ok(fit?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    /// They are kept for ever. Texts are added here, and never changed.
    #[test]
    fn a_choice_that_was_ever_kept_is_read() {
        let to = r#"{"goes":"to","room":7}"#;
        let nowhere = concat!(
            r#"{"goes":"nowhere","refusal":{"code":"none-free","field":"date","#,
            r#""message":"No room of the type double is free."}}"#
        );
        for text in [to, nowhere] {
            let choice: Choice = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&choice).unwrap(), text);
            let (Choice::To { .. } | Choice::Nowhere { .. }) = choice;
        }
    }
}
