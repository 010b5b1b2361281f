//! The names of buckets (ADR-8). They become tokens of subjects, so they are checked before they reach one.

/// Why a text is not the name of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not the name of a bucket: use letters, digits, `-` and `_`")]
pub struct BucketNameError {
    pub name: String,
}

/// Checks the name of a bucket.
///
/// # Errors
/// When it has other characters than ASCII letters and digits, `-` and `_`.
pub(crate) fn check_bucket(name: &str) -> Result<(), BucketNameError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(BucketNameError {
            name: name.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        for good in ["a", "KV_stays-2"] {
            assert_eq!(check_bucket(good), Ok(()), "{good:?}");
        }
        for bad in ["", "a.b", "a b", "ä", "a*"] {
            assert!(check_bucket(bad).is_err(), "{bad:?}");
        }
    }
}
