//! Identifiers that do not collide.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits 64 bits have.
const DIGITS_OF_HALF: usize = 11;

/// 128 random bits as 22 letters and digits: one token of a subject, or a message id.
pub(crate) fn encode(random: [u64; 2]) -> String {
    let base = DIGITS.len() as u64;
    let mut text = String::with_capacity(2 * DIGITS_OF_HALF);
    for mut rest in random {
        for _ in 0..DIGITS_OF_HALF {
            text.push(char::from(DIGITS[(rest % base) as usize]));
            rest /= base;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_one_token_of_the_same_length() {
        for random in [[0, 0], [u64::MAX, u64::MAX], [1, u64::MAX / 3]] {
            let id = encode(random);
            assert_eq!(id.len(), 22);
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
        assert_eq!(encode([0, 0]), "0".repeat(22));
        assert_ne!(encode([u64::MAX, 0]), encode([u64::MAX - 1, 0]));
        assert_ne!(encode([0, 1]), encode([1, 0]));
    }
}
