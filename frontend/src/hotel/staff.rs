//! What a manager asks for about the staff besides commands: one-time links, which are secrets and so go over HTTP to the one
//! who asked and to nobody else.

use shared::staff::StaffName;

use super::http;
use super::session::Session;
use crate::model::refused::HttpError;
use crate::model::who::NewLink;

impl Session {
    /// Makes the password of a member worthless, and a link by which a new one is chosen.
    pub(crate) async fn new_link(&self, staff: &StaffName) -> Result<NewLink, HttpError> {
        http::ask("POST", &format!("staff/{staff}/link"), None).await
    }
}
