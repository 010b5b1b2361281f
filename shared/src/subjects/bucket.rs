//! The buckets, each with the types of its keys and values.

use std::fmt;
use std::marker::PhantomData;

use super::OutcomeKey;
use crate::bookings::{
    DayKey, DayView, GuestKey, GuestView, OccupancyKey, OccupancyView, StayKey, StayView,
    VacancyKey, VacancyView,
};
use crate::housekeeping::HousekeepingView;
use crate::identity::Account;
use crate::outcome::Outcome;
use crate::rooms::{RoomId, RoomView};
use crate::staff::{StaffName, StaffView};

/// A key-value bucket that holds a read model, with the types of its keys and values.
pub struct Bucket<K, V> {
    name: &'static str,
    readers: &'static [Account],
    types: PhantomData<fn() -> (K, V)>,
}

const ALL_STAFF: &[Account] = &[Account::Manager, Account::FrontDesk, Account::Housekeeping];
const FRONT_DESK: &[Account] = &[Account::Manager, Account::FrontDesk];

/// The rooms, for the staff. Republished as `live.rooms.<key>`.
pub const ROOMS: Bucket<RoomId, RoomView> = Bucket::new("rooms", ALL_STAFF);
/// The stays, for the front desk. Republished as `live.stays.<key>`.
pub const STAYS: Bucket<StayKey, StayView> = Bucket::new("stays", FRONT_DESK);
/// What is free, for everybody. Republished as `live.vacancy.<key>`.
pub const VACANCY: Bucket<VacancyKey, VacancyView> = Bucket::new(
    "vacancy",
    &[
        Account::Manager,
        Account::FrontDesk,
        Account::Channel,
        Account::Guest,
    ],
);
/// Who arrives, stays and leaves, for the front desk. Republished as `live.days.<key>`.
pub const DAYS: Bucket<DayKey, DayView> = Bucket::new("days", FRONT_DESK);
/// The stays of each guest, for the front desk. Republished as `live.guests.<key>`.
pub const GUESTS: Bucket<GuestKey, GuestView> = Bucket::new("guests", FRONT_DESK);
/// How full the house is, for the front desk. Republished as `live.occupancy.<key>`.
pub const OCCUPANCY: Bucket<OccupancyKey, OccupancyView> = Bucket::new("occupancy", FRONT_DESK);
/// What there is to clean, for the staff. Republished as `live.housekeeping.<key>`.
pub const HOUSEKEEPING: Bucket<RoomId, HousekeepingView> = Bucket::new("housekeeping", ALL_STAFF);
/// Who works in the hotel, for the managers. Republished as `live.staff.<key>`.
pub const STAFF: Bucket<StaffName, StaffView> = Bucket::new("staff", &[Account::Manager]);
/// The answers to commands, each for the one who asked, and the whole bucket for nobody. Republished as `outcome.<key>`.
pub const OUTCOMES: Bucket<OutcomeKey, Outcome> = Bucket::new("outcomes", &[]);

impl<K, V> Bucket<K, V> {
    const fn new(name: &'static str, readers: &'static [Account]) -> Self {
        Self {
            name,
            readers,
            types: PhantomData,
        }
    }

    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The accounts that may read it, besides the programs inside `HOTEL`. The server's permissions say the same
    /// (`nats-server.conf`).
    pub const fn readers(&self) -> &'static [Account] {
        self.readers
    }

    /// What the keys of a browser's bucket are republished under, without the final `.>`.
    pub fn live_prefix(&self) -> String {
        format!("live.{}", self.name)
    }
}

impl<K: fmt::Display, V> Bucket<K, V> {
    /// The subject a value is written to.
    pub fn subject(&self, key: &K) -> String {
        format!("$KV.{}.{key}", self.name)
    }
}

impl<K, V> Clone for Bucket<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Bucket<K, V> {}

impl<K, V> fmt::Debug for Bucket<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.name).finish()
    }
}
