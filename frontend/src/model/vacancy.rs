//! What guests see: free rooms by type and night, from the public view alone.

use shared::Date;
use shared::bookings::{VacancyKey, VacancyView};
use shared::rooms::RoomType;

use super::replica::{EntryError, Replica};
use super::window::Window;

#[derive(Debug, Default)]
pub struct Vacancy {
    entries: Replica<VacancyKey, VacancyView>,
}

/// One room type in a window of nights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeVacancy {
    pub room_type: RoomType,
    /// How many rooms of the type there are at the most on one of the nights.
    pub rooms: u32,
    /// The nights of the window, each with how many rooms are free.
    pub nights: Vec<(Date, u32)>,
}

impl Vacancy {
    /// Takes over an entry of the bucket `vacancy` and says whether it changed something.
    ///
    /// # Errors
    /// When the entry cannot be read.
    pub fn apply(
        &mut self,
        key: &str,
        revision: u64,
        value: Option<&[u8]>,
    ) -> Result<bool, EntryError> {
        Ok(self.entries.apply(key, revision, value)?.is_some())
    }

    /// Forgets everything: a new snapshot begins.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// All types that the hotel has rooms of on one of the nights.
    pub fn in_window(&self, window: Window) -> Vec<TypeVacancy> {
        let types = self.entries.iter();
        types
            .filter_map(|(key, value)| match key {
                VacancyKey::Type(room_type) => self.of_type(room_type, value, window),
                VacancyKey::Night(..) => None,
            })
            .collect()
    }

    fn of_type(
        &self,
        room_type: &RoomType,
        value: &VacancyView,
        window: Window,
    ) -> Option<TypeVacancy> {
        let rooms = window.dates().map(|date| value.rooms_on(date)).max()?;
        let free = |date| (date, self.free(room_type, date));
        (rooms > 0).then(|| TypeVacancy {
            room_type: room_type.clone(),
            rooms,
            nights: window.dates().map(free).collect(),
        })
    }

    /// How many rooms of the type are free on the night.
    pub fn free(&self, room_type: &RoomType, night: Date) -> u32 {
        let rooms = self.entries.get(&VacancyKey::Type(room_type.clone()));
        let rooms = rooms.map_or(0, |rooms| rooms.rooms_on(night));
        rooms.saturating_sub(self.taken(room_type, night))
    }

    fn taken(&self, room_type: &RoomType, date: Date) -> u32 {
        match self
            .entries
            .get(&VacancyKey::Night(room_type.clone(), date))
        {
            Some(VacancyView::Night { taken, .. }) => *taken,
            Some(VacancyView::Type(_)) | None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_is_what_is_there_less_what_is_taken() {
        let mut vacancy = Vacancy::default();
        for (revision, (key, value)) in [
            ("double", r#"{"kind":"type","rooms":3,"sequence":4}"#),
            (
                "double.2026-11-21",
                r#"{"kind":"night","taken":2,"sequence":9}"#,
            ),
            (
                "double.2026-11-22",
                r#"{"kind":"night","taken":5,"sequence":9}"#,
            ),
            ("closed", r#"{"kind":"type","rooms":0,"sequence":4}"#),
            (
                "suite",
                r#"{"kind":"type","rooms":1,"retired":[{"from":"2026-11-20","rooms":1}],"sequence":4}"#,
            ),
            (
                "twin",
                r#"{"kind":"type","rooms":2,"retired":[{"from":"2026-11-22","rooms":1}],"sequence":4}"#,
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let revision = revision as u64 + 1;
            let changed = vacancy.apply(key, revision, Some(value.as_bytes()));
            assert_eq!(changed, Ok(true));
        }
        let first: Date = "2026-11-20".parse().unwrap();
        let types = vacancy.in_window(Window { first, days: 3 });
        let free = |of_type: &TypeVacancy| of_type.nights.iter().map(|(_, free)| *free).collect();
        let free: Vec<(&str, Vec<u32>)> = types
            .iter()
            .map(|of_type| (of_type.room_type.as_str(), free(of_type)))
            .collect();
        let expected = [("double", vec![3, 1, 0]), ("twin", vec![2, 2, 1])];
        assert_eq!(free, expected);
    }
}
