//! The command `disable-staff`.

use jetstream_es::Cause;
use shared::staff::DisableStaff;

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for DisableStaff {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        hotel
            .decide_on_staff(cause, |roster| self.decide(roster))
            .await
    }
}
