//! Who the staff of each hotel are, for those who ask by the hotel's name. Hotels come to it while it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use shared::HotelName;

use crate::identity::Identity;

/// The staff of all hotels that are open.
#[derive(Debug)]
pub struct Identities {
    first: HotelName,
    open: RwLock<BTreeMap<HotelName, Arc<Identity>>>,
}

impl Identities {
    /// None so far. The hotel `first` is the one that is meant when none is named.
    pub fn new(first: HotelName) -> Self {
        let open = RwLock::default();
        Self { first, open }
    }

    /// The hotel that is meant when none is named.
    pub fn first(&self) -> &HotelName {
        &self.first
    }

    /// Another hotel is open.
    pub fn add(&self, identity: Arc<Identity>) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(identity.hotel().clone(), identity);
    }

    /// Those of the hotel, if it is open.
    pub fn find(&self, hotel: &HotelName) -> Option<Arc<Identity>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(hotel).cloned()
    }
}
