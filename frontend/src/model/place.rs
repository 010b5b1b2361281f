//! Of which hotel a page is, by its path.

use shared::HotelName;

/// The hotel that the path names first; `None` for `/` and for a file.
pub fn of_path(path: &str) -> Option<HotelName> {
    path.split('/').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_is_the_hotel() {
        for path in ["/sea", "/sea/", "/sea/x"] {
            assert_eq!(of_path(path).unwrap().as_str(), "sea", "{path}");
        }
        for path in ["", "/", "//sea", "/index.html", "/Sea/"] {
            assert_eq!(of_path(path), None, "{path}");
        }
    }
}
