//! The command `reset-password`.

use jetstream_es::Cause;
use shared::staff::ResetPassword;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for ResetPassword {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        hotel
            .decide_on_staff(cause, |roster| self.decide(roster))
            .await
    }
}
