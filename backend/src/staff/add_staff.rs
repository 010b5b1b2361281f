//! The command `add-staff`.

use jetstream_es::Cause;
use shared::outcome::Refusal;
use shared::staff::{AddStaff, UserNkey};

use crate::done::Done;
use crate::hotel::{Handle, Hotel, NotDone};
use crate::invalid;

impl Handle for AddStaff {
    async fn handle(&self, hotel: &Hotel, cause: &Cause) -> Result<Done, NotDone> {
        let decide = |roster: &_| {
            self.nkey.as_ref().map_or(Ok(()), check)?;
            self.decide(roster).map_err(Refusal::from)
        };
        hotel.decide_on_staff(cause, decide).await
    }
}

/// Whether there is such a key: it has a checksum, by which one that is mistyped is noticed before a machine fails to log in.
fn check(nkey: &UserNkey) -> Result<(), Refusal> {
    let message = "There is no such NKey: one of its characters is mistyped.";
    nkeys::KeyPair::from_public_key(nkey.as_str())
        .map(drop)
        .map_err(|_| invalid::refusal("nkey", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_nkey_is_noticed() {
        let nkey = nkeys::KeyPair::new_user().public_key();
        check(&nkey.parse().unwrap()).unwrap();
        let (begin, last) = nkey.split_at(UserNkey::LENGTH - 1);
        for other in ['A', 'B'] {
            let mistyped = format!("{begin}{other}");
            if !last.starts_with(other) {
                assert!(check(&mistyped.parse().unwrap()).is_err(), "{mistyped}");
            }
        }
    }
}
