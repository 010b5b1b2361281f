//! The bookings that are asked for, the same ones of both sides: each another guest's, spread evenly over the rooms, and
//! none in the way of another.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use shared::bookings::BookRoom;
use shared::cloud_event::MessageId;

use super::ROOMS;
use super::load::Answer;
use crate::bench::ledger::{Expected, assert_done};
use crate::hotel::{booking, new_id, today};

/// Counts the bookings.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    asked: AtomicUsize,
    turned_away: AtomicUsize,
}

/// A command with the id by which it is recognised when it comes again.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) id: MessageId,
    pub(super) booking: BookRoom,
}

impl Wishes {
    /// The next one.
    pub(super) fn next(&self) -> Wish {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let night = i32::try_from(number / ROOMS).expect("a night in this millennium");
        let room = u32::try_from(number % ROOMS + 1).expect("a room");
        let client = number as u64 + 1;
        Wish {
            id: new_id(),
            booking: booking(room, client, "Ada Lovelace", today().plus_days(night), 1),
        }
    }

    /// The answer to one that was not accepted.
    pub(super) fn turned_away(&self, reason: impl ToString) -> Answer {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        Answer::TurnedAway(reason.to_string())
    }

    /// The answer that a response over HTTP is, of either side: one that did not wait long enough has its outcome later.
    pub(super) async fn answer(&self, response: Response, outcome: Expected) -> Answer {
        match response.status() {
            StatusCode::OK => {
                assert_done(&response.bytes().await.expect("a whole response"));
                Answer::Done
            }
            StatusCode::ACCEPTED => {
                outcome.done().await;
                Answer::Done
            }
            status => self.turned_away(status),
        }
    }

    /// How many there were that were accepted.
    pub(super) fn accepted(&self) -> usize {
        self.asked.load(Ordering::Relaxed) - self.turned_away.load(Ordering::Relaxed)
    }
}

impl Wish {
    /// What is said over HTTP, to either side.
    pub(super) fn body(&self) -> Value {
        json!({ "data": self.booking })
    }
}
