//! Random numbers from a seed, and Zipf's distribution over the rooms.

/// SplitMix64: the same seed gives the same numbers, everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        // The bias of the remainder is far below what a bench could notice.
        (self.roll() % end as u64) as usize
    }

    /// A number from 0 up to, but not including, 1.
    pub fn fraction(&mut self) -> f64 {
        // 53 bits are what a double keeps exactly.
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Zipf's distribution with the exponent 1: the first is drawn twice as often as the second, three times as often as the
/// third.
#[derive(Debug, Clone)]
pub struct Zipf {
    /// The probability of each and all before it.
    cumulative: Vec<f64>,
}

impl Zipf {
    /// Over the numbers from 0 up to, but not including, `count`.
    pub fn new(count: usize) -> Self {
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = (1..=count)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        for probability in &mut cumulative {
            *probability /= sum;
        }
        Self { cumulative }
    }

    pub fn draw(&self, dice: &mut Dice) -> usize {
        let fraction = dice.fraction();
        let drawn = self
            .cumulative
            .partition_point(|probability| *probability <= fraction);
        // The last one may be below 1 by rounding.
        drawn.min(self.cumulative.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_drawn_twice_as_often_as_the_second() {
        let zipf = Zipf::new(1_000);
        let mut dice = Dice::new(7);
        let mut counts = vec![0_u32; 1_000];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut dice)] += 1;
        }
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.9..2.1).contains(&ratio), "{ratio}");
        // 1 / H(1000)
        assert!((12_900..13_800).contains(&counts[0]), "{}", counts[0]);
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            let mut dice = Dice::new(seed);
            [dice.roll(), dice.roll()]
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }
}
