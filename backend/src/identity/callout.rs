//! Lets connections into the server, each into its account with the permissions of the one who connects (ADR-26).
//!
//! The server asks for each connection that its configuration does not know (`auth_users`): a browser with a cookie, one with nothing,
//! which is a guest's, a machine with an NKey. The question is encrypted for this program, since it has the cookie in it. Of several
//! backends one answers.
//!
//! A connection is noted before it is let in, and the one who connects is looked at once more after that: whoever is dismissed
//! meanwhile is either seen to be, or the note is found and the connection cut.

mod keys;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::{Client, ConnectOptions, Message, Subscriber};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt;
use jetstream_es::connection;
use nkeys::{KeyPair, XKey};
use shared::HotelName;
use shared::identity::Actor;
use shared::staff::UserNkey;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::barred::Barred;
use super::connections::Place;
use super::jwt::{self, Admission, JwtError, Request};
use super::permissions::Permissions;
use super::sessions::SessionToken;
use super::{Identity, IdentityError, seconds};
use crate::allowance::whole_seconds;
use crate::cli::NatsOptions;
use crate::clock;
use crate::hotels::{accounts, identities::Identities};
use crate::staff::TheStaff;

pub use keys::{Keys, KeysError};

/// Where the server asks.
const SUBJECT: &str = "$SYS.REQ.USER.AUTH";
/// The header with the key that the answer is encrypted for.
const SERVER_XKEY: &str = "Nats-Server-Xkey";
/// What a guest's token ends with, after the hotel.
const GUEST: &str = ".guest";
/// One of several backends answers.
const QUEUE: &str = "callout";
/// How many questions are worked on at the same time.
const AT_ONCE: usize = 32;
/// For how many minutes a machine is let in, which then connects again by itself.
const MACHINE_MINUTES: u16 = 15;
/// How many subscriptions a page or a machine may have. nats-server 2.15 does not go by this but by its account, which says the same.
const SUBSCRIPTIONS: i64 = 64;

/// Why the callout does not begin.
#[derive(Debug, thiserror::Error)]
pub enum CalloutError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(
        "the callout has no connection: {0}; check that the server knows its key (auth_callout in nats-server.conf)"
    )]
    Connect(#[from] async_nats::ConnectError),
    #[error("the callout cannot listen: {0}")]
    Subscribe(#[from] async_nats::SubscribeError),
}

impl CalloutError {
    /// Whether another try could be successful without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(error) => connection::is_transient(error),
            Self::Keys(_) | Self::Subscribe(_) => false,
        }
    }
}

/// The callout of a server, for all of its hotels.
#[derive(Debug)]
pub struct Callout {
    client: Client,
    questions: Subscriber,
    keys: Arc<Keys>,
    door: Arc<Door>,
}

/// Who is behind the door, and who is kept out.
#[derive(Debug)]
struct Door {
    hotels: Arc<Identities>,
    barred: Arc<Barred>,
}

/// Why a connection is turned away.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("it shows a name and a password, which nobody has at this door")]
    Password,
    #[error("the server says nothing of its address that is understood")]
    NoAddress,
    #[error(
        "a guest from there was cut off, and none is let in for {} s",
        whole_seconds(*.0)
    )]
    Barred(Duration),
    #[error("its session is over, or never was")]
    NoSession,
    #[error("there is no such hotel, or it is not open")]
    NoHotel,
    #[error("nobody is known by its key")]
    UnknownKey,
    #[error("it did not prove that the key is its own")]
    NotSigned,
    #[error(transparent)]
    Unknown(#[from] IdentityError),
}

impl Callout {
    /// Connects as the one whom the server asks, and listens.
    ///
    /// # Errors
    /// When the server is away, or does not know the key.
    pub async fn open(
        keys: Arc<Keys>,
        nats: &NatsOptions,
        hotels: Arc<Identities>,
        barred: Arc<Barred>,
    ) -> Result<Self, CalloutError> {
        let options = ConnectOptions::with_nkey(keys.user_seed()?)
            .name("vacancy callout")
            .ping_interval(Duration::from_secs(5));
        let client = nats.trusting(options).connect(&nats.nats).await?;
        let questions = client.queue_subscribe(SUBJECT, QUEUE.to_owned()).await?;
        Ok(Self {
            client,
            questions,
            keys,
            door: Arc::new(Door { hotels, barred }),
        })
    }

    /// Answers until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        while let Some(Some(question)) = stop.run_until_cancelled(self.questions.next()).await {
            // The server asks no longer than a second or two: what waits longer is asked anew by whoever connects again.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                break;
            };
            let this = (
                self.client.clone(),
                Arc::clone(&self.keys),
                Arc::clone(&self.door),
            );
            tokio::spawn(async move {
                let (client, keys, door) = this;
                if let Err(error) = answer(&client, &keys, &door, &question).await {
                    tracing::error!("a connection could not be let in or turned away: {error}");
                }
                drop(place);
            });
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error(transparent)]
    Jwt(#[from] JwtError),
    #[error("a question is not encrypted: set xkey in auth_callout of nats-server.conf")]
    Plain,
    #[error("a question cannot be decrypted: {0}")]
    Cipher(nkeys::error::Error),
    #[error("a question is no text")]
    Text(#[from] std::string::FromUtf8Error),
    #[error("the answer was not sent: {0}")]
    Send(#[from] async_nats::PublishError),
}

async fn answer(
    client: &Client,
    keys: &Keys,
    door: &Door,
    question: &Message,
) -> Result<(), AnswerError> {
    let Some(reply) = question.reply.clone() else {
        return Ok(());
    };
    let asker = question.headers.as_ref();
    let asker = asker.and_then(|headers| headers.get(SERVER_XKEY));
    let asker = XKey::from_public_key(asker.ok_or(AnswerError::Plain)?.as_str());
    let asker = asker.map_err(AnswerError::Cipher)?;
    let opened = keys.xkey.open(&question.payload, &asker);
    let request = jwt::read(&String::from_utf8(opened.map_err(AnswerError::Cipher)?)?)?;
    let now = seconds(clock::now());
    let answer = match door.admit(&request).await {
        Ok(admission) => jwt::admit(&keys.issuer, &request, &admission, now)?,
        Err(refused) => {
            let host = &request.client_info.host;
            match refused {
                // That it is barred was said when it was. How often it tries would fill the log.
                Refused::Barred(_) => {
                    tracing::debug!("a connection from {host} is turned away: {refused}");
                }
                _ => tracing::info!("a connection from {host} is turned away: {refused}"),
            }
            jwt::turn_away(&keys.issuer, &request, &refused.to_string(), now)?
        }
    };
    let sealed = keys.xkey.seal(answer.as_bytes(), &asker);
    let sealed = sealed.map_err(AnswerError::Cipher)?;
    Ok(client.publish(reply, sealed.into()).await?)
}

impl Door {
    async fn admit(&self, request: &Request) -> Result<Admission, Refused> {
        let hotels = &self.hotels;
        let options = &request.connect_opts;
        let token = options.auth_token.as_deref();
        let token = token.filter(|token| !token.is_empty());
        match (&options.nkey, token) {
            (Some(key), hotel) => {
                prove(key, request)?;
                let key: UserNkey = key.parse().map_err(|_| Refused::UnknownKey)?;
                // The same key may be known in several hotels, so it is for the machine to say which one it means.
                let hotel = match hotel {
                    Some(hotel) => &hotel.parse().map_err(|_| Refused::NoHotel)?,
                    None => hotels.first(),
                };
                let identity = hotels.find(hotel).ok_or(Refused::NoHotel)?;
                let admission = of_machine(hotels, &identity, &key, request).await?;
                admission.ok_or(Refused::UnknownKey)
            }
            (None, Some(token)) => match token.strip_suffix(GUEST) {
                Some(hotel) => {
                    let hotel = hotel.parse().map_err(|_| Refused::NoHotel)?;
                    self.of_guest(&hotel, request)
                }
                None => {
                    let token: SessionToken = token.parse().map_err(|_| Refused::NoSession)?;
                    let identity = hotels.find(&token.hotel).ok_or(Refused::NoSession)?;
                    of_browser(hotels, &identity, &token, request).await
                }
            },
            // Whoever means to be somebody is not to believe that it worked.
            (None, None) if options.user.is_some() => Err(Refused::Password),
            (None, None) => self.of_guest(hotels.first(), request),
        }
    }

    /// A guest, who needs to show nothing: to say of which hotel is enough, and who does not even say that is the first one's.
    fn of_guest(&self, hotel: &HotelName, request: &Request) -> Result<Admission, Refused> {
        let host: Result<IpAddr, _> = request.client_info.host.parse();
        let host = host.map_err(|_| Refused::NoAddress)?;
        if let Some(left) = self.barred.left(host, Instant::now()) {
            return Err(Refused::Barred(left));
        }
        let identity = self.hotels.find(hotel).ok_or(Refused::NoHotel)?;
        Ok(Admission {
            connections: &["WEBSOCKET"],
            // As many as the account allows.
            subscriptions: -1,
            ..admission(&self.hotels, &identity, Actor::guest())
        })
    }
}

/// Somebody with a cookie.
async fn of_browser(
    hotels: &Identities,
    identity: &Identity,
    token: &SessionToken,
    request: &Request,
) -> Result<Admission, Refused> {
    let person = identity.who(token).await?.ok_or(Refused::NoSession)?;
    let log_in = person.shows.log_in.as_str();
    let place = place(request);
    let noted = identity.connections.note(&person.name, log_in, &place);
    noted.await.map_err(IdentityError::from)?;
    // Whoever logs out from now on finds the note.
    let person = identity.who(token).await?.ok_or(Refused::NoSession)?;
    Ok(Admission {
        connections: &["WEBSOCKET"],
        until: Some(seconds(person.shows.until)),
        ..admission(hotels, identity, person.actor())
    })
}

/// A machine that has proved to have its key, if this hotel knows it.
async fn of_machine(
    hotels: &Identities,
    identity: &Identity,
    key: &UserNkey,
    request: &Request,
) -> Result<Option<Admission>, Refused> {
    let find = || {
        identity.staff.newest(&TheStaff, |roster| {
            let found = roster.with_nkey(key).filter(|(_, member)| member.active);
            found.map(|(name, member)| (name.clone(), member.role))
        })
    };
    let Some((name, _)) = find().await.map_err(IdentityError::from)? else {
        return Ok(None);
    };
    let place = place(request);
    let noted = identity.connections.note(&name, "key", &place);
    noted.await.map_err(IdentityError::from)?;
    let found = find().await.map_err(IdentityError::from)?;
    let until = seconds(clock::now().plus_minutes(MACHINE_MINUTES));
    Ok(found.map(|(name, role)| {
        let (account, user) = (role.account(), name.user().clone());
        Admission {
            connections: &["STANDARD", "WEBSOCKET"],
            until: Some(until),
            ..admission(hotels, identity, Actor { account, user })
        }
    }))
}

fn admission(hotels: &Identities, identity: &Identity, actor: Actor) -> Admission {
    let hotel = identity.hotel();
    Admission {
        account: match hotel == hotels.first() {
            true => accounts::of_first(actor.account),
            false => accounts::of_another(actor.account, hotel),
        },
        user: actor.user.to_string(),
        permissions: Permissions::of(&actor),
        connections: &[],
        subscriptions: SUBSCRIPTIONS,
        until: None,
    }
}

fn place(request: &Request) -> Place {
    Place {
        server: request.server_id.id.clone(),
        client: request.client_info.id,
    }
}

/// A server that asks for a nonce sends it along with what the client has signed. It does not check that itself for a key that its
/// configuration does not know.
fn prove(key: &str, request: &Request) -> Result<(), Refused> {
    let nonce = request.client_info.nonce.as_deref();
    let signature = request.connect_opts.sig.as_deref();
    let (Some(nonce), Some(signature)) = (nonce, signature) else {
        return Err(Refused::NotSigned);
    };
    let signature = signature.trim_end_matches('=');
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .or_else(|_| base64::engine::general_purpose::STANDARD_NO_PAD.decode(signature))
        .map_err(|_| Refused::NotSigned)?;
    let key = KeyPair::from_public_key(key).map_err(|_| Refused::UnknownKey)?;
    key.verify(nonce.as_bytes(), &signature)
        .map_err(|_| Refused::NotSigned)
}
