//! What the server says in `-ERR`, as types.

/// An `-ERR` of the server.
///
/// The texts are those of nats-server 2.15; one that is not known is [`Other`](Self::Other). See also the
/// [protocol page](https://docs.nats.io/reference/reference-protocols/nats-protocol#ok-err).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// `Authorization Violation`: there is no such user, or what proves it is wrong or missing. It closes the
    /// connection.
    #[error("the server refused the log-in: check user and password, or the token")]
    AuthorizationViolation,
    /// `User Authentication Expired`: the user's JWT, or what an auth callout granted, has come to its end. It closes
    /// the connection.
    #[error("the log-in has expired: log in again")]
    AuthenticationExpired,
    /// `User Authentication Revoked`: the account has revoked the user's JWT. It closes the connection.
    #[error("the log-in was revoked: ask the operator")]
    AuthenticationRevoked,
    /// `Account Authentication Expired`: the JWT of the user's account has come to its end. It closes the connection.
    #[error("the account's log-in has expired: ask the operator")]
    AccountAuthenticationExpired,
    /// `Authentication Timeout`: there was no `CONNECT` within the `timeout` of the server's `authorization`. It closes
    /// the connection.
    #[error("the log-in took too long")]
    AuthenticationTimeout,
    /// `maximum connections exceeded`, of the server. It closes the connection.
    #[error(
        "the server has as many connections as it allows: try again later, or raise its `max_connections`"
    )]
    MaximumConnections,
    /// `maximum account active connections exceeded`. It closes the connection.
    #[error(
        "the account has as many connections as it allows: close one, or raise the account's `max_connections`"
    )]
    MaximumAccountConnections,
    /// `maximum subscriptions exceeded`, of the connection. The server does not say which subscription it refused. The
    /// connection goes on.
    #[error(
        "there are as many subscriptions as the server allows: drop some, or raise `max_subscriptions`"
    )]
    MaximumSubscriptions,
    /// `Maximum Payload Violation`: more than the `max_payload` of its `INFO`. The message was not delivered, and the
    /// connection is closed. This crate checks that before it sends.
    #[error(
        "a message was larger than the server takes: send less at once, or raise its `max_payload`"
    )]
    MaximumPayload,
    /// `Maximum Control Line Exceeded`: by default 4,096 bytes (`max_control_line`). It closes the connection.
    #[error("a line of the protocol was longer than the server takes: use shorter subjects")]
    MaximumControlLine,
    /// `Permissions Violation for Publish to …`. The message was delivered to nobody; the connection goes on.
    #[error(
        "publishing to \"{subject}\" is not permitted: use another subject, or ask for the permission"
    )]
    PublishDenied {
        /// The subject of the message.
        subject: String,
    },
    /// The server keeps such subjects for itself.
    #[error("publishing with the reply subject \"{reply}\" is not permitted: use another one")]
    ReplyDenied {
        /// The reply subject of the message, which was delivered to nobody.
        reply: String,
    },
    /// `Permissions Violation for Subscription to …`: at once, or later when permissions change. The subscription is
    /// gone from the server; the connection goes on.
    #[error(
        "subscribing to \"{subject}\" is not permitted: use another subject, or ask for the permission"
    )]
    SubscriptionDenied {
        /// What was subscribed to, wildcards included.
        subject: String,
        /// The queue group; `None`: there was none.
        queue: Option<String>,
    },
    /// `Slow Consumer`: what the server had to send was too much, or did not leave in time (`max_pending`,
    /// `write_deadline`). It closes the connection.
    #[error(
        "the server found the client too slow to receive what it subscribed to: subscribe to less"
    )]
    SlowConsumer,
    /// `Stale Connection`: too many pings of the server had no answer (`ping_interval`, `ping_max`). It closes the
    /// connection.
    #[error("the server heard nothing from the client for too long")]
    StaleConnection,
    /// `Unknown Protocol Operation`: it is no word of the protocol, or something else follows it than belongs there. It
    /// closes the connection.
    #[error("the server did not understand what the client sent")]
    UnknownOperation,
    /// `Parser Error`, which the protocol page lists. It closes the connection.
    #[error("the server could not parse what the client sent")]
    ParserError,
    /// `Invalid Subject` or `Invalid Publish Subject`. What had it was not carried out; the connection goes on. This
    /// crate checks subjects before it sends them.
    #[error("the server found a subject invalid")]
    InvalidSubject,
    /// A text that is none of the above, as it is. Whether the connection goes on is for the server to show.
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
    (lower.starts_with(prefix).then(|| text.get(prefix.len()..)))?
}

/// The text between the first two double quotes, or all of it, and what comes after. The server writes a backslash
/// before a quote and before another backslash.
fn quoted(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(inner) = text.strip_prefix('"') else {
        return (text.to_owned(), "");
    };
    let (mut content, mut escaped) = (String::new(), false);
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (content, characters.as_str()),
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
