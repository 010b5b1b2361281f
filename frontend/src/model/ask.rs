//! A command on its way out of the page.

use serde::Serialize;
use shared::Timestamp;
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::subjects::CommandSubject;
use shared::text::Token;

/// Where the commands of this program come from, the attribute `source` of CloudEvents.
const SOURCE: &str = "/board";

/// What can be sent: a command, of whichever kind.
pub trait Ask {
    /// The subject to publish it on, for the browser of `user`.
    fn subject(&self, user: &Token) -> String;

    /// The message to publish, a CloudEvent in JSON.
    ///
    /// # Errors
    /// None that the types of the commands allow; `serde_json` cannot know.
    fn message(&self, id: &MessageId, now: Timestamp) -> Result<Vec<u8>, serde_json::Error>;
}

impl<C: Command + Clone + Serialize> Ask for C {
    fn subject(&self, user: &Token) -> String {
        CommandSubject::in_browser::<C>(user)
    }

    fn message(&self, id: &MessageId, now: Timestamp) -> Result<Vec<u8>, serde_json::Error> {
        let command = CloudEvent::command(id.clone(), SOURCE, now, self.clone());
        serde_json::to_vec(&command)
    }
}
