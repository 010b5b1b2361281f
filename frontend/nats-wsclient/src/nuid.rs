//! Identifiers that do not collide.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits 128 bits have.
const LENGTH: usize = 22;

/// 128 random bits as 22 letters and digits: one token of a subject, or a message id.
pub(crate) fn encode(random: [u8; 16]) -> String {
    let mut rest = u128::from_le_bytes(random);
    (0..LENGTH)
        .map(|_| {
            let digit = (rest % DIGITS.len() as u128) as usize;
            rest /= DIGITS.len() as u128;
            char::from(DIGITS[digit])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_one_token_of_the_same_length() {
        for random in [[0; 16], [255; 16], *b"0123456789abcdef"] {
            let id = encode(random);
            assert_eq!(id.len(), LENGTH);
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
        assert_eq!(encode([0; 16]), "0".repeat(LENGTH));
        assert_ne!(encode([255; 16]), encode([254; 16]));
    }
}
