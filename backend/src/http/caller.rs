//! Who asks over HTTP.
//!
//! A browser shows its session in a cookie. Without one, whoever reaches this program over the machine's own network is taken for a
//! program of the hotel (the user `http` of the account `HOTEL`, who may ask for what the front desk may), and nobody else is: see
//! [`Access`].

use std::net::SocketAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use clap::ValueEnum;
use shared::identity::{Account, Actor};

use super::Shared;
use super::problem::{Problem, kinds};
use super::proxies::HandedOn;
use crate::commands::send;
use crate::identity::Person;
use crate::identity::sessions::SessionToken;

/// The cookie with the token of a session. NATS reads it, too (`token_cookie` in `nats-server.conf`).
pub const COOKIE: &str = "vacancy";

/// Who needs no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Access {
    /// Nobody.
    Closed,
    /// The programs of this machine, who came by its own network (127.0.0.1), named it so, and through no proxy.
    Local,
}

impl Access {
    /// What goes for a program that listens there: what listens to others as well trusts nobody.
    pub fn by_default(address: SocketAddr) -> Self {
        match address.ip().is_loopback() {
            true => Self::Local,
            false => Self::Closed,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    /// The one who is logged in, if it is a person.
    pub(crate) person: Option<Person>,
}

impl Caller {
    /// As whom they read views: a program of this machine does so as the front desk.
    pub(crate) fn reads_as(&self) -> Account {
        match self.actor.account {
            Account::Hotel => Account::FrontDesk,
            account => account,
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        if let Some(token) = token(&parts.headers) {
            if changes_something(&parts.method) {
                same_origin(&parts.headers)?;
            }
            let person = find(shared, Some(token)).await?;
            let person = person.ok_or_else(session_over)?;
            return Ok(Self {
                actor: person.actor(),
                person: Some(person),
            });
        }
        let is_handed_on = parts.extensions.get::<HandedOn>().is_some();
        if shared.access == Access::Local && !is_handed_on && is_local(&parts.headers) {
            return in_the_hotel();
        }
        Err(Problem::typed(
            &kinds::LOG_IN,
            "This is for the staff: log in first.",
        ))
    }
}

/// A program of this machine.
fn in_the_hotel() -> Result<Caller, Problem> {
    let actor = send::in_the_hotel("http").map_err(super::mutation::internal)?;
    Ok(Caller {
        actor,
        person: None,
    })
}

/// The one who shows this token, if it is good.
pub(super) async fn find(
    shared: &Shared,
    token: Option<SessionToken>,
) -> Result<Option<Person>, Problem> {
    let Some(token) = token else {
        return Ok(None);
    };
    let who = shared.identity()?.who(&token).await;
    who.map_err(super::session::not_known)
}

pub(super) fn session_over() -> Problem {
    Problem::typed(&kinds::SESSION_OVER, "Your session is over: log in again.")
}

/// The token in the cookie; `None` without one, and for what cannot be one.
pub(super) fn token(headers: &HeaderMap) -> Option<SessionToken> {
    cookie(headers).and_then(|text| text.parse().ok())
}

/// What the cookie says, whatever that is.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Keeps out what another page has a browser send. Browsers say where a request comes from (Fetch Metadata); what is none has no
/// cookie of somebody else's to send along.
pub(super) fn same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_same = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
        (None, None) => true,
    };
    match is_same {
        true => Ok(()),
        false => Err(Problem::typed(
            &kinds::FOREIGN_PAGE,
            "This request comes from a page of another origin.",
        )),
    }
}

/// Whether a request says that it was sent to this machine as such: not through a proxy, and not by the name of another one, as a
/// page would whose name was made to lead here (DNS rebinding).
fn is_local(headers: &HeaderMap) -> bool {
    const OF_PROXIES: [&str; 3] = ["forwarded", "x-forwarded-for", "via"];
    if OF_PROXIES.iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    names_this_machine(headers)
}

/// Whether a request was sent to this machine by a name that every machine calls itself.
pub(super) fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let Some(host) = host else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                (
                    name.parse::<header::HeaderName>().unwrap(),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = |line: &str| cookie(&headers(&[("cookie", line)])).map(str::to_owned);
        assert_eq!(
            found("a=b; vacancy=main.x.y; c=d").as_deref(),
            Some("main.x.y")
        );
        assert_eq!(found("vacancy=").as_deref(), Some(""));
        assert_eq!(found("xvacancy=1; vacancy2=2"), None);
        assert_eq!(token(&headers(&[("cookie", "vacancy=main.x.y")])), None);
    }

    #[test]
    fn only_the_pages_own_requests_change_something() {
        for allowed in [
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://h:8080"),
                ("host", "h:3000"),
            ][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://h:3000"), ("host", "h:3000")],
            &[("host", "h:3000")],
        ] {
            assert!(same_origin(&headers(allowed)).is_ok(), "{allowed:?}");
        }
        for denied in [
            &[("sec-fetch-site", "cross-site")][..],
            &[
                ("sec-fetch-site", "same-site"),
                ("origin", "http://h:3000"),
                ("host", "h:3000"),
            ],
            &[("origin", "http://evil.example"), ("host", "h:3000")],
            &[("origin", "null"), ("host", "h:3000")],
        ] {
            assert!(same_origin(&headers(denied)).is_err(), "{denied:?}");
        }
    }

    #[test]
    fn whoever_is_sent_here_by_another_name_or_a_proxy_is_not_local() {
        for host in [
            "127.0.0.1:3000",
            "localhost:3000",
            "localhost",
            "[::1]:3000",
            "127.0.0.1",
        ] {
            assert!(is_local(&headers(&[("host", host)])), "{host}");
        }
        for host in [
            "hotel.example:3000",
            "127.0.0.1.evil.example",
            "10.0.0.7:3000",
            "",
            "evil",
        ] {
            assert!(!is_local(&headers(&[("host", host)])), "{host}");
        }
        for name in ["x-forwarded-for", "forwarded", "via"] {
            assert!(
                !is_local(&headers(&[("host", "localhost"), (name, "10.0.0.7")])),
                "{name}"
            );
        }
        assert!(!is_local(&headers(&[])));
    }
}
