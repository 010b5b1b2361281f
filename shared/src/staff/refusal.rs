//! Why a command about the staff is refused.

use super::{Role, StaffName};
use crate::outcome::{Code, Refusal};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffRefusal {
    #[error("There is somebody with the log-in name {0} already, or there was: take another one.")]
    StaffExists(StaffName),
    #[error("There is nobody with the log-in name {0}.")]
    NoSuchStaff(StaffName),
    #[error("{0} is the last manager: make somebody else a manager first.")]
    LastManager(StaffName),
    #[error("That is how {0} is already.")]
    NoChange(StaffName),
    #[error("This NKey is that of {0}: make a new one.")]
    NkeyTaken(StaffName),
    #[error("As {0} one logs in with an NKey: say the public one, which begins with U.")]
    NkeyMissing(Role),
    #[error("As {0} one logs in with a password: leave the NKey out.")]
    NkeyOfPerson(Role),
    #[error(
        "{staff} is {was} and cannot become {role}: a machine stays one, and so does a person."
    )]
    OtherKind {
        staff: StaffName,
        was: Role,
        role: Role,
    },
    #[error("{0} is a machine and has no password: disable it, and add one with a new NKey.")]
    NoPassword(StaffName),
}

impl From<StaffRefusal> for Refusal {
    fn from(reason: StaffRefusal) -> Self {
        use {Code as C, StaffRefusal as R};
        let (code, field) = match reason {
            R::StaffExists(_) => (C::StaffExists, "staff"),
            R::NoSuchStaff(_) => (C::NoSuchStaff, "staff"),
            R::LastManager(_) => (C::LastManager, "staff"),
            R::NoChange(_) => (C::NoChange, "staff"),
            R::NkeyTaken(_) => (C::NkeyTaken, "nkey"),
            R::NkeyMissing(_) | R::NkeyOfPerson(_) => (C::PersonOrMachine, "nkey"),
            R::OtherKind { .. } => (C::PersonOrMachine, "role"),
            R::NoPassword(_) => (C::PersonOrMachine, "staff"),
        };
        Self::new(code, field, reason.to_string())
    }
}
