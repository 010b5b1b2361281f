//! Who somebody is, and what follows from it on the server.
//!
//! ```text
//! password     what a password is, and how it is kept
//! secret       random texts and their digests
//! credentials  what somebody proves who they are by: a password, or once a link
//! tries        slows down whoever tries passwords
//! sessions     who is logged in, and what shows it
//! permissions  what somebody may say and hear on the server
//! jwt          the tokens in which server and callout speak to each other
//! callout      lets connections in, each into its account (ADR-26)
//! barred       from which addresses no guest is let in for a while
//! connections  which connections somebody has, so that they can be cut
//! dismissals   cuts those of somebody whose sessions are over
//! ```
//!
//! A browser shows a cookie, which no script can read, to the HTTP adapter and in the handshake of its WebSocket; the server asks
//! the callout what it is worth. Nothing of it is in an event: those say who works in the hotel, and as what.

pub mod barred;
pub mod callout;
pub mod connections;
pub mod credentials;
pub mod dismissals;
pub mod jwt;
pub mod password;
pub mod permissions;
pub mod secret;
pub mod sessions;
pub mod tries;

use jetstream_es::repository::LoadError;
use jetstream_es::{BucketSpec, Connection, RecordError, Repository};
use shared::identity::Actor;
use shared::staff::{Member, StaffName};
use shared::{HotelName, Timestamp};
use std::time::Duration;

use crate::staff::{self, Staff};
use connections::Connections;
use credentials::{CredentialError, Credentials, Link};
use password::{HashError, Password};
use sessions::{Issued, SESSION_MINUTES, SessionError, SessionToken, Sessions, Shows};

/// Who the staff of a hotel are.
#[derive(Debug)]
pub struct Identity {
    hotel: HotelName,
    staff: Repository<Staff>,
    credentials: Credentials,
    sessions: Sessions,
    connections: Connections,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: StaffName,
    pub member: Member,
    pub shows: Shows,
}

impl Person {
    /// As whom they send commands.
    pub fn actor(&self) -> Actor {
        Actor {
            account: self.member.role.account(),
            user: self.name.user().clone(),
        }
    }
}

/// Why it is not known who somebody is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Staff(#[from] LoadError),
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("the connections cannot be read or written: {0}")]
    Connections(#[from] RecordError),
}

/// The buckets of all this, which only the backend reads.
pub(crate) fn buckets() -> [BucketSpec; 3] {
    [
        BucketSpec {
            description: "By what the staff prove who they are: hashes of passwords and links. The backend's own.",
            ..BucketSpec::new(credentials::BUCKET)
        },
        BucketSpec {
            description: "Who is logged in: digests of what shows it. The backend's own.",
            max_age: Some(Duration::from_secs(u64::from(SESSION_MINUTES) * 60)),
            ..BucketSpec::new(sessions::BUCKET)
        },
        connections::bucket(),
    ]
}

impl Identity {
    /// That of the hotel with this name, where a token is good for so many seconds.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new(
        connection: &Connection,
        hotel: HotelName,
        token_seconds: u16,
    ) -> Result<Self, HashError> {
        Ok(Self {
            staff: Repository::new(connection, 1),
            credentials: Credentials::new(connection)?,
            sessions: Sessions::new(connection, hotel.clone(), token_seconds),
            connections: Connections::new(connection),
            hotel,
        })
    }

    /// The hotel's name.
    pub fn hotel(&self) -> &HotelName {
        &self.hotel
    }

    /// After how many seconds a page renews its token.
    pub fn renewal_seconds(&self) -> u16 {
        self.sessions.renewal_seconds()
    }

    /// Logs in by name and password. `None` when they do not fit, whatever of them, which takes as long.
    ///
    /// # Errors
    /// When that is not known.
    pub async fn log_in(
        &self,
        name: &str,
        password: &Password,
    ) -> Result<Option<(Person, Issued)>, IdentityError> {
        let Ok(name) = name.parse::<StaffName>() else {
            self.credentials.matches_nobody(password).await?;
            return Ok(None);
        };
        let member = staff::find(&self.staff, &name).await?;
        let reset = member.as_ref().and_then(|member| member.reset);
        let matches = self.credentials.matches(&name, password, reset).await?;
        match member.filter(|member| matches && may_log_in(member)) {
            Some(member) => self.begin(name, member).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whom the link is for.
    ///
    /// # Errors
    /// [`CredentialError::LinkOver`] when it cannot be used.
    pub async fn look_at(&self, link: &Link) -> Result<(StaffName, Member), IdentityError> {
        self.credentials.look_at(link).await?;
        let member = staff::find(&self.staff, &link.staff).await?;
        let member = member.filter(may_log_in).ok_or(CredentialError::LinkOver)?;
        Ok((link.staff.clone(), member))
    }

    /// Uses the link up, makes this the password, and logs in.
    ///
    /// # Errors
    /// When the link cannot be used, or the password is too weak.
    pub async fn redeem(
        &self,
        link: &Link,
        password: &Password,
    ) -> Result<(Person, Issued), IdentityError> {
        let (name, member) = self.look_at(link).await?;
        self.credentials.redeem(link, password).await?;
        self.begin(name, member).await
    }

    /// A link for somebody of the staff, which makes their password worthless.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub async fn new_link(&self, staff: &StaffName) -> Result<Link, IdentityError> {
        Ok(self.credentials.new_link(staff).await?)
    }

    /// Who shows this token, if it is good and they still work here as they did when they logged in.
    ///
    /// # Errors
    /// When that is not known.
    pub async fn who(&self, token: &SessionToken) -> Result<Option<Person>, IdentityError> {
        match self.sessions.find(token).await? {
            Some(shows) => self.person(shows).await,
            None => Ok(None),
        }
    }

    /// Another token for the same log-in, if this one is good.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub async fn renew(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(Person, Issued)>, IdentityError> {
        let Some(issued) = self.sessions.renew(token).await? else {
            return Ok(None);
        };
        // For somebody who no longer works here as they did, the new token is worth as little as the old one.
        let person = self.person(issued.shows.clone()).await?;
        Ok(person.map(|person| (person, issued)))
    }

    /// Logs out, and cuts what was connected by this log-in.
    ///
    /// # Errors
    /// When that is not known to be done.
    pub async fn log_out(&self, person: &Person) -> Result<(), IdentityError> {
        let log_in = &person.shows.log_in;
        self.sessions.end(log_in).await?;
        Ok(self.connections.cut_log_in(&person.name, log_in).await?)
    }

    async fn begin(
        &self,
        name: StaffName,
        member: Member,
    ) -> Result<(Person, Issued), IdentityError> {
        let issued = self.sessions.begin(name.clone()).await?;
        let shows = issued.shows.clone();
        let person = Person {
            name,
            member,
            shows,
        };
        Ok((person, issued))
    }

    /// The one who logged in, unless what they are has changed since.
    async fn person(&self, shows: Shows) -> Result<Option<Person>, IdentityError> {
        let name = shows.session.staff.clone();
        let member = staff::find(&self.staff, &name).await?;
        let member =
            member.filter(|member| may_log_in(member) && member.since <= shows.session.begun);
        Ok(member.map(|member| Person {
            name,
            member,
            shows,
        }))
    }
}

/// Whether they work here, and are people.
fn may_log_in(member: &Member) -> bool {
    member.active && !member.role.is_of_machines()
}

/// Seconds since 1970, as JWTs count.
pub(crate) fn seconds(moment: Timestamp) -> i64 {
    moment.unix_milliseconds().div_euclid(1_000)
}
