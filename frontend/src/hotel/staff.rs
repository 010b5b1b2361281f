//! What a manager asks for about the staff: commands like any other, and one-time links, which are secrets and so go over
//! HTTP to the one who asked and to nobody else.

use shared::staff::StaffName;

use super::clock::now;
use super::errands::{Letter, new_id};
use super::hearsay::Hearsay;
use super::http;
use super::session::Session;
use crate::model::errand::{Errand, Origin, Verdict};
use crate::model::refused::HttpError;
use crate::model::roster::StaffWish;
use crate::model::who::NewLink;

impl Session {
    /// Sends the command and follows it to its end; `on_progress` hears how far it is. `None` when the session is closed
    /// meanwhile. Nothing is kept over a reload: the dialog that waits for the answer would be gone.
    pub(crate) async fn ask_for(
        &self,
        wish: &StaffWish,
        on_progress: impl Fn(&Errand),
    ) -> Option<Verdict> {
        let id = match new_id() {
            Ok(id) => id,
            Err(error) => return Some(Verdict::not_sent(error.to_string())),
        };
        let message = match wish.message(&id, now()) {
            Ok(message) => message,
            Err(error) => return Some(Verdict::not_sent(error.to_string())),
        };
        let letter = Letter {
            id: &id,
            subject: wish.subject(self.user()),
            message,
        };
        self.pursue(
            letter,
            Origin::Here,
            Hearsay::default(),
            &|_| {},
            &on_progress,
        )
        .await
    }

    /// Makes the password of a member worthless, and a link by which a new one is chosen.
    pub(crate) async fn new_link(&self, staff: &StaffName) -> Result<NewLink, HttpError> {
        http::ask("POST", &format!("staff/{staff}/link"), None).await
    }
}
