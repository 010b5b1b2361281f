//! From a connection to a hotel that works: its streams and consumers brought up to date, and what works on them.

use std::sync::{Arc, OnceLock};

use async_nats::client::SubscribeError;
use jetstream_es::breaker::BreakerError;
use jetstream_es::connection::{ConnectError, Link};
use jetstream_es::declare::DeclareError;
use jetstream_es::durability::DurabilityError;
use jetstream_es::notice::{Notice, NoticeError};
use jetstream_es::processor::ProcessorError;
use jetstream_es::{BreakerPolicy, Connection, Processor};
use shared::HotelName;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::{NatsOptions, ServeOptions, WEBHOOK};
use crate::commands::{gate, inbox};
use crate::http::Ground;
use crate::identity::barred::Barred;
use crate::identity::{Identity, dismissals, password::HashError};
use crate::reactions::{Reactions, ReactionsError};
use crate::{streams, views};

/// Why a hotel is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Declare(#[from] DeclareError),
    #[error("{0}; or start with --accept-weak-durability")]
    Durability(#[from] DurabilityError),
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    #[error(transparent)]
    Breaker(#[from] BreakerError),
    #[error("the gate for guests has no connection: {0}")]
    Connect(#[from] ConnectError),
    #[error("the commands of guests cannot be listened to: {0}")]
    Gate(#[from] SubscribeError),
    #[error("{0} (VACANCY_WEBHOOK)")]
    Notice(#[from] NoticeError),
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl OpenError {
    /// Whether another try could be successful without anybody changing anything: a server that has just been started answers
    /// before its JetStream does.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Declare(error) => matches!(error, DeclareError::Unanswered { .. }),
            Self::Durability(error) => matches!(error, DurabilityError::Unanswered { .. }),
            Self::Processor(error) => error.is_transient(),
            Self::Connect(error) => error.is_transient(),
            Self::Breaker(_) | Self::Gate(_) | Self::Notice(_) | Self::Hash(_) => false,
        }
    }
}

impl From<ReactionsError> for OpenError {
    fn from(error: ReactionsError) -> Self {
        match error {
            ReactionsError::Processor(error) => Self::Processor(error),
            ReactionsError::Breaker(error) => Self::Breaker(error),
        }
    }
}

/// Whether everything of a hotel runs. What is empty has not been started yet.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    running: Arc<OnceLock<Running>>,
}

/// What a hotel works by.
#[derive(Debug)]
pub struct Running {
    link: watch::Receiver<Link>,
    flows: Vec<watch::Receiver<bool>>,
}

impl Readiness {
    /// Everything runs.
    pub fn set(&self, running: Running) {
        // It is set once: everything is opened before it, and then never opened from here again.
        let first = self.running.set(running);
        debug_assert!(first.is_ok(), "started twice");
    }

    /// Whether commands are decided and views are kept up to date at this moment.
    pub fn is_ready(&self) -> bool {
        self.running.get().is_some_and(|running| {
            running.link.borrow().up && running.flows.iter().all(|flows| *flows.borrow())
        })
    }
}

/// What the routes learn of a hotel while it is opened.
#[derive(Debug)]
pub struct Progress {
    pub readiness: Readiness,
    pub connection: watch::Sender<Option<Connection>>,
    pub identity: watch::Sender<Option<Arc<Identity>>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            readiness: Readiness::default(),
            connection: watch::Sender::new(None),
            identity: watch::Sender::new(None),
        }
    }
}

impl Progress {
    /// Sends what is still on its way, such as the last acknowledgements.
    pub async fn flush(&self) {
        let connection = self.connection.borrow().clone();
        if let Some(connection) = connection
            && let Err(error) = connection.client().flush().await
        {
            tracing::debug!("not flushed: {error}");
        }
    }

    /// The side of the routes.
    pub fn ground(&self, hotel: HotelName) -> Ground {
        Ground {
            hotel,
            readiness: self.readiness.clone(),
            connection: self.connection.subscribe(),
            identity: self.identity.subscribe(),
        }
    }
}

/// A hotel that works. Its tasks end when they are told to stop, and before that only by a bug.
#[derive(Debug)]
pub struct Opened {
    pub identity: Arc<Identity>,
    pub tasks: JoinSet<()>,
    pub running: Running,
}

/// Brings streams and consumers up to date, and starts the work. `nats` is what `connection` was made with, and `barred` is that of all hotels.
///
/// # Errors
/// See [`OpenError`].
pub async fn open(
    hotel: &HotelName,
    options: &ServeOptions,
    nats: &NatsOptions,
    connection: &Connection,
    barred: &Arc<Barred>,
    stop: &CancellationToken,
) -> Result<Opened, OpenError> {
    streams::declare(&connection.jetstream(), options.copies).await?;
    streams::require_durability(connection, options.copies, options.weak_durability()).await?;
    let inbox = inbox::open(connection, options.pace).await?;
    let guests = nats.connect("vacancy gate").await?;
    let gate = gate::open(connection, guests, options.pace, Arc::clone(barred)).await?;
    let reactions = Reactions::open(connection).await?;
    let dismissals = dismissals::open(connection).await?;
    let identity = Identity::new(connection, hotel.clone(), options.token_lifetime)?;
    let notice = match &std::env::var(WEBHOOK)
        .ok()
        .filter(|webhook| !webhook.is_empty())
    {
        Some(webhook) => {
            let notice = Notice::new(connection, webhook, BreakerPolicy::default())?;
            Some(Processor::open(connection, notice.spec(), notice).await?)
        }
        None => None,
    };
    let mut flows = inbox.flows();
    flows.extend(reactions.flows());
    flows.extend(dismissals.flows());
    flows.extend(notice.iter().flat_map(Processor::flows));
    let mut tasks = JoinSet::new();
    for view in views::all() {
        let opened = view.open(connection).await?;
        flows.extend(opened.flows.iter().cloned());
        tasks.spawn(opened.run(stop.clone()));
    }
    reactions.spawn(&mut tasks, stop);
    tasks.spawn(inbox.run(stop.clone()));
    if let Some(notice) = notice {
        tasks.spawn(notice.run(stop.clone()));
    }
    tasks.spawn(dismissals.run(stop.clone()));
    tasks.spawn(gate.run(stop.clone()));
    Ok(Opened {
        identity: Arc::new(identity),
        tasks,
        running: Running {
            link: connection.link(),
            flows,
        },
    })
}
