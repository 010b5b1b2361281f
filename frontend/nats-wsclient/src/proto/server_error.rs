//! What the server says in `-ERR`, as types.

/// An `-ERR` of the server.
///
/// The texts are those of nats-server 2.15; one that is not known is [`Other`](Self::Other).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    #[error("the server refused the log-in: check user and password, or the token")]
    AuthorizationViolation,
    #[error("the log-in has expired: log in again")]
    AuthenticationExpired,
    #[error("the log-in was revoked: ask the operator")]
    AuthenticationRevoked,
    #[error("the account's log-in has expired: ask the operator")]
    AccountAuthenticationExpired,
    #[error("the log-in took too long")]
    AuthenticationTimeout,
    #[error(
        "the server has as many connections as it allows: try again later, or raise its `max_connections`"
    )]
    MaximumConnections,
    #[error(
        "the account has as many connections as it allows: close one, or raise the account's `max_connections`"
    )]
    MaximumAccountConnections,
    #[error(
        "there are as many subscriptions as the server allows: drop some, or raise `max_subscriptions`"
    )]
    MaximumSubscriptions,
    #[error(
        "a message was larger than the server takes: send less at once, or raise its `max_payload`"
    )]
    MaximumPayload,
    #[error("a line of the protocol was longer than the server takes: use shorter subjects")]
    MaximumControlLine,
    #[error(
        "publishing to {subject:?} is not permitted: use another subject, or ask for the permission"
    )]
    PublishDenied { subject: String },
    /// The server keeps such subjects for itself.
    #[error("publishing with the reply subject {reply:?} is not permitted: use another one")]
    ReplyDenied { reply: String },
    #[error(
        "subscribing to {subject:?} is not permitted: use another subject, or ask for the permission"
    )]
    SubscriptionDenied {
        subject: String,
        queue: Option<String>,
    },
    #[error(
        "the server found the client too slow to receive what it subscribed to: subscribe to less"
    )]
    SlowConsumer,
    #[error("the server heard nothing from the client for too long")]
    StaleConnection,
    #[error("the server did not understand what the client sent")]
    UnknownOperation,
    #[error("the server could not parse what the client sent")]
    ParserError,
    #[error("the server found a subject invalid")]
    InvalidSubject,
    #[error("the server says: {0}")]
    Other(String),
}

impl ServerError {
    /// Reads the text of an `-ERR`, without its quotes.
    pub(crate) fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        if let Some(rest) = strip(text, &lower, "permissions violation for publish to ") {
            return Self::PublishDenied {
                subject: quoted(rest).0,
            };
        }
        if let Some(rest) = strip(
            text,
            &lower,
            "permissions violation for publish with reply of ",
        ) {
            return Self::ReplyDenied {
                reply: quoted(rest).0,
            };
        }
        if let Some(rest) = strip(text, &lower, "permissions violation for subscription to ") {
            let (subject, rest) = quoted(rest);
            let queue = rest.trim_start().strip_prefix("using queue ");
            return Self::SubscriptionDenied {
                subject,
                queue: queue.map(|queue| quoted(queue).0),
            };
        }
        let known = [
            ("authorization violation", Self::AuthorizationViolation),
            ("user authentication expired", Self::AuthenticationExpired),
            ("user authentication revoked", Self::AuthenticationRevoked),
            (
                "account authentication expired",
                Self::AccountAuthenticationExpired,
            ),
            ("authentication timeout", Self::AuthenticationTimeout),
            (
                "maximum account active connections exceeded",
                Self::MaximumAccountConnections,
            ),
            ("maximum connections exceeded", Self::MaximumConnections),
            ("maximum subscriptions exceeded", Self::MaximumSubscriptions),
            ("maximum payload violation", Self::MaximumPayload),
            ("maximum control line exceeded", Self::MaximumControlLine),
            ("slow consumer", Self::SlowConsumer),
            ("stale connection", Self::StaleConnection),
            ("unknown protocol operation", Self::UnknownOperation),
            ("parser error", Self::ParserError),
            ("invalid subject", Self::InvalidSubject),
            ("invalid publish subject", Self::InvalidSubject),
        ];
        known
            .into_iter()
            .find(|(start, _)| lower.starts_with(start))
            .map_or_else(|| Self::Other(text.to_owned()), |(_, error)| error)
    }

    /// Whether the server closes the connection after saying so.
    pub fn closes_connection(&self) -> bool {
        !matches!(
            self,
            Self::PublishDenied { .. }
                | Self::ReplyDenied { .. }
                | Self::SubscriptionDenied { .. }
                | Self::MaximumSubscriptions
                | Self::InvalidSubject
                | Self::Other(_)
        )
    }

    /// Whether it is about who the client says it is: trying again with the same credentials will hardly help.
    pub fn is_refused_credentials(&self) -> bool {
        matches!(
            self,
            Self::AuthorizationViolation
                | Self::AuthenticationExpired
                | Self::AuthenticationRevoked
                | Self::AccountAuthenticationExpired
        )
    }
}

fn strip<'a>(text: &'a str, lower: &str, prefix: &str) -> Option<&'a str> {
    // Lower-casing ASCII keeps every index where it was.
    lower.starts_with(prefix).then(|| &text[prefix.len()..])
}

/// The text between the first two double quotes, or all of it, and what comes after. The server writes a backslash
/// before a quote and before another backslash.
fn quoted(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(inner) = text.strip_prefix('"') else {
        return (text.to_owned(), "");
    };
    let (mut content, mut escaped) = (String::new(), false);
    for (index, character) in inner.char_indices() {
        match character {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (content, &inner[index + 1..]),
            _ => {
                content.push(character);
                escaped = false;
            }
        }
    }
    (text.to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_the_server() {
        let denied = |subject: &str, queue: Option<&str>| ServerError::SubscriptionDenied {
            subject: subject.to_owned(),
            queue: queue.map(str::to_owned),
        };
        for (text, expected) in [
            (
                "Authorization Violation",
                ServerError::AuthorizationViolation,
            ),
            (
                "User Authentication Expired",
                ServerError::AuthenticationExpired,
            ),
            (
                "maximum connections exceeded",
                ServerError::MaximumConnections,
            ),
            (
                "maximum account active connections exceeded",
                ServerError::MaximumAccountConnections,
            ),
            ("Maximum Payload Violation", ServerError::MaximumPayload),
            ("Unknown Protocol Operation", ServerError::UnknownOperation),
            ("Slow Consumer", ServerError::SlowConsumer),
            (
                "Permissions Violation for Publish to \"a.b\"",
                ServerError::PublishDenied {
                    subject: "a.b".to_owned(),
                },
            ),
            (
                r#"Permissions Violation for Publish to "n\"o\\ä""#,
                ServerError::PublishDenied {
                    subject: r#"n"o\ä"#.to_owned(),
                },
            ),
            (
                "Permissions Violation for Publish with Reply of \"_R_.a\"",
                ServerError::ReplyDenied {
                    reply: "_R_.a".to_owned(),
                },
            ),
            (
                "Permissions Violation for Subscription to \"a.>\"",
                denied("a.>", None),
            ),
            (
                "Permissions Violation for Subscription to \"a.>\" using queue \"q\"",
                denied("a.>", Some("q")),
            ),
            // A configuration that was read again.
            (
                "Permissions Violation for Subscription to \"a.>\" (sid \"3\")",
                denied("a.>", None),
            ),
            (
                "Permissions Violation for Subscription to \"a.>\" using queue \"q\" (sid \"2\")",
                denied("a.>", Some("q")),
            ),
            (
                "Something New",
                ServerError::Other("Something New".to_owned()),
            ),
            ("", ServerError::Other(String::new())),
        ] {
            assert_eq!(ServerError::parse(text), expected);
        }
    }

    #[test]
    fn a_denied_subject_does_not_cost_the_connection() {
        assert!(
            !ServerError::parse("Permissions Violation for Publish to \"a\"").closes_connection()
        );
        assert!(ServerError::parse("Authorization Violation").closes_connection());
        assert!(ServerError::parse("Authorization Violation").is_refused_credentials());
        assert!(!ServerError::parse("maximum connections exceeded").is_refused_credentials());
    }
}
