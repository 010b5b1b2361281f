//! Numbers that look random and are the same each time.

/// SplitMix64, by Sebastiano Vigna: a counter that is scrambled. Good enough to fill a hotel, and nothing else.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit` − 1. `limit` is at least 1.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the values, each as often as its weight says in relation to the others.
    pub(super) fn weighted<T: Copy>(&mut self, first: T, rest: &[(u64, T)]) -> T {
        let mut roll = self.below(100);
        for (percent, value) in rest {
            if roll < *percent {
                return *value;
            }
            roll -= percent;
        }
        first
    }

    /// One of the values; `None` if there are none.
    pub(super) fn pick<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(values.len() as u64)).ok()?;
        values.get(index)
    }
}
