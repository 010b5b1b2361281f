//! The command `swap-stays`.

use jetstream_es::Cause;
use shared::bookings::SwapStays;

use super::moving;
use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};

impl Handle for SwapStays {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let rooms = self.rooms()?;
        moving::decide(rooms, hotel, cause, |here, there| self.decide(here, there)).await
    }
}
