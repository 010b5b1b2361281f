//! Why a key of a read model cannot be read.

use super::BookingIdError;
use crate::date::DateError;
use crate::rooms::RoomIdError;
use crate::text::TokenError;

use super::ClientIdError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewKeyError {
    #[error("the key is not of the form {0}")]
    Form(&'static str),
    #[error(transparent)]
    Room(#[from] RoomIdError),
    #[error(transparent)]
    Client(#[from] ClientIdError),
    #[error(transparent)]
    Booking(#[from] BookingIdError),
    #[error(transparent)]
    RoomType(#[from] TokenError),
    #[error(transparent)]
    Date(#[from] DateError),
}
