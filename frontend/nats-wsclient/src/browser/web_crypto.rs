//! Signatures by WebCrypto, which browsers have had for Ed25519 since 2024 (Safari 17, Firefox 129, Chrome 137), on
//! `https://` and on the machine itself.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, CryptoKeyPair, SubtleCrypto};

use super::exception;
use super::scope::Scope;
use crate::auth::{KeyKind, public_key};
use crate::proto::{Signer, Signing};

const ALGORITHM: &str = "Ed25519";

/// What comes before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The NKey of a user whose private part nobody can read, this page's scripts included: the browser signs with it, and can
/// keep it in IndexedDB.
///
/// So whoever gets to run a script in the page can use the key as long as the page is open, and cannot take it away. The
/// server that knows the user has to be told the [public key](Signer::public_key) once.
///
/// ```no_run
/// # #[cfg(target_arch = "wasm32")]
/// # async fn log_in(jwt_for: impl AsyncFn(&str) -> String) -> Result<(), Box<dyn std::error::Error>> {
/// use nats_wsclient::{ConnectOptions, Credentials, NonExtractableKey, Signer};
///
/// let key = NonExtractableKey::generate().await?;
/// let jwt = jwt_for(key.public_key()).await;
/// let options = ConnectOptions::new().credentials(Credentials::jwt(jwt, key));
/// # drop(options);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct NonExtractableKey {
    pair: CryptoKeyPair,
    public: String,
}

/// Why WebCrypto has no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebCryptoError {
    /// There is no `crypto.subtle`, or it does not know Ed25519, or it failed.
    #[error(
        "this browser has no WebCrypto with Ed25519 here ({reason}): serve the page from https://, or use a newer browser, or a `KeyPair`"
    )]
    Unavailable {
        /// What the browser says.
        reason: String,
    },
    /// [`NonExtractableKey::from_crypto_keys`] was given a public key that has not 32 bytes.
    #[error("these are not the keys of Ed25519: generate them for it, and to sign")]
    NotEd25519,
}

impl NonExtractableKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// When the browser has no WebCrypto with Ed25519.
    pub async fn generate() -> Result<Self, WebCryptoError> {
        let usages = Array::of1(&"sign".into());
        let promise =
            subtle().and_then(|subtle| subtle.generate_key_with_str(ALGORITHM, false, &usages));
        let pair = resolve(promise).await.map_err(unavailable)?;
        Self::from_crypto_keys(pair.unchecked_into()).await
    }

    /// Takes over keys that were made before, by this or by `crypto.subtle.generateKey("Ed25519", …)`.
    ///
    /// # Errors
    /// When they are of another kind.
    pub async fn from_crypto_keys(pair: CryptoKeyPair) -> Result<Self, WebCryptoError> {
        // A public key can always be read.
        let promise = subtle().and_then(|subtle| subtle.export_key("raw", &pair.get_public_key()));
        let raw = resolve(promise).await.map_err(unavailable)?;
        let raw = bytes(&raw).ok_or(WebCryptoError::NotEd25519)?;
        let public = public_key(KeyKind::User, &raw);
        Ok(Self { pair, public })
    }

    /// The keys, to keep them in IndexedDB. A `CryptoKey` can be put there without being readable.
    pub fn crypto_keys(&self) -> &CryptoKeyPair {
        &self.pair
    }
}

impl Signer for NonExtractableKey {
    fn public_key(&self) -> &str {
        &self.public
    }

    fn sign(&self, nonce: &[u8]) -> Signing {
        let (key, nonce) = (self.pair.get_private_key(), nonce.to_vec());
        Box::pin(async move {
            sign(&key, &nonce)
                .await
                .map_err(|error| exception::message(&error))
        })
    }
}

/// Signs with the key that belongs to a seed; `None` if WebCrypto cannot.
pub(crate) async fn sign_with_seed(seed: &[u8; 32], message: &[u8]) -> Option<[u8; 64]> {
    let pkcs8 = Uint8Array::new_with_length(PKCS8.len() as u32 + 32);
    pkcs8.subarray(0, 16).copy_from(&PKCS8);
    pkcs8.subarray(16, 48).copy_from(seed);
    let usages = Array::of1(&"sign".into());
    let promise = subtle()
        .and_then(|subtle| subtle.import_key_with_str("pkcs8", &pkcs8, ALGORITHM, false, &usages));
    let key = resolve(promise).await;
    pkcs8.fill(0, 0, pkcs8.length());
    sign(key.ok()?.unchecked_ref(), message).await.ok()
}

async fn sign(key: &CryptoKey, message: &[u8]) -> Result<[u8; 64], JsValue> {
    let message = Uint8Array::from(message);
    let promise = subtle()
        .and_then(|subtle| subtle.sign_with_str_and_buffer_source(ALGORITHM, key, &message));
    let signature = resolve(promise).await?;
    bytes(&signature).ok_or_else(|| "a signature of another length".into())
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    let scope = Scope::current().ok_or("neither a page nor a worker")?;
    let subtle = scope.crypto()?.subtle();
    // It is undefined where the page did not come by https://.
    if subtle.is_undefined() {
        return Err("no crypto.subtle".into());
    }
    Ok(subtle)
}

async fn resolve(promise: Result<js_sys::Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

fn bytes<const N: usize>(buffer: &JsValue) -> Option<[u8; N]> {
    let array = Uint8Array::new(buffer.dyn_ref::<ArrayBuffer>()?);
    let mut bytes = [0; N];
    (array.length() as usize == N).then(|| array.copy_to(&mut bytes))?;
    Some(bytes)
}

fn unavailable(error: JsValue) -> WebCryptoError {
    WebCryptoError::Unavailable {
        reason: exception::message(&error),
    }
}
