//! The dates on the screen, and where a stay lies among them.

use shared::Date;
use shared::bookings::Nights;

/// Consecutive dates, a column each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub first: Date,
    pub days: u16,
}

/// Where a bar lies, in half columns from the left edge of the window. A stay begins in the middle of its day of
/// arrival and ends in the middle of its day of departure, so that two guests can share a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// From 0 to twice the window's days.
    pub start: u16,
    /// At least 1.
    pub width: u16,
    /// The stay began before the window.
    pub cut_left: bool,
    /// The stay goes on after the window.
    pub cut_right: bool,
}

/// How much of the past the board shows on its own.
const DAYS_BEFORE_TODAY: i32 = 2;

impl Window {
    /// The window that the board opens with.
    pub fn around(today: Date, days: u16) -> Self {
        Self {
            first: today.plus_days(-DAYS_BEFORE_TODAY),
            days,
        }
    }

    #[must_use]
    pub fn starting(self, first: Date) -> Self {
        Self { first, ..self }
    }

    /// The window one screen later, or earlier. A tenth stays in sight.
    #[must_use]
    pub fn turned(self, later: bool) -> Self {
        let days = i32::from(self.days - self.days / 10);
        self.starting(self.first.plus_days(if later { days } else { -days }))
    }

    /// The day after the last one.
    pub fn end(self) -> Date {
        self.first.plus_days(i32::from(self.days))
    }

    pub fn dates(self) -> impl Iterator<Item = Date> {
        (0..i32::from(self.days)).map(move |day| self.first.plus_days(day))
    }

    /// The column of `date`, if it is in the window.
    pub fn column(self, date: Date) -> Option<u16> {
        let column = u16::try_from(date.days_since(self.first)).ok()?;
        (column < self.days).then_some(column)
    }

    /// The date of the column at `fraction` (0–1) of the window's width.
    pub fn date_at(self, fraction: f64) -> Date {
        let last = f64::from(self.days.saturating_sub(1));
        let column = (fraction * f64::from(self.days)).floor().clamp(0.0, last);
        self.first.plus_days(column as i32)
    }

    /// Where a stay lies, if a part of it is in sight.
    pub fn span(self, arrival: Date, nights: Nights) -> Option<Span> {
        let half = |date: Date| i64::from(date.days_since(self.first)) * 2 + 1;
        let (start, end) = (half(arrival), half(nights.departure(arrival)));
        let limit = i64::from(self.days) * 2;
        let (shown_start, shown_end) = (start.max(0), end.min(limit));
        if shown_start >= shown_end {
            return None;
        }
        Some(Span {
            start: u16::try_from(shown_start).ok()?,
            width: u16::try_from(shown_end - shown_start).ok()?,
            cut_left: start < 0,
            cut_right: end > limit,
        })
    }

    /// The nights of a stay that lie in the window, as columns.
    pub fn nights(self, arrival: Date, nights: Nights) -> std::ops::Range<usize> {
        let column = |date: Date| {
            let day = date.days_since(self.first).clamp(0, i32::from(self.days));
            usize::try_from(day).unwrap_or_default()
        };
        column(arrival)..column(nights.departure(arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    const WINDOW_DAYS: u16 = 7;

    fn window() -> Window {
        Window {
            first: date("2026-11-20"),
            days: WINDOW_DAYS,
        }
    }

    #[track_caller]
    fn lies(arrival: &str, nights: i64, expected: Option<(u16, u16, bool, bool)>) {
        let span = window().span(date(arrival), nights.try_into().unwrap());
        let told = span.map(|span| (span.start, span.width, span.cut_left, span.cut_right));
        assert_eq!(told, expected);
    }

    #[test]
    fn a_bar_goes_from_the_afternoon_of_arrival_to_the_morning_of_departure() {
        lies("2026-11-20", 1, Some((1, 2, false, false)));
        lies("2026-11-22", 3, Some((5, 6, false, false)));
    }

    #[test]
    fn departure_and_arrival_share_a_day() {
        let first = window().span(date("2026-11-20"), 2.try_into().unwrap());
        let next = window().span(date("2026-11-22"), 1.try_into().unwrap());
        let (first, next) = (first.unwrap(), next.unwrap());
        assert_eq!(first.start + first.width, next.start);
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        lies("2026-11-18", 4, Some((0, 5, true, false)));
        lies("2026-11-19", 1, Some((0, 1, true, false)));
        lies("2026-11-25", 5, Some((11, 3, false, true)));
        lies("2026-11-26", 1, Some((13, 1, false, true)));
        lies("2026-11-01", 60, Some((0, 14, true, true)));
        lies("2026-11-18", 1, None);
        lies("2026-11-27", 1, None);
    }

    #[test]
    fn a_place_on_the_screen_is_a_date() {
        assert_eq!(window().date_at(0.0), date("2026-11-20"));
        assert_eq!(window().date_at(0.5), date("2026-11-23"));
        assert_eq!(window().date_at(1.0), date("2026-11-26"));
        assert_eq!(window().date_at(-3.0), date("2026-11-20"));
        assert_eq!(window().column(date("2026-11-26")), Some(6));
        assert_eq!(window().column(date("2026-11-27")), None);
    }

    #[test]
    fn turning_there_and_back_ends_where_it_began() {
        let window = Window::around(date("2026-11-21"), 30);
        assert_eq!(window.first, date("2026-11-19"));
        assert_eq!(window.turned(true).first, date("2026-12-16"));
        assert_eq!(window.turned(true).turned(false), window);
    }

    #[test]
    fn nights_count_where_they_are_slept() {
        let nights =
            |arrival, nights: i64| window().nights(date(arrival), nights.try_into().unwrap());
        assert_eq!(nights("2026-11-20", 2), 0..2);
        assert_eq!(nights("2026-11-18", 3), 0..1);
        assert_eq!(nights("2026-11-18", 2), 0..0);
        assert_eq!(nights("2026-11-25", 9), 5..7);
    }
}
