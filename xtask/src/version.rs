//! Versions as programs print them, and as Cargo.lock has them.

use std::fmt;

/// The first three numbers of a version; what is not said is 0. Pre-releases count as the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// The first version in what a program answered to `--version`: `nats-server: v2.15.1`, `wasm-opt version 132
    /// (version_132)`, `Chromium 156.0.8078.73 built on Debian`.
    pub(crate) fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::parse)
    }

    /// A version alone: `2.15.1`, `v2.15`, `132`, `0.2.130-beta.1`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let release = word.split(['-', '+']).next()?;
        let mut numbers = release.split('.').map(str::parse);
        let first = numbers.next()?.ok()?;
        let mut next = || numbers.next().unwrap_or(Ok(0)).ok();
        Some(Self(first, next()?, next()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_in_what_programs_print() {
        for (text, version) in [
            ("nats-server: v2.15.1", Version(2, 15, 1)),
            ("trunk 0.21.14", Version(0, 21, 14)),
            ("wasm-bindgen 0.2.130", Version(0, 2, 130)),
            ("wasm-opt version 132 (version_132)", Version(132, 0, 0)),
            (
                "Chromium 156.0.8078.73 built on Debian GNU/Linux 12",
                Version(156, 0, 8078),
            ),
            (
                "ChromeDriver 156.0.8078.73 (1a2b3c-refs/heads)",
                Version(156, 0, 8078),
            ),
            ("nats-server: v2.15.0-RC.1", Version(2, 15, 0)),
            ("Python 3.11.7\n", Version(3, 11, 7)),
        ] {
            assert_eq!(Version::find(text), Some(version), "{text}");
        }
    }

    #[test]
    fn is_not_found_where_there_is_none() {
        for text in ["", "nats-server", "version unknown", "v", "1.x"] {
            assert_eq!(Version::find(text), None, "{text}");
        }
    }

    #[test]
    fn compares_by_number() {
        assert!(Version(2, 14, 10) > Version(2, 14, 4));
        assert!(Version(2, 9, 25) < Version(2, 14, 4));
    }
}
