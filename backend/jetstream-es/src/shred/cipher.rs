//! AES-256-GCM. What is sealed says which key it needs, so that the key of somebody who is known again is not taken for the one
//! that was deleted.
//!
//! ```text
//! 1 byte     the version of this form: 1
//! 8 bytes    which key: the beginning of its SHA-256
//! 12 bytes   the nonce, drawn at random for each
//! …          the text, encrypted, and 16 bytes that tell whether anything was changed
//! ```

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use super::keys::KeyError;

/// How many bytes a key has.
pub(super) const KEY: usize = 32;
const VERSION: u8 = 1;
const FINGERPRINT: usize = 8;
const HEAD: usize = 1 + FINGERPRINT + NONCE_LEN;
/// A text is filled up to a multiple of this, so that its length does not tell that of a name.
const FILLED_UP_TO: usize = 64;

/// The key of a person. It is not printed: there is no `Debug`.
#[derive(Clone)]
pub(super) struct Key {
    cipher: LessSafeKey,
    fingerprint: [u8; FINGERPRINT],
}

/// What became of an attempt to open something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Text(Vec<u8>),
    /// It was sealed with another key, which was deleted since.
    OfAnotherKey,
    /// It is not what was sealed here.
    Spoilt,
}

/// The bytes of a new key.
pub(super) fn new_key() -> Result<[u8; KEY], KeyError> {
    random()
}

fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| KeyError::NoRandom)?;
    Ok(bytes)
}

impl Key {
    /// `None` unless there are as many bytes as a key has.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).ok()?);
        let digest = digest(&SHA256, bytes);
        let fingerprint = *digest.as_ref().first_chunk()?;
        Some(Self {
            cipher,
            fingerprint,
        })
    }

    /// The text, sealed; it opens only together with `context`. Spaces are added to its end.
    pub(super) fn seal(&self, mut text: Vec<u8>, context: &str) -> Result<Vec<u8>, KeyError> {
        text.resize(text.len().next_multiple_of(FILLED_UP_TO), b' ');
        let nonce: [u8; NONCE_LEN] = random()?;
        let aad = Aad::from(context.as_bytes());
        let unique = Nonce::assume_unique_for_key(nonce);
        let sealed = self.cipher.seal_in_place_append_tag(unique, aad, &mut text);
        sealed.map_err(|_| KeyError::TooLong)?;
        let head = [&[VERSION][..], &self.fingerprint, &nonce];
        Ok([&head.concat()[..], &text].concat())
    }

    pub(super) fn open(&self, sealed: &[u8], context: &str) -> Opened {
        let Some((head, text)) = sealed.split_first_chunk::<HEAD>() else {
            return Opened::Spoilt;
        };
        let (version, rest) = (head[0], &head[1..]);
        let (fingerprint, nonce) = rest.split_at(FINGERPRINT);
        let Ok(nonce) = Nonce::try_assume_unique_for_key(nonce) else {
            return Opened::Spoilt;
        };
        if version != VERSION {
            return Opened::Spoilt;
        }
        if fingerprint != self.fingerprint {
            return Opened::OfAnotherKey;
        }
        let mut text = text.to_vec();
        let aad = Aad::from(context.as_bytes());
        let length = self.cipher.open_in_place(nonce, aad, &mut text);
        match length.map(|text| text.len()) {
            Ok(length) => {
                text.truncate(length);
                Opened::Text(text)
            }
            Err(_) => Opened::Spoilt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::of(&[byte; KEY]).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_in_its_place_and_nowhere_else() {
        let sealed = key(1).seal(b"Ada".to_vec(), "7 account.7.in").unwrap();
        let Opened::Text(text) = key(1).open(&sealed, "7 account.7.in") else {
            panic!("it does not open");
        };
        assert_eq!(text.trim_ascii_end(), b"Ada");
        assert_eq!(key(1).open(&sealed, "8 account.8.in"), Opened::Spoilt);
        assert_eq!(key(2).open(&sealed, "7 account.7.in"), Opened::OfAnotherKey);
        for at in [0, HEAD - 1, HEAD, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key(1).open(&changed, "7 account.7.in"), Opened::Spoilt);
        }
        assert_eq!(key(1).open(&sealed[..HEAD - 1], ""), Opened::Spoilt);
        assert!(Key::of(&[1; KEY - 1]).is_none());
    }

    #[test]
    fn neither_the_length_nor_a_repetition_of_a_text_shows() {
        let sealed = |text: &str| key(1).seal(text.into(), "").unwrap();
        assert_eq!(sealed("Ada").len(), sealed("Ada Lovelace").len());
        assert_ne!(sealed("Ada"), sealed("Ada"));
    }
}
