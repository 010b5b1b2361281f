//! Tells subjects apart without keeping them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SubjectHash(u64);

impl SubjectHash {
    /// Eight bytes at a time: it is computed for each message.
    pub(crate) fn of(subject: &str) -> Self {
        const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;
        let mix = |hash: u64, word: u64| (hash.rotate_left(26) ^ word).wrapping_mul(FACTOR);
        let bytes = subject.as_bytes();
        let (words, rest) = bytes.as_chunks::<8>();
        let hash = words.iter().fold(bytes.len() as u64, |hash, word| {
            mix(hash, u64::from_le_bytes(*word))
        });
        let last = match bytes.last_chunk::<8>() {
            // Some of these bytes are mixed in a second time, which is quicker than to take the rest apart.
            Some(last) => u64::from_le_bytes(*last),
            None => rest
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        let hash = mix(hash, last);
        Self(hash ^ (hash >> 32))
    }

    /// Some bits, for a table.
    pub(crate) fn low_bits(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_told_apart() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..100_000 {
            for subject in [format!("a.{number}"), format!("orders.{number}.created.by")] {
                assert!(seen.insert(SubjectHash::of(&subject).0), "{subject}");
            }
        }
        assert_ne!(SubjectHash::of("a"), SubjectHash::of("a\0"));
    }
}
