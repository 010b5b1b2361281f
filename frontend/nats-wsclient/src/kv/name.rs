//! The names of buckets and keys (ADR-8). They become tokens of subjects, so they are checked before they reach one.

/// Why a text is not the name of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is not the name of a bucket: use letters, digits, `-` and `_`")]
pub struct BucketNameError {
    /// The text that was given.
    pub name: String,
}

/// Why a text is not a key, or not a filter of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{key}\" is not a key: use letters, digits and `-/_=`, with single dots between them; `*` and a final `>` only to watch and list"
)]
pub struct KeyError {
    /// The text that was given.
    pub key: String,
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

/// Checks a key.
///
/// # Errors
/// When it has other characters than ADR-8 allows, or an empty token.
#[cfg(feature = "kv")]
pub(crate) fn check_key(key: &str) -> Result<(), KeyError> {
    check(key, key.split('.').all(is_token))
}

/// Checks a filter of keys: a key in which `*` stands for a token, and a final `>` for one or more.
///
/// # Errors
/// When it is none.
pub(crate) fn check_filter(filter: &str) -> Result<(), KeyError> {
    let mut tokens = filter.split('.').peekable();
    let mut valid = true;
    while let Some(token) = tokens.next() {
        valid &= token == "*" || is_token(token) || (token == ">" && tokens.peek().is_none());
    }
    check(filter, valid)
}

fn check(key: &str, valid: bool) -> Result<(), KeyError> {
    valid.then_some(()).ok_or_else(|| KeyError {
        key: key.to_owned(),
    })
}

fn is_token(token: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_=".contains(&byte);
    !token.is_empty() && token.bytes().all(allowed)
}

/// Whether a key is one of those that a filter stands for.
pub(crate) fn matches(filter: &str, key: &str) -> bool {
    let mut tokens = key.split('.');
    for wanted in filter.split('.') {
        let Some(token) = tokens.next() else {
            return false;
        };
        match wanted {
            ">" => return true,
            "*" => {}
            wanted if wanted != token => return false,
            _ => {}
        }
    }
    tokens.next().is_none()
}

/// Whether there is a key that both filters stand for.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    let (mut ones, mut others) = (one.split('.'), other.split('.'));
    loop {
        match (ones.next(), others.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
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

    #[test]
    fn keys() {
        for good in ["a", "a.b.c", "-/_=aZ9", "a/b=c.d"] {
            assert_eq!(check_key(good), Ok(()), "{good:?}");
        }
        for bad in ["", ".", ".a", "a.", "a..b", "a b", "ä", "*", "a.>", "a*"] {
            assert!(check_key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn filters() {
        for good in ["a", "*", ">", "a.*.c", "a.>", "*.>"] {
            assert_eq!(check_filter(good), Ok(()), "{good:?}");
        }
        for bad in ["", "a.>.b", "a*", "a..>", ">.a", "a b"] {
            assert!(check_filter(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_a_filter_stands_for() {
        for (filter, key, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "a.c", false),
            ("a.b", "a", false),
            ("a", "a.b", false),
            ("*", "a", true),
            ("*", "a.b", false),
            ("a.*.c", "a.b.c", true),
            (">", "a.b.c", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
        ] {
            assert_eq!(matches(filter, key), expected, "{filter} {key}");
        }
    }

    #[test]
    fn filters_that_overlap() {
        for (one, other, expected) in [
            ("a", "a", true),
            ("a", "b", false),
            ("a", "a.b", false),
            ("a.*", "*.b", true),
            ("a.*", "b.*", false),
            (">", "a.b", true),
            ("a.>", "a", false),
            ("a.>", "a.b.c", true),
            ("a.>", "*.*.c", true),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
