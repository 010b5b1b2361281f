//! Who is logged in, as the hotel says it over HTTP.

use serde::{Deserialize, Serialize};
use shared::identity::Account;
use shared::text::Token;

use super::refused::HttpError;

/// As whom one uses the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Manager,
    FrontDesk,
    Housekeeping,
    /// Whoever comes without a log-in.
    Guest,
}

/// The answer to `GET /session` and to whatever begins or renews a session. Times are seconds from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The name one logs in with, and the user's token in subjects.
    pub user: Token,
    /// How the person is called; a guest is nobody in particular.
    #[serde(default)]
    pub name: Option<String>,
    /// A guest has none.
    #[serde(default)]
    role: Option<Role>,
    /// Of which hotel.
    #[serde(default)]
    pub hotel: String,
    /// How long until the session is to be renewed. A guest has none.
    #[serde(default)]
    renew_in: u32,
    /// How long until the server ends connections of this session, unless it is renewed.
    #[serde(default)]
    expires_in: u32,
    /// How long until the session is over, however often it is renewed.
    #[serde(default)]
    ends_in: u32,
    /// For how long no guest is let in from here; none unless that is so.
    #[serde(default)]
    barred_for: Option<u32>,
}

/// What somebody says to be let in: a name with its password, or a link, which may come with the password to be.
#[derive(Debug, Default, Serialize)]
pub struct Proof<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'a str>,
}

/// For whom a one-time link is: the answer to `POST /link`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Invited {
    /// The name to log in with from then on.
    pub user: Token,
    pub name: String,
    pub role: Role,
}

/// A one-time link for a member of the staff: the answer to `POST /staff/<name>/link`. Whoever has it chooses the password.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewLink {
    pub link: String,
    /// For how many seconds it is good.
    pub expires_in: u32,
}

/// From when on a session is to be renewed, and when it ends: milliseconds on the clock of whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub renew_at: u64,
    pub expires_at: u64,
    /// However often it is renewed.
    pub ends_at: u64,
}

impl Role {
    pub fn account(self) -> Account {
        match self {
            Self::Manager => Account::Manager,
            Self::FrontDesk => Account::FrontDesk,
            Self::Housekeeping => Account::Housekeeping,
            Self::Guest => Account::Guest,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Manager => "Manager",
            Self::FrontDesk => "Front desk",
            Self::Housekeeping => "Housekeeping",
            Self::Guest => "Guest",
        }
    }
}

impl Who {
    pub fn role(&self) -> Role {
        self.role.unwrap_or(Role::Guest)
    }

    pub fn is_guest(&self) -> bool {
        self.role() == Role::Guest
    }

    /// Whether a page that was made for the other may go on for this one.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.user == other.user && self.role == other.role
    }

    /// Whether the hotel lets this one in.
    ///
    /// # Errors
    /// When no guest is let in from here, for how long.
    pub fn let_in(&self) -> Result<(), HttpError> {
        match self.barred_for {
            Some(retry_in) => Err(HttpError::Barred { retry_in }),
            None => Ok(()),
        }
    }

    /// For how long the session is good from `now` on; `None` for a guest, who needs none.
    pub fn term(&self, now: u64) -> Option<Term> {
        let at = |seconds: u32| now + u64::from(seconds) * 1_000;
        (!self.is_guest()).then(|| Term {
            renew_at: at(self.renew_in.min(self.expires_in)),
            expires_at: at(self.expires_in),
            ends_at: at(self.ends_in),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(json: &str) -> Who {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn staff_have_a_session_and_guests_need_none() {
        let anna = who(
            r#"{"user":"anna","name":"Anna Berg","role":"front-desk","account":"frontdesk","hotel":"main",
                "renew_in":600,"expires_in":900,"ends_in":43200}"#,
        );
        assert_eq!(anna.role().account(), Account::FrontDesk);
        assert_eq!(
            anna.term(1_000),
            Some(Term {
                renew_at: 601_000,
                expires_at: 901_000,
                ends_at: 43_201_000
            })
        );
        let guest =
            who(r#"{"user":"guest","name":null,"role":"guest","account":"guest","hotel":"main"}"#);
        assert_eq!(
            (guest.term(1_000), guest.role().account()),
            (None, Account::Guest)
        );
        assert!(!guest.is_same_as(&anna));
    }

    #[test]
    fn a_session_at_its_end_is_not_renewed_after_it() {
        let late = who(
            r#"{"user":"anna","name":"Anna Berg","role":"manager","renew_in":600,"expires_in":60}"#,
        );
        let term = late.term(0).unwrap();
        assert_eq!((term.renew_at, term.expires_at), (60_000, 60_000));
    }

    #[test]
    fn a_guest_who_is_barred_is_told_for_how_long() {
        assert_eq!(who(r#"{"user":"guest","role":null}"#).let_in(), Ok(()));
        let barred = who(r#"{"user":"guest","role":null,"barred_for":9}"#).let_in();
        assert_eq!(barred, Err(HttpError::Barred { retry_in: 9 }));
        assert_eq!(barred.unwrap_err().remedy(), "Try again in 9 seconds.");
    }

    #[test]
    fn another_role_is_another_page() {
        let desk = who(r#"{"user":"anna","name":"Anna","role":"front-desk"}"#);
        let manager = who(r#"{"user":"anna","name":"Anna","role":"manager"}"#);
        assert!(desk.is_same_as(&desk) && !desk.is_same_as(&manager));
    }
}
