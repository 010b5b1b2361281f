//! The hotels beside the first one: each is opened as soon as that works, and does not hold up or end any other. More of them are
//! added while the program runs ([`errand`]).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, Message, Subscriber};
use futures_util::StreamExt;
use jetstream_es::connection::ConnectError;
use jetstream_es::{Connection, Patience};
use shared::HotelName;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::errand::{self, Standing, Told};
use super::folder::{Folder, FolderError};
use super::identities::Identities;
use super::opening::{self, OpenError, Opened, Progress};
use crate::cli::{NatsKey, ServeOptions};
use crate::http::Front;
use crate::http::hooks::sources::Sources;
use crate::identity::barred::Barred;
use crate::secret_file::SecretFileError;

/// How long whoever wants a hotel to be opened waits for it. Then they are told what it fails for.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// Between two tries to open a hotel. What it takes may be done by hand.
const TRY_EVERY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Why the other hotels are not looked after.
#[derive(Debug, thiserror::Error)]
pub enum OthersError {
    #[error("{0} (--hotels)")]
    Folder(#[from] FolderError),
    #[error("nobody can ask for another hotel to be opened: {0}")]
    Subscribe(#[from] async_nats::SubscribeError),
}

/// Why a hotel is not open.
#[derive(Debug, thiserror::Error)]
enum NotOpen {
    #[error(transparent)]
    Key(#[from] SecretFileError),
    #[error(
        "{0}: check that nats-server includes the folder's accounts.conf, and has read it since"
    )]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// What all hotels are opened with.
#[derive(Debug, Clone)]
pub struct House {
    pub options: Arc<ServeOptions>,
    pub front: Arc<Front>,
    pub identities: Arc<Identities>,
    pub barred: Arc<Barred>,
    pub stop: CancellationToken,
}

/// The hotels of a folder, and those who ask about them.
#[derive(Debug)]
pub struct Others {
    house: House,
    folder: Option<Folder>,
    client: Client,
    opens: Subscriber,
    lists: Subscriber,
    standings: BTreeMap<HotelName, watch::Receiver<Standing>>,
    tasks: JoinSet<()>,
}

impl Others {
    /// Begins to open all hotels that are there. `first` is the connection of the first hotel.
    ///
    /// # Errors
    /// When the folder cannot be read, or the server is away.
    pub async fn open(house: House, first: &Connection) -> Result<Self, OthersError> {
        let client = first.client().clone();
        let folder = house.options.hotels.as_deref().map(Folder::at);
        let mut others = Self {
            opens: client.subscribe(errand::OPEN).await?,
            lists: client.subscribe(errand::LIST).await?,
            client,
            standings: BTreeMap::new(),
            tasks: JoinSet::new(),
            house,
            folder,
        };
        for (hotel, key) in others.there()? {
            others.begin(hotel, key);
        }
        Ok(others)
    }

    /// Until it is told to stop, or a part of a hotel ends by a bug.
    pub async fn run(mut self) {
        let stop = self.house.stop.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(_) = self.tasks.join_next() => return,
                Some(message) = self.opens.next() => self.asked_to_open(message),
                Some(message) = self.lists.next() => self.asked_for_all(&message).await,
            }
        }
        self.tasks.join_all().await;
    }

    /// The hotels of the folder but for the first one, each with the file of its key.
    fn there(&self) -> Result<BTreeMap<HotelName, PathBuf>, FolderError> {
        let Some(folder) = &self.folder else {
            return Ok(BTreeMap::new());
        };
        let hotels = folder.hotels()?.into_iter();
        let others = hotels.filter(|hotel| hotel != self.house.identities.first());
        Ok(others
            .map(|hotel| (hotel.clone(), folder.key_file(&hotel)))
            .collect())
    }

    /// Opens the hotel from now on, until that works.
    fn begin(&mut self, hotel: HotelName, key: PathBuf) -> watch::Receiver<Standing> {
        let (tell, standing) = watch::channel(Standing::Opening);
        self.standings.insert(hotel.clone(), standing.clone());
        let progress = Progress::default();
        // Webhooks are the first hotel's: their secrets are those of its channels.
        let ground = progress.ground(hotel.clone());
        self.house.front.add(ground, Sources::default());
        let work = Work {
            house: self.house.clone(),
            hotel,
            key,
            progress,
            tell,
        };
        self.tasks.spawn(work.run());
        standing
    }

    fn asked_to_open(&mut self, message: Message) {
        let name = String::from_utf8_lossy(&message.payload);
        let Ok(hotel) = name.parse::<HotelName>() else {
            tracing::warn!("somebody wants {name:?} to be opened, which is no hotel's name");
            return;
        };
        let known = self.standings.get(&hotel).cloned();
        let standing = match known {
            Some(standing) => standing,
            None if hotel == *self.house.identities.first() => fixed(Standing::First),
            None => match self.there() {
                Ok(mut there) => match there.remove(&hotel) {
                    Some(key) => self.begin(hotel.clone(), key),
                    None => fixed(Standing::Unknown),
                },
                Err(error) => fixed(Standing::Failing {
                    reason: error.to_string(),
                }),
            },
        };
        let client = self.client.clone();
        tokio::spawn(answer_when_open(client, message, hotel, standing));
    }

    async fn asked_for_all(&self, message: &Message) {
        let first = Told {
            hotel: self.house.identities.first().clone(),
            standing: Standing::First,
        };
        let others = self.standings.iter().map(|(hotel, standing)| Told {
            hotel: hotel.clone(),
            standing: standing.borrow().clone(),
        });
        let all: Vec<Told> = [first].into_iter().chain(others).collect();
        reply(&self.client, message, &all).await;
    }
}

/// What stays as it is.
fn fixed(standing: Standing) -> watch::Receiver<Standing> {
    watch::channel(standing).1
}

async fn answer_when_open(
    client: Client,
    message: Message,
    hotel: HotelName,
    mut standing: watch::Receiver<Standing>,
) {
    let is_settled =
        |standing: &Standing| !matches!(standing, Standing::Opening | Standing::Failing { .. });
    let settled = standing.wait_for(is_settled);
    // Time that is over, and a hotel whose work has ended, are told by how it stands.
    let _settled = tokio::time::timeout(OPEN_WITHIN, settled).await.is_ok();
    let standing = standing.borrow().clone();
    reply(&client, &message, &Told { hotel, standing }).await;
}

async fn reply(client: &Client, message: &Message, answer: &impl serde::Serialize) {
    let Some(to) = message.reply.clone() else {
        return;
    };
    let payload = match serde_json::to_vec(answer) {
        Ok(payload) => payload,
        Err(error) => return tracing::error!("how the hotels are cannot be told: {error}"),
    };
    if let Err(error) = client.publish(to, payload.into()).await {
        tracing::warn!("how the hotels are was not told: {error}");
    }
}

/// The work on one hotel.
struct Work {
    house: House,
    hotel: HotelName,
    /// The file with the seed of its key.
    key: PathBuf,
    progress: Progress,
    tell: watch::Sender<Standing>,
}

impl Work {
    /// Until it is told to stop, or a part of the hotel ends by a bug.
    async fn run(self) {
        let stop = self.house.stop.clone();
        let Some(opened) = stop.run_until_cancelled(self.opened()).await else {
            return;
        };
        let Opened {
            identity,
            mut tasks,
            running,
        } = opened;
        self.house.identities.add(Arc::clone(&identity));
        self.progress.identity.send_replace(Some(identity));
        self.progress.readiness.set(running);
        self.tell.send_replace(Standing::Open);
        tracing::info!(hotel = %self.hotel, "ready");
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Some(_) = tasks.join_next() => return,
        }
        tasks.join_all().await;
        self.progress.flush().await;
    }

    /// Tries until it works. What it fails for is told when it is something new.
    async fn opened(&self) -> Opened {
        let mut patience = Patience::new(TRY_EVERY.0, TRY_EVERY.1);
        loop {
            let reason = match self.open().await {
                Ok(opened) => return opened,
                Err(error) => error.to_string(),
            };
            let standing = Standing::Failing { reason };
            if *self.tell.borrow() != standing {
                if let Standing::Failing { reason } = &standing {
                    tracing::warn!(hotel = %self.hotel, "not open: {reason}; will try again");
                }
                self.tell.send_replace(standing);
            }
            patience.wait().await;
        }
    }

    async fn open(&self) -> Result<Opened, NotOpen> {
        let House {
            options,
            barred,
            stop,
            ..
        } = &self.house;
        let nats = options.nats.by_key(NatsKey::read(&self.key)?);
        let there = self.progress.connection.borrow().clone();
        let connection = match there {
            Some(connection) => connection,
            None => {
                let connection = nats.connect("vacancy").await?;
                let sender = &self.progress.connection;
                sender.send_replace(Some(connection.clone()));
                connection
            }
        };
        Ok(opening::open(&self.hotel, options, &nats, &connection, barred, stop).await?)
    }
}
