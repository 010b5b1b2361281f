//! What the read models say, held against the events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use shared::bookings::{BookingEvent, StayKey, StayView, VacancyKey, VacancyView};
use shared::housekeeping::CleanupEvent;
use shared::rooms::{RoomEvent, RoomId, RoomType, RoomView};
use shared::subjects::{Bucket, ROOMS, STAYS, Stream, VACANCY};
use vacancy_tests::hotel::Hotel;
use vacancy_tests::wait;

/// What the views have to say, folded from the events one after the other.
#[derive(Debug, Default)]
struct Expected {
    rooms: BTreeMap<RoomId, RoomView>,
    stays: BTreeMap<StayKey, StayView>,
    /// Rooms of a type, and rooms of a type that are taken on a night.
    vacancy: BTreeMap<VacancyKey, u32>,
}

impl Expected {
    async fn from_events(hotel: &Hotel) -> Self {
        let mut expected = Self::default();
        for (sequence, event) in events(hotel, Stream::Room).await {
            expected.room(sequence, event);
        }
        for (sequence, event) in events(hotel, Stream::RoomBooking).await {
            expected.booking(sequence, event);
        }
        for (sequence, event) in events(hotel, Stream::RoomCleanup).await {
            expected.cleanup(sequence, event);
        }
        expected
    }

    fn room(&mut self, sequence: u64, event: RoomEvent) {
        let RoomEvent::RoomAdded(added) = &event;
        *self.vacancy(VacancyKey::Type(added.room_type.clone())) += 1;
        self.rooms
            .insert(added.room.id, RoomView::new(added, sequence));
    }

    fn booking(&mut self, sequence: u64, event: BookingEvent) {
        let room = event.room().id;
        if let BookingEvent::RoomBooked(booked) = &event {
            for night in 0..i32::from(booked.nights.get()) {
                let date = booked.arrival.plus_days(night);
                *self.vacancy(VacancyKey::Night(booked.room_type.clone(), date)) += 1;
            }
        }
        // The seed books and checks in, and nothing else.
        let booking = event.booking().unwrap();
        let key = StayKey { room, booking };
        let stay = StayView::evolve(self.stays.remove(&key), &event, sequence).unwrap();
        self.stays.insert(key, stay);
        let view = self.rooms.remove(&room).unwrap();
        self.rooms
            .insert(room, view.after_booking(&event, sequence));
    }

    fn cleanup(&mut self, sequence: u64, event: CleanupEvent) {
        let view = self.rooms.remove(&event.room()).unwrap();
        let view = view.after_cleanup(&event, sequence);
        self.rooms.insert(view.id, view);
    }

    fn vacancy(&mut self, key: VacancyKey) -> &mut u32 {
        self.vacancy.entry(key).or_default()
    }
}

/// The events of a stream with their sequences.
async fn events<E: DeserializeOwned>(hotel: &Hotel, stream: Stream) -> Vec<(u64, E)> {
    let messages = hotel.messages(stream, 1).await;
    let events = messages
        .into_iter()
        .map(|message| serde_json::from_value(message).unwrap());
    (1..).zip(events).collect()
}

/// All values of a bucket.
async fn values<K: std::str::FromStr<Err: Debug> + Ord, V: DeserializeOwned>(
    hotel: &Hotel,
    bucket: Bucket<K, V>,
) -> BTreeMap<K, V> {
    let entries = hotel.entries(bucket.name()).await.into_iter();
    entries
        .map(|(key, value)| {
            (
                key.parse().unwrap(),
                serde_json::from_slice(&value).unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn the_views_say_what_the_events_say_although_the_backend_died_while_making_them() {
    let mut hotel = Hotel::start().await;
    let seeder = hotel.backend.seeder();
    let seed = seeder.run(40, 60);
    let fail = async {
        for part in 1..=3 {
            wait::until("a part of the bookings", async || {
                (hotel.count(Stream::RoomBooking).await >= part * 100).then_some(())
            })
            .await;
            hotel.backend.kill();
            hotel.backend.start().await;
        }
    };
    tokio::join!(seed, fail);

    let expected = Expected::from_events(&hotel).await;
    let types: Vec<&RoomType> = expected
        .rooms
        .values()
        .map(|room| &room.room_type)
        .collect();
    assert_eq!(types.len(), 40);
    assert!(expected.stays.len() > 300, "{} stays", expected.stays.len());
    agrees(&expected.rooms, async || values(&hotel, ROOMS).await).await;
    agrees(&expected.stays, async || {
        without_names(values(&hotel, STAYS).await)
    })
    .await;
    // They are sealed in the events, and everybody who was seeded has one.
    let stays = values(&hotel, STAYS).await;
    assert!(stays.values().all(|stay| stay.client.name.is_some()));
    agrees(&expected.vacancy, async || {
        let count = |view| match view {
            VacancyView::Type(of_type) => of_type.rooms,
            VacancyView::Night { taken, .. } => taken,
        };
        let values = values(&hotel, VACANCY).await;
        values
            .into_iter()
            .map(|(key, view)| (key, count(view)))
            .collect()
    })
    .await;
}

/// The stays as they are in events that are not opened.
fn without_names(mut stays: BTreeMap<StayKey, StayView>) -> BTreeMap<StayKey, StayView> {
    for stay in stays.values_mut() {
        stay.client.name = None;
    }
    stays
}

/// Waits until a view says what is expected; a failure shows where it does not.
async fn agrees<K: Ord + Clone + Debug, V: PartialEq + Debug>(
    expected: &BTreeMap<K, V>,
    mut view: impl AsyncFnMut() -> BTreeMap<K, V>,
) {
    wait::until_equal("the differences", Vec::new(), async || {
        let found = view().await;
        let keys: BTreeSet<&K> = expected.keys().chain(found.keys()).collect();
        let different = keys
            .into_iter()
            .filter(|key| expected.get(key) != found.get(key));
        let shown = different.map(|key| {
            let (expected, found) = (expected.get(key), found.get(key));
            format!("{key:?}: expected {expected:?}, found {found:?}")
        });
        shown.take(5).collect()
    })
    .await;
}
