//! Logging in and out, and who one is.
//!
//! | | |
//! |---|---|
//! | `GET /session` | who is logged in; whoever is not is the guest |
//! | `POST /session` | logs in, by name and password, or by a link and the password that is chosen with it |
//! | `POST /session/renewal` | another token for the same session |
//! | `DELETE /session` | logs out, and cuts the connections of this log-in |
//! | `POST /link` | whom a link is for |
//! | `POST /staff/<name>/link` | a link for somebody of the staff, by a manager |
//!
//! What shows the session is a cookie that no script can read (`HttpOnly`), that goes over TLS alone (`Secure`; browsers make an
//! exception of this machine), and that no other site's page can have sent along (`SameSite=Strict`). None of these answers is kept
//! by anybody (`no-store`), and no secret is in an address.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::HotelName;
use shared::cloud_event::{CloudEvent, Command};
use shared::identity::Actor;
use shared::outcome::Decision;
use shared::staff::{ResetPassword, Role, StaffName};
use shared::text::{Name, Token};

use super::caller::{self, COOKIE, Caller, session_over};
use super::conditional::no_store;
use super::problem::{Problem, kinds};
use super::{Shared, body, hotels};
use crate::allowance::{network, whole_seconds};
use crate::clock;
use crate::commands::send;
use crate::identity::credentials::{CredentialError, LINK_MINUTES, Link};
use crate::identity::password::{HashError, Password};
use crate::identity::sessions::Issued;
use crate::identity::{IdentityError, Person, seconds};

/// How long a manager waits until a password is reset.
const RESET_WITHIN: Duration = Duration::from_secs(5);

/// Who somebody is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionState {
    /// The user in subjects: the log-in name, or `guest`.
    user: Token,
    /// The name as people write it; none for the guest.
    name: Option<Name>,
    /// The role of somebody of the staff; none for the guest.
    role: Option<Role>,
    /// The token of the account in subjects.
    account: &'static str,
    /// The hotel.
    hotel: HotelName,
    /// The times of the session; none for the guest.
    #[serde(flatten)]
    times: Option<Times>,
    /// For how many seconds no guest is let in from this address, since one was cut off that sent too much. There is nothing of the kind
    /// unless that is so, and never for the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    barred_for: Option<u16>,
}

/// How long a session lasts, in seconds from now.
#[derive(Debug, Serialize, JsonSchema)]
struct Times {
    /// When the page asks for another token.
    renew_in: i64,
    /// When this token is over, and with it the connection to NATS that was made by it.
    expires_in: i64,
    /// When one has to log in again.
    ends_in: i64,
}

/// What somebody logs in with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LogIn {
    /// By name and password.
    Password(NameAndPassword),
    /// By a link, once, with a password that is chosen now.
    Link(LinkAndPassword),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameAndPassword {
    /// The log-in name.
    name: String,
    #[schemars(with = "String")]
    password: Password,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkAndPassword {
    /// What came after `#link=`.
    link: Hidden,
    #[schemars(with = "String")]
    password: Password,
}

/// A link that is asked about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// What came after `#link=`.
    link: Hidden,
}

/// A text that is not shown.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Whom a link is for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LinkState {
    /// The log-in name.
    user: StaffName,
    /// The name as people write it.
    name: Name,
    role: Role,
}

/// A new link.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NewLink {
    /// What comes after `#link=` in the board's address.
    link: String,
    /// For how many seconds it can be used, once.
    expires_in: u32,
}

/// Handles the question who one is.
pub(super) async fn get(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let person = caller::find(&shared, caller::token(&headers)).await?;
    Ok(match person {
        Some(person) => no_store(Json(SessionState::of(&person, &shared)?)),
        None => {
            let mut response = no_store(Json(SessionState::guest(&shared, peer)?));
            // A browser that showed it to NATS would be turned away.
            if caller::cookie(&headers).is_some() {
                response
                    .headers_mut()
                    .insert(header::SET_COOKIE, nothing(&shared)?);
            }
            response
        }
    })
}

/// Handles a log-in.
pub(super) async fn post(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: body::Json,
) -> Result<Response, Problem> {
    caller::same_origin(&headers)?;
    let identity = shared.identity()?;
    let (person, issued) = match body.read::<LogIn>()? {
        LogIn::Link(LinkAndPassword { link, password }) => {
            let link = read(&link)?;
            let redeemed = identity.redeem(&link, &password).await;
            redeemed.map_err(not_known)?
        }
        LogIn::Password(NameAndPassword { name, password }) => {
            let address = network(peer.ip());
            // What cannot be a name counts as one, so that its length does not.
            let key: String = name.chars().take(StaffName::MAX_LENGTH).collect();
            let may = shared.tries.may(&key, address, Instant::now());
            may.map_err(too_many_tries)?;
            let found = identity.log_in(&name, &password).await;
            let now = Instant::now();
            match found.map_err(not_known)? {
                Some(found) => {
                    shared.tries.right(&key, address, now);
                    found
                }
                None => {
                    shared.tries.wrong(&key, address, now);
                    let detail = "Nobody has this name and password.";
                    return Err(Problem::typed(&kinds::WRONG_PASSWORD, detail));
                }
            }
        }
    };
    tracing::info!(staff = %person.name, "logged in");
    shown(&person, &issued, &shared)
}

/// Handles the wish for another token.
pub(super) async fn renew(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller::same_origin(&headers)?;
    let token = caller::token(&headers).ok_or_else(session_over)?;
    let renewed = shared.identity()?.renew(&token).await;
    let (person, issued) = renewed.map_err(not_known)?.ok_or_else(session_over)?;
    shown(&person, &issued, &shared)
}

/// Handles a log-out. Whoever is not logged in is logged out, too.
pub(super) async fn delete(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller::same_origin(&headers)?;
    if let Some(person) = caller::find(&shared, caller::token(&headers)).await? {
        let out = shared.identity()?.log_out(&person).await;
        out.map_err(not_known)?;
        tracing::info!(staff = %person.name, "logged out");
    }
    let mut response = no_store(StatusCode::NO_CONTENT);
    response
        .headers_mut()
        .insert(header::SET_COOKIE, nothing(&shared)?);
    Ok(response)
}

/// Handles the question whom a link is for.
pub(super) async fn link(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: body::Json,
) -> Result<Response, Problem> {
    caller::same_origin(&headers)?;
    let Asked { link } = body.read()?;
    let found = shared.identity()?.look_at(&read(&link)?).await;
    let (user, member) = found.map_err(not_known)?;
    Ok(no_store(Json(LinkState {
        user,
        name: member.name,
        role: member.role,
    })))
}

/// Handles a manager's wish for a link: the password is reset first, in the manager's name, which ends all sessions.
pub(super) async fn new_link(
    State(shared): State<Shared>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = name?;
    let is_a_manager = |person: &Person| person.member.role == Role::Manager;
    if !caller.person.as_ref().is_some_and(is_a_manager) {
        let detail = "Only a manager who is logged in makes links.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let staff: StaffName = name.parse().map_err(|_| {
        let detail = format!("{name:?} is no log-in name.");
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let reset = ResetPassword {
        staff: staff.clone(),
    };
    let command = send::new_id().map_err(super::mutation::internal)?;
    let event = CloudEvent::command(command.clone(), "/http", clock::now(), reset);
    let token = ResetPassword::NAME
        .parse()
        .map_err(super::mutation::internal)?;
    let sent = send::send(&shared.connection()?, caller.actor, token, &event).await;
    let sent = sent.map_err(super::mutation::not_sent)?;
    let outcome = sent.outcome(RESET_WITHIN).await;
    match outcome.map(|outcome| (outcome.decision, outcome.next)) {
        Some((Decision::Done { .. }, _)) => {}
        Some((Decision::Refused { refusal }, next)) => {
            return Err(Problem::refused(command, refusal, next));
        }
        _ => {
            let detail = "The password was not reset in time. Ask for a link again.";
            return Err(Problem::unavailable(detail));
        }
    }
    let link = shared.identity()?.new_link(&staff).await;
    Ok(no_store(Json(NewLink {
        link: link.map_err(not_known)?.expose(),
        expires_in: u32::from(LINK_MINUTES) * 60,
    })))
}

impl SessionState {
    fn of(person: &Person, shared: &Shared) -> Result<Self, Problem> {
        let (identity, now) = (shared.identity()?, clock::now());
        let left = |moment| (seconds(moment) - seconds(now)).max(0);
        let expires_in = left(person.shows.until);
        Ok(Self {
            user: person.name.user().clone(),
            name: Some(person.member.name.clone()),
            role: Some(person.member.role),
            account: person.member.role.account().as_str(),
            hotel: identity.hotel().clone(),
            times: Some(Times {
                renew_in: expires_in.min(identity.renewal_seconds().into()),
                expires_in,
                ends_in: left(person.shows.session.until),
            }),
            barred_for: None,
        })
    }

    /// A guest who comes from `peer`. NATS could tell one who is barred no more than that nobody is let in.
    fn guest(shared: &Shared, peer: SocketAddr) -> Result<Self, Problem> {
        let Actor { account, user } = Actor::guest();
        let barred = shared.barred.left(peer.ip(), Instant::now());
        Ok(Self {
            user,
            name: None,
            role: None,
            account: account.as_str(),
            hotel: shared.identity()?.hotel().clone(),
            times: None,
            barred_for: barred.map(whole_seconds),
        })
    }
}

/// Who one is, with the cookie that shows it from now on.
fn shown(person: &Person, issued: &Issued, shared: &Shared) -> Result<Response, Problem> {
    let state = SessionState::of(person, shared)?;
    let seconds = (seconds(issued.shows.until) - seconds(clock::now())).max(0);
    let token = issued.token.expose();
    let mut cookie = set_cookie(&token, seconds, shared)?;
    cookie.set_sensitive(true);
    let mut response = no_store(Json(state));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The cookie that takes the other one away.
fn nothing(shared: &Shared) -> Result<HeaderValue, Problem> {
    set_cookie("", 0, shared)
}

/// The cookie for the paths of this hotel alone, here and on the WebSocket's listener: a browser has one for each hotel.
fn set_cookie(value: &str, seconds: i64, shared: &Shared) -> Result<HeaderValue, Problem> {
    let path = hotels::base(&shared.hotel);
    let cookie = format!(
        "{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict"
    );
    HeaderValue::from_str(&cookie).map_err(super::mutation::internal)
}

fn read(link: &Hidden) -> Result<Link, Problem> {
    let link = link.0.parse();
    link.map_err(|_| not_known(IdentityError::from(CredentialError::LinkOver)))
}

fn too_many_tries(wait: Duration) -> Problem {
    let seconds = u16::try_from(wait.as_secs())
        .unwrap_or(u16::MAX)
        .saturating_add(1);
    let detail = format!("Too many wrong passwords. Try again in {seconds} seconds.");
    Problem::typed(&kinds::TOO_MANY_TRIES, detail).retry_after(seconds)
}

/// What is told of a failure; the reason is for the log where nobody who asks can do anything about it.
pub(super) fn not_known(error: IdentityError) -> Problem {
    match error {
        IdentityError::Credentials(CredentialError::LinkOver) => {
            let detail = "This link was used, is too old, or never was one. Ask for a new one.";
            Problem::typed(&kinds::LINK_OVER, detail)
        }
        IdentityError::Credentials(CredentialError::Weak(weak)) => {
            Problem::typed(&kinds::WEAK_PASSWORD, weak.to_string())
                .about("password".to_owned(), weak.to_string())
        }
        IdentityError::Credentials(CredentialError::Hash(HashError::Busy)) => {
            Problem::unavailable("Too many log in at this moment. Try again.")
        }
        error => {
            tracing::warn!("it is not known who somebody is: {error}");
            Problem::unavailable("Who you are cannot be looked up at this moment. Try again.")
        }
    }
}
