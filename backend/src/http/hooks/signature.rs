//! The signature of a webhook, as [Standard Webhooks](https://www.standardwebhooks.com/) describes it: HMAC-SHA-256 over
//! `<id>.<timestamp>.<body>`, in Base64, in the header `webhook-signature` as `v1,<signature>`.

use std::time::Duration;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use shared::Timestamp;

use super::sources::Secret;

/// How far the time in a webhook may be from ours, to either side.
pub(super) const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The longest id of a webhook, in bytes.
pub(crate) const MAX_ID: usize = 256;

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotSigned {
    #[error("the header {0} is missing, or is not what it should be")]
    Header(&'static str),
    #[error(
        "the time in webhook-timestamp is more than {} seconds from ours",
        TOLERANCE.as_secs()
    )]
    Time,
    #[error(
        "no signature in webhook-signature is one of this id, time and body with a secret that is known here"
    )]
    Signature,
}

/// Checks the signature, and returns the id of the webhook.
pub(super) fn check<'a>(
    headers: &'a HeaderMap,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<&'a str, NotSigned> {
    let text = |name: &'static str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or(NotSigned::Header(name))
    };
    let id = text("webhook-id")?;
    if id.is_empty() || id.len() > MAX_ID {
        return Err(NotSigned::Header("webhook-id"));
    }
    let time = text("webhook-timestamp")?;
    let seconds: u32 = time
        .parse()
        .map_err(|_| NotSigned::Header("webhook-timestamp"))?;
    let signatures = text("webhook-signature")?;

    // Other versions of signatures may stand beside it.
    let mut given = signatures
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|signature| STANDARD.decode(signature).ok());
    if !given.any(|given| {
        secrets
            .iter()
            .any(|secret| secret.signed(id, time, body, &given))
    }) {
        return Err(NotSigned::Signature);
    }
    let since = now.unix_milliseconds() - i64::from(seconds) * 1_000;
    if u128::from(since.unsigned_abs()) > TOLERANCE.as_millis() {
        return Err(NotSigned::Time);
    }
    Ok(id)
}

impl Secret {
    /// Compares in the same time whatever the signature is.
    fn signed(&self, id: &str, time: &str, body: &[u8], signature: &[u8]) -> bool {
        // A key of any length is one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return false;
        };
        for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.verify_slice(signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIME: &str = "1614265330";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn check_at(seconds: i64, signature: &str, body: &[u8]) -> Result<String, NotSigned> {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", ID.parse().unwrap());
        headers.insert("webhook-timestamp", TIME.parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        let secrets = [Secret(vec![7; 24]), Secret(STANDARD.decode(KEY).unwrap())];
        let now = Timestamp::from_unix_milliseconds(seconds * 1_000);
        check(&headers, body, &secrets, now).map(str::to_owned)
    }

    #[test]
    fn the_example_of_the_specification_is_believed() {
        let time: i64 = TIME.parse().unwrap();
        for late in [-300, 0, 300] {
            assert_eq!(check_at(time + late, SIGNATURE, BODY), Ok(ID.to_owned()));
        }
        let several = format!("v1a,abc v1,AAAA {SIGNATURE}");
        assert_eq!(check_at(time, &several, BODY), Ok(ID.to_owned()));
    }

    #[test]
    fn anything_else_is_not() {
        let time: i64 = TIME.parse().unwrap();
        for late in [-301, 301] {
            assert_eq!(check_at(time + late, SIGNATURE, BODY), Err(NotSigned::Time));
        }
        assert_eq!(check_at(time, SIGNATURE, b"{}"), Err(NotSigned::Signature));
        for signature in [
            "",
            "v1,",
            "v1,AAAA",
            &SIGNATURE[3..],
            "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ] {
            assert_eq!(check_at(time, signature, BODY), Err(NotSigned::Signature));
        }
        let (none, now) = (HeaderMap::new(), Timestamp::from_unix_milliseconds(0));
        let none = check(&none, BODY, &[], now);
        assert_eq!(none, Err(NotSigned::Header("webhook-id")));
    }
}
