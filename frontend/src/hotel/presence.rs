//! What this page says of the stay that it shows, and what others say of theirs.

use std::future;

use futures_util::future::Either;
use futures_util::{Stream, StreamExt, stream};
use shared::identity::Actor;
use shared::presence::Presence;
use shared::subjects::PresenceSubject;

use super::session::Session;

impl Session {
    /// Says what this page shows to those of the others that are there.
    pub(crate) fn tell_presence(&self, presence: Presence) {
        let subject = PresenceSubject::text(self.actor());
        // Without a connection there is nobody to tell, and it is said again in a moment.
        let _published = self.client().publish(subject, presence.to_string());
    }

    /// What other users say, until the session is closed.
    pub(crate) fn presences(&self) -> impl Stream<Item = (Actor, Presence)> + Unpin + 'static {
        let own = self.actor().clone();
        let Ok(heard) = self.client().subscribe(PresenceSubject::ALL) else {
            // The connection is closed for good: nobody will be heard of.
            return Either::Left(stream::empty());
        };
        Either::Right(heard.filter_map(move |message| {
            let said = message.ok().and_then(|message| {
                let subject: PresenceSubject = message.subject.parse().ok()?;
                let text = std::str::from_utf8(&message.payload).ok()?;
                Some((subject.actor, text.parse().ok()?))
            });
            future::ready(said.filter(|(actor, _)| *actor != own))
        }))
    }
}
