//! What the front desk can do with a stay, by how it is. Whether it can be done today, the rules say.

use shared::Date;
use shared::bookings::{
    Cancel, CheckIn, CheckOut, ClientRef, Confirm, NoShow, Pin, StayStatus, StayView, Unpin,
};
use shared::rooms::RoomRef;

use super::wish::Wish;

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub wish: Wish,
    /// The value of `data-action`.
    pub action: &'static str,
    pub text: &'static str,
}

/// What can be done with the stay. The first is what one is most likely here for.
pub fn deeds(view: &StayView, today: Date) -> Vec<Deed> {
    let (room, booking, date) = (RoomRef::from(view.room), view.booking(), today);
    let deed = |action, text, wish| Deed { wish, action, text };
    let cancel = || {
        let wish = Wish::Cancel(Cancel { room, booking });
        deed("cancel", "Cancel the booking", wish)
    };
    let pin = || match view.pinned {
        true => {
            let wish = Wish::Unpin(Unpin { room, booking });
            deed("unpin", "Unpin from this room", wish)
        }
        false => {
            let wish = Wish::Pin(Pin { room, booking });
            deed("pin", "Pin to this room", wish)
        }
    };
    match view.status {
        StayStatus::Tentative => {
            let wish = Wish::Confirm(Confirm { room, booking });
            vec![deed("confirm", "Confirm", wish), pin(), cancel()]
        }
        StayStatus::Booked => {
            let client = ClientRef { id: view.client.id };
            let wish = Wish::CheckIn(CheckIn { room, client, date });
            let mut deeds = vec![deed("check-in", "Check in", wish), pin()];
            // Before that nobody is missing.
            if view.arrival < today {
                let wish = Wish::NoShow(NoShow {
                    room,
                    booking,
                    date,
                });
                deeds.push(deed("no-show", "Did not come", wish));
            }
            deeds.push(cancel());
            deeds
        }
        StayStatus::InHouse => {
            let wish = Wish::CheckOut(CheckOut {
                room,
                booking,
                date,
            });
            let text = match today < view.departure() {
                true => "Check out early",
                false => "Check out",
            };
            vec![deed("check-out", text, wish)]
        }
        StayStatus::CheckedOut
        | StayStatus::Cancelled
        | StayStatus::NoShow
        | StayStatus::Expired
        | StayStatus::Moved => Vec::new(),
    }
}

/// Whether it is of interest that the stay is pinned, or is not: a guest who has come stays where they are.
pub fn can_be_pinned(view: &StayView) -> bool {
    matches!(view.status, StayStatus::Tentative | StayStatus::Booked)
}
