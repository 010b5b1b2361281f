//! Subjects that were checked before they reach the wire.
//!
//! The server would answer a bad subject with an `-ERR` that nobody can relate to its cause, or take a blank in it for
//! the end of the subject. So a subject is checked where it enters the client.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use bytestring::ByteString;

/// The longest subject in bytes. With a reply subject of the same length it fits a control line of the server, whose
/// default limit is 4,096 bytes.
pub const MAX_SUBJECT: usize = 2_000;

/// A subject that one message has: tokens between dots, without wildcards.
///
/// Received subjects are slices of what came over the network, so that none is copied.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(ByteString);

/// A subject to subscribe to: `*` stands for one token, a final `>` for one or more.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectPattern(ByteString);

/// Why a text is not a subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the subject \"{subject}\" {problem}")]
pub struct SubjectError {
    /// The text that was given.
    pub subject: String,
    /// The first thing that is wrong with it.
    pub problem: SubjectProblem,
}

/// What is wrong with a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectProblem {
    /// It has no characters at all.
    #[error("is empty: name at least one token")]
    Empty,
    /// It begins or ends with a dot, or has two in a row.
    #[error(
        "has an empty token: a dot stands between two tokens, not at an end or beside another dot"
    )]
    EmptyToken,
    /// It has a space, a tab, a line break or another control character of ASCII.
    #[error("contains a blank or a control character: encode it, or use another character")]
    Blank,
    /// A token is `*` or `>`, where a subject of one message is wanted.
    #[error(
        "contains a wildcard: a message has exactly one subject, wildcards are for subscribing"
    )]
    Wildcard,
    /// A token before the last one is `>`.
    #[error("has `>` before its end: it stands for the rest of a subject, use `*` for one token")]
    EarlyRest,
    /// It is longer than [`MAX_SUBJECT`].
    #[error("is longer than {MAX_SUBJECT} bytes")]
    TooLong,
}

/// Checks the subject of a message.
///
/// # Errors
/// When it is not one, see [`SubjectProblem`].
pub(crate) fn check_subject(subject: &str) -> Result<(), SubjectError> {
    check(subject, false)
}

/// Checks the subject of a message that is to be sent. One that makes a consumer has wildcards if the consumer's filter
/// has, for it ends with the filter, so that a permission can be for that.
///
/// # Errors
/// When it is not one, see [`SubjectProblem`].
pub(crate) fn check_destination(subject: &str) -> Result<(), SubjectError> {
    const MAKES_CONSUMER: &[u8] = b".CONSUMER.CREATE.";
    let mut parts = subject.as_bytes().windows(MAKES_CONSUMER.len());
    match check_subject(subject) {
        Err(SubjectError {
            problem: SubjectProblem::Wildcard,
            ..
        }) if parts.any(|part| part == MAKES_CONSUMER) => check_pattern(subject),
        checked => checked,
    }
}

/// Checks a subject to subscribe to.
///
/// # Errors
/// When it is not one, see [`SubjectProblem`].
pub(crate) fn check_pattern(subject: &str) -> Result<(), SubjectError> {
    check(subject, true)
}

fn check(subject: &str, wildcards: bool) -> Result<(), SubjectError> {
    problem(subject.as_bytes(), wildcards).map_or(Ok(()), |problem| {
        Err(SubjectError {
            subject: subject.to_owned(),
            problem,
        })
    })
}

fn problem(subject: &[u8], wildcards: bool) -> Option<SubjectProblem> {
    if subject.is_empty() {
        return Some(SubjectProblem::Empty);
    }
    if subject.len() > MAX_SUBJECT {
        return Some(SubjectProblem::TooLong);
    }
    if is_plain(subject) {
        return None;
    }
    let mut tokens = subject.split(|&byte| byte == b'.').peekable();
    while let Some(token) = tokens.next() {
        match token {
            [] => return Some(SubjectProblem::EmptyToken),
            b"*" | b">" if !wildcards => return Some(SubjectProblem::Wildcard),
            b">" if tokens.peek().is_some() => return Some(SubjectProblem::EarlyRest),
            token if token.iter().any(|&byte| byte <= b' ' || byte == 0x7f) => {
                return Some(SubjectProblem::Blank);
            }
            _ => {}
        }
    }
    None
}

/// Whether there is nothing to look at twice, in one pass: every published message comes by here.
fn is_plain(subject: &[u8]) -> bool {
    let mut after_dot = true;
    for &byte in subject {
        // Most are letters.
        if byte > b'>' && byte != 0x7f {
            after_dot = false;
        } else if byte == b'.' && !after_dot {
            after_dot = true;
        } else if byte <= b' ' || matches!(byte, b'.' | b'*' | b'>' | 0x7f) {
            return false;
        } else {
            after_dot = false;
        }
    }
    !after_dot
}

impl Subject {
    /// A subject that the server sent. The server has checked it.
    pub(crate) fn received(text: ByteString) -> Self {
        Self(text)
    }

    /// The text, with dots between its tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SubjectPattern {
    /// The text, with dots between its tokens, and wildcards as they were given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_of_a_subject {
    ($type:ty, $check:ident) => {
        impl TryFrom<&str> for $type {
            type Error = SubjectError;

            fn try_from(text: &str) -> Result<Self, SubjectError> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = SubjectError;

            fn try_from(text: String) -> Result<Self, SubjectError> {
                $check(&text)?;
                Ok(Self(text.into()))
            }
        }

        impl FromStr for $type {
            type Err = SubjectError;

            fn from_str(text: &str) -> Result<Self, SubjectError> {
                text.try_into()
            }
        }

        impl Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.0 == **other
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

text_of_a_subject!(Subject, check_subject);
text_of_a_subject!(SubjectPattern, check_pattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(subject: &str, wildcards: bool, expected: SubjectProblem) {
        let error = check(subject, wildcards).expect_err("a refusal");
        assert_eq!(error.problem, expected, "{subject:?}");
    }

    #[test]
    fn subjects_of_messages() {
        for good in [
            "a",
            "a.b",
            "$KV.b.k_1-2",
            "käse.brot",
            "a*b.c>d",
            "_INBOX.x.Y",
        ] {
            assert_eq!(Subject::try_from(good).expect(good), good);
        }
        refused("", false, SubjectProblem::Empty);
        for bad in [".", ".a", "a.", "a..b"] {
            refused(bad, false, SubjectProblem::EmptyToken);
        }
        for bad in ["a b", "a\tb", "a\r\nPUB x 0", "a.\u{7f}"] {
            refused(bad, false, SubjectProblem::Blank);
        }
        for bad in ["*", "a.*", "a.>", ">"] {
            refused(bad, false, SubjectProblem::Wildcard);
        }
        refused(&"x".repeat(MAX_SUBJECT + 1), false, SubjectProblem::TooLong);
    }

    #[test]
    fn the_filter_of_a_consumer() {
        assert_eq!(
            check_destination("$JS.API.CONSUMER.CREATE.s.c.a.*.>"),
            Ok(())
        );
        assert!(check_destination("$JS.API.CONSUMER.CREATE.s.c.>.a").is_err());
        assert!(check_destination("$JS.API.CONSUMER.INFO.s.*").is_err());
    }

    #[test]
    fn subjects_to_subscribe_to() {
        for good in ["a", "*", ">", "a.*.c", "a.>", "*.*.>"] {
            assert_eq!(SubjectPattern::try_from(good).expect(good), good);
        }
        refused("a.>.b", true, SubjectProblem::EarlyRest);
        refused("a..>", true, SubjectProblem::EmptyToken);
        refused("a. >", true, SubjectProblem::Blank);
    }

    #[test]
    fn the_error_names_the_subject_and_the_remedy() {
        let error = check_subject("a.>").expect_err("a refusal");
        assert!(
            error
                .to_string()
                .starts_with("the subject \"a.>\" contains a wildcard: ")
        );
    }
}
