//! How clean a room is, as its events tell it.

use serde::{Deserialize, Serialize};

use super::CleanupEvent;
use crate::Date;
use crate::text::Note;

/// The cleanups of one room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CleanupLog {
    /// The last day the room was cleaned on. Cleanups may be noted late and out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleaned: Option<Date>,
    /// The day of the inspection it passed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspected: Option<Date>,
    /// The day for which somebody was asked to clean it, and has not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Date>,
    /// Why it could not be cleaned, and has not been since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedCleanup>,
    /// The last day for which somebody was ever asked to clean it. No part of what read models tell: only a check-in asks
    /// for it, and that is decided on the events.
    #[serde(skip)]
    pub requested: Option<Date>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailedCleanup {
    pub date: Date,
    pub note: Note,
}

/// A cleaning that is waited for, whatever the dates of stays say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open<'a> {
    Asked(Date),
    Failed(&'a FailedCleanup),
}

impl CleanupLog {
    #[must_use]
    pub fn evolve(mut self, event: &CleanupEvent) -> Self {
        match event {
            CleanupEvent::RoomCleaned(event) => self.clean(event.date),
            CleanupEvent::RoomInspected(event) => self.inspected = Some(event.date),
            CleanupEvent::CleaningAsked(event) => {
                self.asked = self.asked.max(Some(event.date));
                self.requested = self.requested.max(Some(event.date));
                self.inspected = None;
            }
            CleanupEvent::CleaningFailed(event) => {
                self.asked = None;
                self.inspected = None;
                self.failed = Some(FailedCleanup {
                    date: event.date,
                    note: event.note.clone(),
                });
            }
        }
        self
    }

    /// Notes that the room was cleaned on `date`. What was asked for a later day is still to be done.
    pub fn clean(&mut self, date: Date) {
        self.cleaned = self.cleaned.max(Some(date));
        self.inspected = None;
        self.asked = self.asked.filter(|asked| *asked > date);
        self.failed = self.failed.take().filter(|failed| failed.date > date);
    }

    /// Whether the room that a guest has left on the day `left` still has to be cleaned because of that, as far as these events
    /// tell: nobody has been asked yet, and a cleaning of that very day may have been one of the morning.
    pub fn owes_cleaning_since(&self, left: Date) -> bool {
        let asked = self.requested.is_some_and(|requested| requested >= left);
        let cleaned_since = self.cleaned.is_some_and(|cleaned| cleaned > left);
        !asked && !cleaned_since
    }

    /// What is waited for on `today`.
    pub fn open(&self, today: Date) -> Option<Open<'_>> {
        let asked = self.asked.filter(|asked| *asked <= today);
        let failed = self.failed.as_ref().filter(|failed| failed.date <= today);
        asked.map(Open::Asked).or(failed.map(Open::Failed))
    }
}
