//! Who is logged in. A log-in lasts a shift; the token that shows it lasts some minutes, and is renewed.
//!
//! A record for each log-in, with the digests of the tokens that show it. Whoever reads the bucket cannot log in by it. A
//! renewal leaves the token before it good until its own end: another tab may be on its way with it.

use jetstream_es::{Connection, Record, RecordError, Records};
use serde::{Deserialize, Serialize};
use shared::staff::StaffName;
use shared::text::Token;
use shared::{HotelName, Timestamp};

use super::secret::{RandomError, Secret, SecretDigest};
use crate::clock;

/// The bucket, which only the backend reads.
pub const BUCKET: &str = "sessions";
/// For how many seconds a token is good, if nothing else is said, and at most.
pub const TOKEN_SECONDS: u16 = 15 * 60;
/// After how many minutes one has to log in again, whatever was renewed.
pub const SESSION_MINUTES: u16 = 12 * 60;
/// How many tokens of a log-in are good at the same time, the newest ones: several tabs renew by themselves.
const TOKENS: usize = 8;

/// A log-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub staff: StaffName,
    /// When.
    pub begun: Timestamp,
    /// Until when at most.
    pub until: Timestamp,
    /// What it is shown by.
    tokens: Vec<Shown>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shown {
    secret: SecretDigest,
    until: Timestamp,
}

/// What a browser shows in its cookie. Text form: `<hotel>.<log-in>.<secret>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionToken {
    pub hotel: HotelName,
    pub log_in: LogInId,
    secret: Secret,
}

/// A log-in's name, which is no secret: a key of the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogInId(Token);

impl LogInId {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A text that is no token of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no token of a session")]
pub struct NoToken;

impl SessionToken {
    /// The text for the cookie.
    pub fn expose(&self) -> String {
        let log_in = self.log_in.as_str();
        format!("{}.{log_in}.{}", self.hotel, self.secret.expose())
    }
}

impl std::str::FromStr for SessionToken {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(NoToken);
        Ok(Self {
            hotel: part()?.parse().map_err(|_| NoToken)?,
            log_in: LogInId(part()?.parse().map_err(|_| NoToken)?),
            secret: part()?.parse().map_err(|_| NoToken)?,
        })
    }
}

/// A token that was found to be good, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shows {
    pub session: Session,
    pub log_in: LogInId,
    /// Until when this token is good.
    pub until: Timestamp,
}

/// A new token, and what it shows.
#[derive(Debug)]
pub struct Issued {
    pub token: SessionToken,
    pub shows: Shows,
}

/// The sessions of a hotel.
#[derive(Debug)]
pub struct Sessions {
    hotel: HotelName,
    /// For how many seconds a token is good.
    token_seconds: u16,
    records: Records<Session>,
}

/// Why a session is not known.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("the sessions cannot be read or written: {0}")]
    Records(#[from] RecordError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("a log-in has no name: {0}")]
    Name(#[from] shared::text::TokenError),
}

impl Sessions {
    pub fn new(connection: &Connection, hotel: HotelName, token_seconds: u16) -> Self {
        Self {
            hotel,
            token_seconds: token_seconds.min(TOKEN_SECONDS),
            records: Records::new(connection, BUCKET),
        }
    }

    /// After how many seconds a page renews a token.
    pub fn renewal_seconds(&self) -> u16 {
        self.token_seconds / 3 * 2
    }

    /// Logs somebody in.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub async fn begin(&self, staff: StaffName) -> Result<Issued, SessionError> {
        let begun = clock::now();
        let log_in = LogInId(uuid::Uuid::new_v4().simple().to_string().parse()?);
        let session = Session {
            staff,
            begun,
            until: begun.plus_minutes(SESSION_MINUTES),
            tokens: Vec::new(),
        };
        let there = Record {
            value: session,
            revision: 0,
        };
        self.issue(log_in, there).await
    }

    /// What the token shows, if it is good.
    ///
    /// # Errors
    /// When that is not known.
    pub async fn find(&self, token: &SessionToken) -> Result<Option<Shows>, SessionError> {
        Ok(self.look_up(token).await?.map(|(_, shows)| shows))
    }

    /// Another token for the same log-in, if this one is good.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub async fn renew(&self, token: &SessionToken) -> Result<Option<Issued>, SessionError> {
        loop {
            let Some((there, _)) = self.look_up(token).await? else {
                return Ok(None);
            };
            match self.issue(token.log_in.clone(), there).await {
                // Another tab renews at this moment. It does not do so for ever.
                Err(SessionError::Records(error)) if error.is_conflict() => {}
                issued => return issued.map(Some),
            }
        }
    }

    /// Logs out: no token shows it any more.
    ///
    /// # Errors
    /// When that is not known to be kept.
    pub async fn end(&self, log_in: &LogInId) -> Result<(), SessionError> {
        Ok(self.records.purge(log_in.as_str()).await?)
    }

    async fn look_up(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(Record<Session>, Shows)>, SessionError> {
        if token.hotel != self.hotel {
            return Ok(None);
        }
        let Some(there) = self.records.get(token.log_in.as_str()).await? else {
            return Ok(None);
        };
        let (session, digest, now) = (&there.value, token.secret.digest(), clock::now());
        let shown = session.tokens.iter().find(|shown| shown.secret == digest);
        Ok(shown.filter(|shown| now < shown.until).map(|shown| {
            let shows = Shows {
                session: session.clone(),
                log_in: token.log_in.clone(),
                until: shown.until,
            };
            (there.clone(), shows)
        }))
    }

    async fn issue(&self, log_in: LogInId, there: Record<Session>) -> Result<Issued, SessionError> {
        let Record {
            value: mut session,
            revision,
        } = there;
        let secret = Secret::random()?;
        let now = clock::now();
        let until = now.plus_seconds(self.token_seconds.into());
        let until = until.min(session.until);
        session.tokens.retain(|shown| now < shown.until);
        let over = (session.tokens.len() + 1).saturating_sub(TOKENS);
        session.tokens.drain(..over);
        session.tokens.push(Shown {
            secret: secret.digest(),
            until,
        });
        let key = log_in.as_str();
        self.records.update(key, &session, revision).await?;
        Ok(Issued {
            token: SessionToken {
                hotel: self.hotel.clone(),
                log_in: log_in.clone(),
                secret,
            },
            shows: Shows {
                session,
                log_in,
                until,
            },
        })
    }
}
