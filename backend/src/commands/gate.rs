//! The gate that the commands of guests pass on their way into the stream.
//!
//! Guests need no log-in, so to the server they are all one user, and one of them could use up what is there for all. But the
//! server can tell who they are: it imports this gate's service with `share: true`, and so writes into each request which connection it
//! came over, from which address (`Nats-Request-Info`). What a client writes there itself, the server takes out.
//!
//! What passes is published as `cmd.guest.guest.<command>`, and the answer of the stream is handed back: to a page it is
//! as if it had published there itself. What does not pass is answered at once in the form of JetStream's errors, with codes that JetStream
//! itself does not use, and nothing of it is stored. Each backend counts for itself; where there are several, the server
//! spreads the commands over them.
//!
//! Whoever goes on regardless is cut off, and for a while no guest is let in from that address ([`Barred`]).

mod guests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::client::SubscribeError;
use async_nats::{HeaderMap, Message, RequestErrorKind, Subscriber};
use futures_util::StreamExt;
use jetstream_es::{Connection, StoredMessage};
use serde_json::json;
use shared::identity::{Account, Actor};
use shared::subjects::{CommandSubject, GATE, Stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::catalogue;
use super::pace::PaceOptions;
use super::read::read;
use crate::allowance::whole_seconds;
use crate::identity::barred::Barred;
use crate::identity::connections::{self, Place};
use guests::{Guest, Guests, NotNow, STRIKES_OF_CONNECTION};

/// How many commands of all guests may wait for the stream.
const ALL_IN_FLIGHT: usize = 256;

/// The queue group of the backends.
const QUEUE: &str = "gate";
const REQUEST_INFO: &str = "Nats-Request-Info";
/// What of a message goes into the stream. Other headers would be instructions to JetStream.
const CONTENT_TYPE: &str = "content-type";
const MESSAGE_ID: &str = "nats-msg-id";
const CLOUD_EVENT: &str = "ce-";

/// Lets guests' commands into the stream while [`run`](Gate::run) is polled.
#[derive(Debug)]
pub struct Gate {
    commands: Subscriber,
    keeper: Arc<Keeper>,
}

/// Opens the gate. Guests have a connection of their own: what a flood has the server send does not stand before anything else
/// that the backend hears, and if the server cuts it for being read too slowly, that is all it cuts.
///
/// # Errors
/// When the connection is closed.
pub async fn open(
    connection: &Connection,
    guests: Connection,
    options: PaceOptions,
    barred: Arc<Barred>,
) -> Result<Gate, SubscribeError> {
    let client = guests.client();
    let subject = format!("{GATE}.{}.>", Account::Guest);
    let commands = client.queue_subscribe(subject, QUEUE.to_owned()).await?;
    let keeper = Keeper {
        connection: connection.clone(),
        to_guests: guests,
        guests: Mutex::new(Guests::new(options)),
        places: Arc::new(Semaphore::new(ALL_IN_FLIGHT)),
        // Where an address tells nobody apart, it is not held against anybody.
        barred: (options.guest_address_rate > 0).then_some(barred),
    };
    Ok(Gate {
        commands,
        keeper: Arc::new(keeper),
    })
}

impl Gate {
    /// Lets commands pass until `stop`, and sees those through that have.
    pub async fn run(mut self, stop: CancellationToken) {
        let passing = TaskTracker::new();
        while let Some(Some(message)) = stop.run_until_cancelled(self.commands.next()).await {
            let Message {
                subject,
                reply,
                headers,
                payload,
                ..
            } = message;
            let headers = headers.unwrap_or_default();
            let asked = Asked {
                subject: subject.into_string(),
                headers,
                payload,
                reply: reply.map(async_nats::Subject::into_string),
            };
            match self.keeper.look_at(&asked) {
                Look::LetIn(pass) => {
                    let keeper = Arc::clone(&self.keeper);
                    passing.spawn(async move { keeper.forward(asked, pass).await });
                }
                Look::TurnedAway(why) => self.keeper.answer(asked.reply, why.to_json()).await,
                Look::Nuisance(guest) => {
                    let keeper = Arc::clone(&self.keeper);
                    passing.spawn(async move { keeper.cut(&guest).await });
                }
                Look::Gone => {}
            }
        }
        if let Err(error) = self.commands.unsubscribe().await {
            tracing::debug!("the gate was not closed: {error}");
        }
        passing.close();
        passing.wait().await;
    }
}

/// A command before the gate.
struct Asked {
    subject: String,
    headers: HeaderMap,
    payload: bytes::Bytes,
    reply: Option<String>,
}

/// Why a command is not let in.
#[derive(Debug, thiserror::Error)]
enum TurnedAway {
    #[error("the server does not say who asks: import the gate with `share: true`")]
    Nobody,
    #[error("guests send no such command")]
    Forbidden,
    #[error("it cannot be read, and has no id to answer to")]
    Unreadable,
    #[error(
        "You ask for more at once than the hotel takes from one. Try this again in {} s.",
        whole_seconds(*.0)
    )]
    TooMany(Duration),
    #[error("The hotel is busy. Try this again in a moment.")]
    Busy,
    #[error("The hotel has just been started. Try this again in a moment.")]
    NotReady,
}

impl TurnedAway {
    /// As HTTP has it.
    fn code(&self) -> u16 {
        match self {
            Self::Nobody | Self::Forbidden => 403,
            Self::Unreadable => 400,
            Self::TooMany(_) => 429,
            Self::Busy | Self::NotReady => 503,
        }
    }

    /// In the form of a PubAck. The codes of JetStream's own errors begin at 10,000 and have five digits, too.
    fn to_json(&self) -> String {
        let code = self.code();
        json!({
            "error": {
                "code": code,
                "err_code": 90_000 + u32::from(code),
                "description": self.to_string(),
            },
            "stream": Stream::Commands.name(),
            "seq": 0,
        })
        .to_string()
    }
}

/// What becomes of a command.
enum Look {
    LetIn(Pass),
    TurnedAway(TurnedAway),
    /// It is turned away, and its connection is cut for it.
    Nuisance(Guest),
    /// Nobody is there any more to whom it matters.
    Gone,
}

/// A command that is let in.
struct Pass {
    guest: Guest,
    subject: String,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Keeper {
    /// That of the rest of the backend, by which a nuisance is cut.
    connection: Connection,
    /// By which commands come, go on, and are answered.
    to_guests: Connection,
    guests: Mutex<Guests>,
    places: Arc<Semaphore>,
    /// Where those come from who were cut off; none where addresses say nothing.
    barred: Option<Arc<Barred>>,
}

impl Keeper {
    /// Lets a command in, or not. It costs no more than to read it.
    fn look_at(&self, asked: &Asked) -> Look {
        let Some(guest) = guest(&asked.headers) else {
            return Look::TurnedAway(TurnedAway::Nobody);
        };
        let now = Instant::now();
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let may_pass = match guests.take(&guest, now) {
            Ok(()) => self.may_pass(asked),
            Err(NotNow::TooMany(wait)) => Err(TurnedAway::TooMany(wait)),
            Err(NotNow::Gone) => return Look::Gone,
        };
        match may_pass {
            Ok((subject, place)) => {
                guests.begin(&guest);
                Look::LetIn(Pass {
                    guest,
                    subject,
                    _place: place,
                })
            }
            Err(_) if guests.strike(&guest, now) => Look::Nuisance(guest),
            Err(why) => Look::TurnedAway(why),
        }
    }

    /// Whether the command is one that guests send, and there is a place for it.
    fn may_pass(&self, asked: &Asked) -> Result<(String, OwnedSemaphorePermit), TurnedAway> {
        let subject = command(asked)?;
        let place = Arc::clone(&self.places).try_acquire_owned();
        Ok((subject, place.map_err(|_| TurnedAway::Busy)?))
    }

    /// Puts a command into the stream, and hands the stream's answer back. Where there is none, nobody knows whether the stream has
    /// it, and to say nothing says just that.
    async fn forward(&self, asked: Asked, pass: Pass) {
        let headers = admitted(&asked.headers);
        let client = self.to_guests.client();
        let stored = client.request_with_headers(pass.subject.clone(), headers, asked.payload);
        match stored.await {
            Ok(ack) => self.answer(asked.reply, ack.payload).await,
            Err(error) if error.kind() == RequestErrorKind::NoResponders => {
                let not_ready = TurnedAway::NotReady.to_json();
                self.answer(asked.reply, not_ready).await;
            }
            Err(error) => tracing::warn!("a guest's command was not acknowledged: {error}"),
        }
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.end(&pass.guest);
    }

    async fn answer(&self, reply: Option<String>, answer: impl Into<bytes::Bytes>) {
        let Some(reply) = reply else {
            return;
        };
        let told = self.to_guests.client().publish(reply, answer.into());
        if let Err(error) = told.await {
            tracing::debug!("a guest was not answered: {error}");
        }
    }

    /// Cuts the connection of a nuisance, and lets nobody in from its address for a while.
    async fn cut(&self, guest: &Guest) {
        let address = guest.host;
        let bar = |barred: &Arc<Barred>| whole_seconds(barred.bar(address, Instant::now()));
        match self.barred.as_ref().map(bar) {
            Some(seconds) => tracing::warn!(
                "a guest from {address} goes on after {STRIKES_OF_CONNECTION} refusals or more, and is cut off: no guest is let in from there for {seconds} s"
            ),
            None => tracing::warn!(
                "a guest from {address} goes on after {STRIKES_OF_CONNECTION} refusals or more, and is cut off"
            ),
        }
        match connections::server_id(&self.connection, &guest.server).await {
            Ok(server) => {
                let client = guest.id;
                connections::kick(&self.connection, &Place { server, client }).await;
            }
            Err(error) => tracing::warn!("the guest was not cut off: {error}"),
        }
    }
}

/// Who sends a command. The server writes the header behind all others of the message, and removes what has its name.
fn guest(headers: &HeaderMap) -> Option<Guest> {
    let info = headers.get_last(REQUEST_INFO)?;
    serde_json::from_str(info.as_str()).ok()
}

/// Where a command goes to, if guests may send it, and whoever sent it can be answered.
fn command(asked: &Asked) -> Result<String, TurnedAway> {
    let Asked {
        subject,
        headers,
        payload,
        ..
    } = asked;
    let rest = subject.strip_prefix(GATE).ok_or(TurnedAway::Forbidden)?;
    let subject = format!("cmd{rest}");
    let CommandSubject { actor, command } = subject.parse().map_err(|_| TurnedAway::Forbidden)?;
    let entry = catalogue::find(command.as_str());
    if actor != Actor::guest() || !entry.is_some_and(|entry| entry.senders.contains(&actor.account))
    {
        return Err(TurnedAway::Forbidden);
    }
    let message = StoredMessage {
        subject: subject.clone(),
        sequence: 0,
        headers: headers.clone(),
        payload: payload.clone(),
        time: None,
    };
    let received = read(&message).map_err(|_| TurnedAway::Forbidden)?;
    match received.id {
        Some(_) => Ok(subject),
        None => Err(TurnedAway::Unreadable),
    }
}

/// The headers that go into the stream.
fn admitted(headers: &HeaderMap) -> HeaderMap {
    let mut admitted = HeaderMap::new();
    for (name, values) in headers.iter() {
        let lower = name.to_string().to_ascii_lowercase();
        if lower == CONTENT_TYPE || lower == MESSAGE_ID || lower.starts_with(CLOUD_EVENT) {
            for value in values {
                admitted.append(name.clone(), value.clone());
            }
        }
    }
    admitted
}
