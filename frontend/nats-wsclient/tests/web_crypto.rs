//! Keys that the browser signs with.
#![cfg(target_arch = "wasm32")]

use nats_wsclient::{KeyKind, KeyPair, NonExtractableKey, Signer, WebCryptoError};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::CryptoKeyPair;

wasm_bindgen_test_configure!(run_in_browser);

/// Makes WebCrypto's keys of the seed that is 32 times 7, and counts who signs how often.
const SETUP: &str = r#"(async () => {
    globalThis.signed = 0;
    const sign = SubtleCrypto.prototype.sign;
    SubtleCrypto.prototype.sign = function (...args) { signed += 1; return sign.apply(this, args); };
    const prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    const pkcs8 = new Uint8Array([...prefix, ...Array(32).fill(7)]);
    const open = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
    const { kty, crv, x } = await crypto.subtle.exportKey("jwk", open);
    const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
    const publicKey = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", true, ["verify"]);
    return { privateKey, publicKey };
})()"#;

/// Takes Ed25519 away.
const OLD_BROWSER: &str = r#"(async () => {
    const refuse = () => Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
    SubtleCrypto.prototype.importKey = refuse;
    SubtleCrypto.prototype.generateKey = refuse;
})()"#;

async fn js(code: &str) -> JsValue {
    let promise: js_sys::Promise = js_sys::eval(code).expect("no exception").unchecked_into();
    JsFuture::from(promise).await.expect("no exception")
}

fn signed() -> f64 {
    let count = js_sys::eval("signed").expect("no exception");
    count.as_f64().expect("a number")
}

#[wasm_bindgen_test]
async fn the_browser_signs_as_the_software_does_and_the_software_where_the_browser_cannot() {
    let pair: CryptoKeyPair = js(SETUP).await.unchecked_into();
    let software = KeyPair::from_raw_seed(KeyKind::User, &[7; 32]);
    let expected = software.sign(b"nonce");
    let asked = |key: &dyn Signer| key.sign(b"nonce");

    let kept = NonExtractableKey::from_crypto_keys(pair).await;
    let kept = kept.expect("keys of Ed25519");
    assert_eq!(kept.public_key(), software.public_key());
    assert_eq!(asked(&kept).await, Ok(expected));
    assert_eq!(signed(), 1.0);
    assert_eq!(asked(&software).await, Ok(expected));
    assert_eq!(signed(), 2.0, "not in software");

    let fresh = NonExtractableKey::generate().await.expect("Ed25519");
    assert!(!fresh.crypto_keys().get_private_key().extractable());
    assert!(fresh.public_key().starts_with('U') && fresh.public_key().len() == 56);
    assert_ne!(fresh.public_key(), kept.public_key());
    assert_ne!(asked(&fresh).await, Ok(expected));
    let again = NonExtractableKey::from_crypto_keys(fresh.crypto_keys().clone()).await;
    assert_eq!(
        again.expect("the same keys").public_key(),
        fresh.public_key()
    );

    js(OLD_BROWSER).await;
    assert_eq!(asked(&software).await, Ok(expected));
    assert_eq!(signed(), 3.0, "in software");
    let error = NonExtractableKey::generate().await.expect_err("no Ed25519");
    let reason = "Unrecognized name.".to_owned();
    assert_eq!(error, WebCryptoError::Unavailable { reason });
}

#[wasm_bindgen_test]
fn a_new_key_is_another_one() {
    let [one, other] = [(); 2].map(|()| KeyPair::generate(KeyKind::User));
    assert_ne!(one.public_key(), other.public_key());
    let read = KeyPair::from_seed(&one.seed()).expect("a seed");
    assert_eq!(read.sign(b"x"), one.sign(b"x"));
}
