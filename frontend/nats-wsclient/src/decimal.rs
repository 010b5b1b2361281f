//! Numbers as the protocol writes them: decimal digits and nothing else.
//!
//! `str::parse` looks for an overflow at each digit, by a multiplication of 128 bits that WebAssembly does not have.

/// So many digits cannot overflow.
pub(crate) const SAFE_DIGITS: usize = 19;

/// The number that these digits are; `None` if they are none, or of one that is larger than any `u64`.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    match digits {
        [] => None,
        [rest @ .., last] if digits.len() > SAFE_DIGITS => {
            number(rest)?.checked_mul(10)?.checked_add(digit(*last)?)
        }
        _ => {
            let mut number = 0;
            for &byte in digits {
                number = number * 10 + digit(byte)?;
            }
            Some(number)
        }
    }
}

fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_nothing_else() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("9999999999999999999", Some(9_999_999_999_999_999_999)),
            ("18446744073709551615", Some(u64::MAX)),
            ("00000000000000000000018446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("99999999999999999999", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1 ", None),
            ("1_000", None),
            ("\u{661}", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
    }
}
