//! `vacancy serve`: starts everything, says when it is ready, ends it in good order.

use std::sync::Arc;

use jetstream_es::connection::ConnectError;
use jetstream_es::{Connection, Patience};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::ServeOptions;
use crate::hotels::identities::Identities;
use crate::hotels::opening::{self, OpenError, Opened, Progress};
use crate::hotels::others::{House, Others, OthersError};
use crate::http::caller::Access;
use crate::http::hooks::sources::{Sources, SourcesError};
use crate::http::places::Places;
use crate::http::tls::{Tls, TlsError};
use crate::http::{self, Front, spa::Spa};
use crate::identity::barred::Barred;
use crate::identity::callout::{Callout, CalloutError, Keys};

/// Why the backend ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{error}: {remedy}")]
    Connect { error: ConnectError, remedy: String },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Others(#[from] OthersError),
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
            options.time_zone.as_deref(),
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

    let options = Arc::new(options);
    let progress = Progress::default();
    let ground = progress.ground(options.hotel.clone());
    let access = options.http_access.unwrap_or(Access::by_default(address));
    let barred = Arc::new(Barred::default());
    let front = Front::new(access, &options.limits, Arc::clone(&barred), stop.clone());
    let front = Arc::new(front);
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

    let house = House {
        identities: Arc::new(Identities::new(options.hotel.clone())),
        options,
        front,
        barred,
        stop: stop.clone(),
    };
    let started = start(house, &progress);
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
    progress.flush().await;
    http.await?;
    if broken {
        return Err(ServeError::Broken);
    }
    Ok(())
}

/// Connects and opens the first hotel, then the door of all, and then the other hotels.
async fn start(house: House, progress: &Progress) -> Result<JoinSet<()>, ServeError> {
    let House {
        options,
        barred,
        stop,
        ..
    } = &house;
    let connection = connect(options).await?;
    progress.connection.send_replace(Some(connection.clone()));
    let mut patience = Patience::default();
    let opened = loop {
        let (hotel, nats) = (&options.hotel, &options.nats);
        match opening::open(hotel, options, nats, &connection, barred, stop).await {
            Ok(opened) => break opened,
            Err(error) if error.is_transient() => tracing::warn!("{error}; will try again"),
            Err(error) => return Err(error.into()),
        }
        patience.wait().await;
    };
    let Opened {
        identity,
        mut tasks,
        running,
    } = opened;
    house.identities.add(Arc::clone(&identity));
    if let Some(callout) = callout(&house).await? {
        tasks.spawn(callout.run(stop.clone()));
    }
    progress.identity.send_replace(Some(identity));
    progress.readiness.set(running);
    tracing::info!("ready");
    let others = Others::open(house.clone(), &connection).await?;
    tasks.spawn(others.run());
    Ok(tasks)
}

/// The one whom the server asks who may come in, if this program is to be that.
async fn callout(house: &House) -> Result<Option<Callout>, ServeError> {
    let options = &house.options;
    let Some(file) = &options.callout else {
        return Ok(None);
    };
    let keys = Arc::new(Keys::load(file).map_err(CalloutError::Keys)?);
    let mut patience = Patience::default();
    loop {
        let hotels = Arc::clone(&house.identities);
        let barred = Arc::clone(&house.barred);
        match Callout::open(Arc::clone(&keys), &options.nats, hotels, barred).await {
            Ok(callout) => return Ok(Some(callout)),
            Err(error) if error.is_transient() => tracing::warn!("{error}; will try again"),
            Err(error) => return Err(error.into()),
        }
        patience.wait().await;
    }
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
