//! How NATS writes keys: a byte or two that tell the kind, the key, and a checksum, in Base32 (the `nkeys` libraries).

use zeroize::Zeroizing;

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// `U…`: the only one that logs in.
    User,
    /// `A…`: signs the JWTs of users.
    Account,
    /// `O…`: signs the JWTs of accounts.
    Operator,
}

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It begins like a seed, and is cut off or has something behind it. Blanks around it do no harm.
    #[error("a seed has 58 letters and digits, this has another number: copy all of it")]
    Length,
    /// It has the length of a seed, and a character that Base32 does not have: a small letter, 0, 1, 8 or 9, for one.
    #[error("a seed has the letters A to Z and the digits 2 to 7 only: copy it as it is")]
    Character,
    /// The last 16 bits are not the CRC of what is before them.
    #[error("the seed has a typing error: copy it again")]
    Checksum,
    /// It does not begin with `S`: a public key begins with the letter of its [kind](KeyKind), a JWT with `ey`.
    #[error("this is not a seed, which begins with S: a public key cannot sign")]
    NotASeed,
    /// It is a sound seed of something else, such as a server or a cluster.
    #[error("this is the seed of neither a user nor an account nor an operator")]
    Kind,
}

impl KeyKind {
    /// The upper five bits are a letter of Base32.
    fn prefix(self) -> u8 {
        let letter = match self {
            Self::User => 20,
            Self::Account => 0,
            Self::Operator => 14,
        };
        letter << 3
    }
}

/// `S`, as a prefix.
const SEED: u8 = 18 << 3;

/// The digits of a seed: two bytes of kind, 32 of key, two of checksum.
const SEED_DIGITS: usize = 58;

/// A public key as text: 56 letters and digits.
pub(crate) fn public_key(kind: KeyKind, key: &[u8; 32]) -> String {
    encode(&[&[kind.prefix()], &key[..]].concat())
}

/// A seed as text: 58 letters and digits.
pub(super) fn seed(kind: KeyKind, seed: &[u8; 32]) -> String {
    // The kind follows the five bits of the S.
    let kind = kind.prefix();
    let bytes = Zeroizing::new([&[SEED | kind >> 5, kind << 3], &seed[..]].concat());
    encode(&bytes)
}

/// Reads a seed.
pub(super) fn parse_seed(text: &str) -> Result<(KeyKind, Zeroizing<[u8; 32]>), KeyError> {
    let text = text.trim();
    if !text.starts_with('S') {
        return Err(KeyError::NotASeed);
    }
    if text.len() != SEED_DIGITS {
        return Err(KeyError::Length);
    }
    let bytes = decode(text).ok_or(KeyError::Character)?;
    let (content, &checksum) = bytes.split_last_chunk().ok_or(KeyError::Length)?;
    if u16::from_le_bytes(checksum) != crc(content) {
        return Err(KeyError::Checksum);
    }
    let (&[first, second], key) = content.split_first_chunk().ok_or(KeyError::Length)?;
    let prefix = first << 5 | second >> 3;
    let kind = [KeyKind::User, KeyKind::Account, KeyKind::Operator]
        .into_iter()
        .find(|kind| kind.prefix() == prefix)
        .ok_or(KeyError::Kind)?;
    let mut seed = Zeroizing::new([0; 32]);
    seed.copy_from_slice(key.first_chunk::<32>().ok_or(KeyError::Length)?);
    Ok((kind, seed))
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 (RFC 4648, without padding) of the bytes and their checksum.
fn encode(bytes: &[u8]) -> String {
    let checksum = crc(bytes).to_le_bytes();
    let (mut bits, mut count) = (0_u32, 0);
    let mut text = String::with_capacity(SEED_DIGITS);
    for &byte in bytes.iter().chain(&checksum) {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(digit(bits >> count));
        }
    }
    if count > 0 {
        text.push(digit(bits << (5 - count)));
    }
    text
}

fn digit(bits: u32) -> char {
    ALPHABET[bits as usize & 31].into()
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for digit in text.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// CRC-16 with the polynomial 0x1021, as XMODEM has it.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_xmodems() {
        assert_eq!(crc(b"123456789"), 0x31c3);
    }

    #[test]
    fn keys_begin_with_the_letter_of_their_kind() {
        for (kind, letter) in [
            (KeyKind::User, 'U'),
            (KeyKind::Account, 'A'),
            (KeyKind::Operator, 'O'),
        ] {
            let public = public_key(kind, &[0xa5; 32]);
            assert!(public.starts_with(letter) && public.len() == 56, "{public}");
            let text = seed(kind, &[0x5a; 32]);
            assert_eq!((&text[..1], text.chars().nth(1)), ("S", Some(letter)));
            let read = parse_seed(&text).expect("a seed");
            assert_eq!((read.0, *read.1), (kind, [0x5a; 32]));
        }
    }

    #[test]
    fn what_is_no_seed_says_why() {
        let good = seed(KeyKind::User, &[7; 32]);
        let public = public_key(KeyKind::User, &[7; 32]);
        let swapped = good.replacen("SU", "SA", 1);
        let of_a_server =
            encode(&[&[SEED | (13 << 3) >> 5, (13_u8 << 3) << 3], &[7; 32][..]].concat());
        for (text, error) in [
            ("", KeyError::NotASeed),
            (&*public, KeyError::NotASeed),
            (&good[..57], KeyError::Length),
            (&good.replace('A', "1"), KeyError::Character),
            (
                &good.to_lowercase().replacen('s', "S", 1),
                KeyError::Character,
            ),
            (&swapped, KeyError::Checksum),
            (&of_a_server, KeyError::Kind),
        ] {
            assert_eq!(parse_seed(text).err(), Some(error), "{text}");
        }
        assert!(parse_seed(&format!(" {good}\n")).is_ok());
    }
}
