//! A key in memory.

use ed25519_dalek::{Signer as _, SigningKey};

use super::text;
use super::{KeyError, KeyKind};
use crate::proto::{Signer, Signing};

/// An NKey: a private key, and the public one that belongs to it.
///
/// ```
/// use nats_wsclient::{ConnectOptions, Credentials, KeyPair};
///
/// # fn main() -> Result<(), nats_wsclient::KeyError> {
/// let key = KeyPair::from_seed("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY")?;
/// assert!(key.public_key().starts_with('U'));
/// let options = ConnectOptions::new().credentials(Credentials::nkey(key));
/// # drop(options);
/// # Ok(())
/// # }
/// ```
///
/// It is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct KeyPair {
    kind: KeyKind,
    key: SigningKey,
    public: String,
}

impl KeyPair {
    /// Reads a seed: `SU…` for a user.
    ///
    /// # Errors
    /// When the text is not a seed.
    pub fn from_seed(seed: &str) -> Result<Self, KeyError> {
        let (kind, seed) = text::parse_seed(seed)?;
        Ok(Self::from_raw_seed(kind, &seed))
    }

    /// Makes a key of 32 bytes that nobody can guess.
    pub fn from_raw_seed(kind: KeyKind, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let public = text::public_key(kind, key.verifying_key().as_bytes());
        Self { kind, key, public }
    }

    /// Makes a new key.
    ///
    /// # Panics
    /// Where there is no `crypto.getRandomValues`, which every page and every worker has.
    #[cfg(target_arch = "wasm32")]
    pub fn generate(kind: KeyKind) -> Self {
        Self::from_raw_seed(kind, &crate::browser::random_seed())
    }

    /// The public key as NATS writes it: `U…` for a user.
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// The private key as NATS writes it: `SU…` for a user. It is a secret.
    pub fn seed(&self) -> String {
        text::seed(self.kind, self.key.as_bytes())
    }

    /// The signature of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl Signer for KeyPair {
    fn public_key(&self) -> &str {
        &self.public
    }

    /// By WebCrypto, which takes care to need the same time for every key, where it knows Ed25519.
    #[cfg(target_arch = "wasm32")]
    fn sign(&self, nonce: &[u8]) -> Signing {
        let (key, nonce) = (self.clone(), nonce.to_vec());
        Box::pin(async move {
            let signed = crate::browser::sign_with_seed(key.key.as_bytes(), &nonce).await;
            Ok(signed.unwrap_or_else(|| key.sign(&nonce)))
        })
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn sign(&self, nonce: &[u8]) -> Signing {
        Box::pin(std::future::ready(Ok(self.sign(nonce))))
    }
}

/// Never prints the private key.
impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation of the Go library `nkeys`, and RFC 8032, 7.1, test 2.
    #[test]
    fn known_keys() {
        let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
        let key = KeyPair::from_seed(seed).expect("a seed");
        assert_eq!(
            key.public_key(),
            "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
        );
        assert_eq!(key.seed(), seed);
        assert!(!format!("{key:?}").contains("SUAC"));

        let mut secret = [0; 32];
        let hex = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        for (byte, digits) in secret.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).expect("ASCII");
            *byte = u8::from_str_radix(digits, 16).expect("hex");
        }
        let key = KeyPair::from_raw_seed(KeyKind::User, &secret);
        let signature: String = (key.sign(&[0x72]).iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            signature,
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }
}
