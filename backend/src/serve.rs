//! `vacancy serve`: starts everything, says when it is ready, ends it in good order.

use std::sync::{Arc, OnceLock};

use async_nats::client::SubscribeError;
use jetstream_es::breaker::BreakerError;
use jetstream_es::connection::{ConnectError, Link};
use jetstream_es::declare::DeclareError;
use jetstream_es::durability::DurabilityError;
use jetstream_es::notice::{Notice, NoticeError};
use jetstream_es::processor::ProcessorError;
use jetstream_es::{BreakerPolicy, Connection, Patience, Processor};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::{ServeOptions, WEBHOOK};
use crate::commands::{gate, inbox};
use crate::http::caller::Access;
use crate::http::hooks::sources::{Sources, SourcesError};
use crate::http::places::Places;
use crate::http::tls::{Tls, TlsError};
use crate::http::{self, Front, Ground, spa::Spa};
use crate::identity::Identity;
use crate::identity::callout::{Callout, CalloutError, Keys};
use crate::identity::dismissals;
use crate::identity::password::HashError;
use crate::reactions::{Reactions, ReactionsError};
use crate::{streams, views};

/// Why the backend ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{error}: {remedy}")]
    Connect { error: ConnectError, remedy: String },
    #[error(transparent)]
    Declare(#[from] DeclareError),
    #[error("{0}; or start with --accept-weak-durability")]
    Durability(#[from] DurabilityError),
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    #[error(transparent)]
    Breaker(#[from] BreakerError),
    #[error("the commands of guests cannot be listened to: {0}")]
    Gate(#[from] SubscribeError),
    #[error("{0} (VACANCY_WEBHOOK)")]
    Notice(#[from] NoticeError),
    #[error("cannot listen on {address}: {source}; another program may use the port (--http)")]
    Listen {
        address: std::net::SocketAddr,
        source: std::io::Error,
    },
    #[error("{0} (--tls-cert, --tls-key)")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Spa(#[from] http::spa::SpaError),
    #[error("{0} (--callout)")]
    Callout(#[from] CalloutError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("{0} (--hooks)")]
    Hooks(#[from] SourcesError),
    #[error("the HTTP server ended, which is a bug: {0}")]
    Http(#[from] tokio::task::JoinError),
    #[error(
        "a part of the backend has ended, which is a bug: the reason is in the log before this"
    )]
    Broken,
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
}

impl From<ReactionsError> for ServeError {
    fn from(error: ReactionsError) -> Self {
        match error {
            ReactionsError::Processor(error) => Self::Processor(error),
            ReactionsError::Breaker(error) => Self::Breaker(error),
        }
    }
}

/// Whether everything runs. What is empty has not been started yet.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    running: Arc<OnceLock<Running>>,
}

#[derive(Debug)]
struct Running {
    link: watch::Receiver<Link>,
    flows: Vec<watch::Receiver<bool>>,
}

impl Readiness {
    fn set(&self, running: Running) {
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

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When something is wrong that does not become right by waiting.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let stop = CancellationToken::new();
    end_on_signals(stop.clone())?;

    let spa = match &options.spa {
        Some(folder) => Some(Spa::load(
            folder,
            &options.hotel,
            options.nats_websocket.as_deref(),
        )?),
        None => None,
    };
    let tls = Tls::load(&options.tls)?;
    let sources = Sources::load(options.limits.hooks.as_deref())?;
    // First of all, so that a taken port is told at once and `/health` answers while NATS is awaited.
    let address = options.http;
    let listen = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    // Port 0 asks for any port; this is the one that was given.
    let address = listener.local_addr().map_err(listen)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!("HTTP on {scheme}://{address}");
    if let Some(tls) = &tls {
        tokio::spawn(tls.clone().renew_on_hangup().map_err(ServeError::Signals)?);
    }

    let readiness = Readiness::default();
    let connection = watch::Sender::new(None::<Connection>);
    let identity = watch::Sender::new(None::<Arc<Identity>>);
    let ground = Ground {
        hotel: options.hotel.clone(),
        readiness: readiness.clone(),
        connection: connection.subscribe(),
        identity: identity.subscribe(),
    };
    let access = options.http_access.unwrap_or(Access::by_default(address));
    let front = Front::new(access, &options.limits, stop.clone());
    let app = front.app(ground, sources, spa);
    let limits = &options.limits;
    let places = Places::new(
        limits.http_connections,
        limits.http_all_connections,
        limits.trusted_proxies.clone().into(),
    );
    let http = tokio::spawn(http::server::serve(
        listener,
        tls,
        places,
        app,
        stop.clone(),
    ));

    let known = Known {
        readiness,
        connection,
        identity,
    };
    let started = start(&options, &known, &stop);
    let mut tasks = match stop.run_until_cancelled(started).await {
        Some(Ok(tasks)) => tasks,
        Some(Err(error)) => {
            stop.cancel();
            return Err(error);
        }
        None => JoinSet::new(),
    };
    let broken = tokio::select! {
        // Looked at first: when it is cancelled, the tasks end too, as they should.
        biased;
        () = stop.cancelled() => false,
        // Nothing ends by itself. Better no backend than half of one: whoever started it can start it again.
        Some(_) = tasks.join_next() => true,
    };
    stop.cancel();
    tracing::info!("ending: what has begun is finished first");
    tasks.join_all().await;
    // The last acknowledgements are still on their way.
    let connection = known.connection.borrow().clone();
    if let Some(connection) = connection
        && let Err(error) = connection.client().flush().await
    {
        tracing::debug!("not flushed: {error}");
    }
    http.await?;
    if broken {
        return Err(ServeError::Broken);
    }
    Ok(())
}

/// What the parts that have begun learn of each other.
#[derive(Debug)]
struct Known {
    readiness: Readiness,
    connection: watch::Sender<Option<Connection>>,
    identity: watch::Sender<Option<Arc<Identity>>>,
}

/// Connects, brings streams and consumers up to date, and starts the work.
async fn start(
    options: &ServeOptions,
    known: &Known,
    stop: &CancellationToken,
) -> Result<JoinSet<()>, ServeError> {
    let connection = connect(options).await?;
    known.connection.send_replace(Some(connection.clone()));
    let mut patience = Patience::default();
    // A server that has just been started answers before its JetStream does.
    let tasks = loop {
        let error = match open(options, &connection, known, stop).await {
            Ok(tasks) => break tasks,
            Err(error) => error,
        };
        let passes = match &error {
            ServeError::Declare(error) => matches!(error, DeclareError::Unanswered { .. }),
            ServeError::Durability(error) => matches!(error, DurabilityError::Unanswered { .. }),
            ServeError::Processor(error) => error.is_transient(),
            ServeError::Callout(error) => error.is_transient(),
            _ => false,
        };
        if !passes {
            return Err(error);
        }
        tracing::warn!("{error}; will try again");
        patience.wait().await;
    };
    tracing::info!("ready");
    Ok(tasks)
}

async fn connect(options: &ServeOptions) -> Result<Connection, ServeError> {
    let nats = &options.nats;
    let mut patience = Patience::default();
    loop {
        match nats.connect("vacancy").await {
            Ok(connection) => {
                let version = connection.client().server_info().version;
                tracing::info!("NATS at {} (nats-server {version})", nats.nats);
                return Ok(connection);
            }
            Err(error) if error.is_transient() => {
                tracing::warn!("{error}; will try again");
                patience.wait().await;
            }
            Err(error) => {
                let remedy = nats.remedy(&error);
                return Err(ServeError::Connect { error, remedy });
            }
        }
    }
}

async fn open(
    options: &ServeOptions,
    connection: &Connection,
    known: &Known,
    stop: &CancellationToken,
) -> Result<JoinSet<()>, ServeError> {
    streams::declare(&connection.jetstream(), options.copies).await?;
    streams::require_durability(connection, options.copies, options.weak_durability()).await?;
    let inbox = inbox::open(connection, options.pace).await?;
    let gate = gate::open(connection, options.pace).await?;
    let reactions = Reactions::open(connection).await?;
    let dismissals = dismissals::open(connection).await?;
    let identity = Arc::new(Identity::new(
        connection,
        options.hotel.clone(),
        options.token_lifetime,
    )?);
    let callout = match &options.callout {
        Some(file) => {
            let nats = &options.nats;
            let hotels = vec![Arc::clone(&identity)];
            Some(Callout::open(Keys::load(file).map_err(CalloutError::Keys)?, nats, hotels).await?)
        }
        None => None,
    };
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
    if let Some(callout) = callout {
        tasks.spawn(callout.run(stop.clone()));
    }
    known.identity.send_replace(Some(identity));
    known.readiness.set(Running {
        link: connection.link(),
        flows,
    });
    Ok(tasks)
}

/// SIGINT and SIGTERM cancel `stop`; the second one ends the program at once, as it would have without this.
fn end_on_signals(stop: CancellationToken) -> Result<(), ServeError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}
