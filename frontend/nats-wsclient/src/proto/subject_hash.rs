//! Tells subjects apart without keeping them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SubjectHash(u64);

impl SubjectHash {
    /// Eight bytes at a time: it is computed for each message.
    pub(crate) fn of(subject: &str) -> Self {
        const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;
        let mix = |hash: u64, word: u64| (hash.rotate_left(26) ^ word).wrapping_mul(FACTOR);
        let (words, rest) = subject.as_bytes().as_chunks::<8>();
        let mut hash = words.iter().fold(subject.len() as u64, |hash, word| {
            mix(hash, u64::from_le_bytes(*word))
        });
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = mix(hash, u64::from_le_bytes(last));
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
