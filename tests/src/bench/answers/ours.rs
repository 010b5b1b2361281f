//! A hotel, asked over NATS and over HTTP.

use super::load::Answer;
use super::wishes::Wishes;
use super::{PREFER, ROOMS};
use crate::bench::desk::Desk;
use crate::faults::house;
use crate::hotel::Hotel;

/// A hotel with rooms. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Ours {
    desk: Desk,
    http: reqwest::Client,
    wishes: Wishes,
    hotel: Hotel,
}

impl Ours {
    pub(super) async fn start() -> Self {
        let hotel = Hotel::with_options(["--http-connections", "0"]).await;
        let desk = Desk::open(hotel.client().clone()).await;
        desk.add_rooms(ROOMS).await;
        Self {
            desk,
            http: reqwest::Client::new(),
            wishes: Wishes::default(),
            hotel,
        }
    }

    pub(super) fn hotel(&self) -> &Hotel {
        &self.hotel
    }

    /// The address of `path`, which starts with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        self.hotel.backend.url(path)
    }

    /// The process that answers HTTP.
    pub(super) fn process_id(&self) -> u32 {
        self.hotel.backend.process_id()
    }

    /// Publishes a command and waits for the message with its outcome.
    pub(super) async fn over_nats(&self) -> Answer {
        let wish = self.wishes.next();
        let sent = self.desk.send(wish.id, wish.booking).await;
        sent.outcome.done().await;
        Answer::Done
    }

    /// Sends a request and waits for its response, which is the outcome. When that is late, whoever asked listens for it
    /// elsewhere.
    pub(super) async fn over_http(&self) -> Answer {
        let wish = self.wishes.next();
        let outcome = self.desk.ledger().expect(wish.id.as_str());
        let request = self
            .http
            .put(self.url("/mutation/book-room"))
            .header("Idempotency-Key", wish.id.as_str())
            .header("Prefer", PREFER)
            .json(&wish.body());
        let response = request.send().await.expect("the backend");
        self.wishes.answer(response, outcome).await
    }

    /// Waits until the views have followed, which the next side would be slowed down by.
    pub(super) async fn rest(&self) {
        house::quiet(self.desk.jetstream()).await;
    }

    /// Fails unless every wish has become one event, as have `others` that were asked for elsewhere.
    pub(super) async fn check(&self, others: usize) {
        let accepted = self.wishes.accepted() + others;
        assert_eq!(self.desk.events().await, accepted as u64, "events of stays");
    }
}
