//! The front desk, which goes on working: a page that books a night, ten times a second, and hears what became of it.

use std::time::{Duration, Instant};

use serde_json::Value;
use shared::bookings::BookRoom;
use shared::cloud_event::{CloudEvent, Command};
use tokio_util::sync::CancellationToken;

use super::milliseconds;
use crate::hotel::{self, Hotel, booking, today};
use crate::wire::{Verdict, Wire};

/// How often a command is sent: a busy desk's day is an hour of this.
const EVERY: Duration = Duration::from_millis(100);
const USER: &str = "frontdesk";

#[derive(Debug)]
pub(super) struct Desk {
    page: Wire,
    rooms: u32,
    /// How many nights have been booked.
    booked: u32,
}

impl Desk {
    pub(super) async fn open(hotel: &Hotel, rooms: u32) -> Self {
        let mut page = hotel.page(Some(USER)).await;
        let outcomes = format!("outcome.{USER}.>");
        assert_eq!(page.subscribe(&outcomes, None).await, Verdict::Allowed);
        Self {
            page,
            rooms,
            booked: 0,
        }
    }

    /// Books so many nights, each at its time, and returns how many milliseconds after it each outcome was there.
    pub(super) async fn work(&mut self, commands: usize) -> Vec<f64> {
        let mut took = Vec::with_capacity(commands);
        let start = Instant::now();
        for number in 0..commands {
            let due = start + EVERY * u32::try_from(number).expect("few commands");
            tokio::time::sleep_until(due.into()).await;
            self.book().await;
            took.push(milliseconds(due.elapsed()));
        }
        took
    }

    /// Answers the server's pings, `until` there is work again.
    pub(super) async fn rest(&mut self, until: CancellationToken) {
        let rested = self.page.listen(until).await;
        rested.expect("the desk stays connected");
    }

    /// Books a night that nobody has, and waits until it is decided.
    async fn book(&mut self) {
        let (room, night) = (self.booked % self.rooms + 1, self.booked / self.rooms);
        self.booked += 1;
        let arrival = today().plus_days(i32::try_from(night).expect("few nights"));
        let id = hotel::new_id();
        let data = booking(room, u64::from(self.booked), "Ada", arrival, 1);
        let event = CloudEvent::command(id.clone(), "/desk", hotel::now(), data);
        let payload = serde_json::to_string(&event).expect("JSON");
        let subject = format!("cmd.{USER}.{}", BookRoom::NAME);
        let length = payload.len();
        self.page
            .send(format!("PUB {subject} {length}\r\n{payload}\r\n"))
            .await;
        loop {
            let heard = self.page.delivery().await;
            if heard.subject.ends_with(id.as_str()) {
                let outcome: Value = serde_json::from_str(&heard.payload).expect("an outcome");
                assert_eq!(outcome["decision"], "done", "{outcome}");
                return;
            }
        }
    }
}
