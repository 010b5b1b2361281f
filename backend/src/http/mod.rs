//! The adapter for those who do not speak NATS: it turns a request into a command and the outcome into a response. It
//! decides nothing.
//!
//! | | |
//! |---|---|
//! | `PUT /mutation/book-room`, `/mutation/cleanup`, … | a command that the front desk may send, see [`mutation`] |
//! | `GET /commands/<id>` | what became of a command, see [`commands`] |
//! | `GET /views`, `/views/<view>`, `/views/<view>/<key>` | the read models, see [`views`] |
//! | `GET /events` | outcomes and changes of views as they happen, see [`events`] |
//! | `POST /hooks/<source>` | an outside booking channel, see [`hooks`] |
//! | `GET`, `POST`, `DELETE /session`, … | logging in and out, see `session` |
//! | `GET /problems/<code>` | what a type of problems means, see [`problem`] |
//! | `GET /health/live` | 200 while the program runs |
//! | `GET /health/ready` | 200 while commands are decided and views are kept up to date, else 503 |
//! | `GET /…` | the board, with `--spa` |
//!
//! Whatever goes wrong is answered as [`problem`] says. Who asks is what [`caller`]
//! says. The board is of the same origin, and no other origin is allowed (no CORS).

mod body;
pub mod caller;
pub mod commands;
mod conditional;
pub mod events;
pub mod hooks;
mod integrity;
pub mod mutation;
pub mod places;
pub(crate) mod prefer;
pub mod problem;
pub mod proxies;
mod rate;
pub mod server;
pub(crate) mod session;
pub mod spa;
pub mod tls;
pub mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jetstream_es::Connection;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::cli::HttpOptions;
use crate::commands::backlog::Backlog;
use crate::commands::catalogue;
use crate::identity::Identity;
use crate::identity::tries::Tries;
use crate::serve::Readiness;
use caller::Access;
use events::Feeds;
use hooks::sources::Sources;
use problem::Problem;
use proxies::Proxies;
use rate::Rate;
use spa::Spa;

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct Shared {
    readiness: Readiness,
    connection: watch::Receiver<Option<Connection>>,
    identity: watch::Receiver<Option<Arc<Identity>>>,
    access: Access,
    tries: Arc<Tries>,
    backlog: Arc<Backlog>,
    feeds: Arc<Feeds>,
    /// How many more streams of events there may be.
    streams: Arc<Semaphore>,
    sources: Arc<Sources>,
    stop: CancellationToken,
}

impl Shared {
    /// The connection, while it is up.
    fn connection(&self) -> Result<Connection, Problem> {
        let connection = self.connection.borrow().clone();
        let connection = connection.filter(|connection| connection.link().borrow().up);
        connection.ok_or_else(|| Problem::unavailable("There is no connection to NATS."))
    }

    /// Who the staff are, while there is a connection.
    fn identity(&self) -> Result<Arc<Identity>, Problem> {
        self.connection()?;
        let identity = self.identity.borrow().clone();
        identity.ok_or_else(|| Problem::unavailable("The backend is starting."))
    }
}

/// What the routes know of the hotel. There is nothing but its readiness until there is a connection.
#[derive(Debug)]
pub struct Ground {
    pub readiness: Readiness,
    pub connection: watch::Receiver<Option<Connection>>,
    pub identity: watch::Receiver<Option<Arc<Identity>>>,
    /// Who needs no session.
    pub access: Access,
}

/// All routes. What takes its time ends at `stop`.
pub fn app(
    ground: Ground,
    limits: &HttpOptions,
    sources: Sources,
    spa: Option<Spa>,
    stop: CancellationToken,
) -> Router {
    let streams = usize::try_from(limits.http_streams).unwrap_or(Semaphore::MAX_PERMITS);
    let shared = Shared {
        readiness: ground.readiness,
        connection: ground.connection,
        identity: ground.identity,
        access: ground.access,
        tries: Arc::default(),
        backlog: Arc::default(),
        feeds: Arc::default(),
        streams: Arc::new(Semaphore::new(streams)),
        sources: Arc::new(sources),
        stop,
    };
    let rate = Arc::new(Rate::new(limits.http_rate));
    let api = catalogue::routes(Router::new())
        .route("/commands/{id}", get(commands::get))
        .route("/views", get(views::list))
        .route("/views/{view}", get(views::values))
        .route("/views/{view}/{key}", get(views::value))
        .route("/events", get(events::get))
        .route("/hooks/{source}", post(hooks::post))
        .route("/problems/{code}", get(problem::page::get))
        .route(
            "/session",
            get(session::get)
                .post(session::post)
                .delete(session::delete),
        )
        .route("/session/renewal", post(session::renew))
        .route("/link", post(session::link))
        .route("/staff/{name}/link", post(session::new_link))
        .route_layer(middleware::from_fn_with_state(rate, rate::limit))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .with_state(shared);
    let app = match spa {
        Some(spa) => api.fallback_service(spa.service()),
        None => api.fallback(no_route),
    };
    // Before everything that asks for the address.
    let proxies = Arc::new(Proxies::from(limits.trusted_proxies.clone()));
    app.layer(middleware::from_fn_with_state(
        proxies,
        proxies::see_through,
    ))
}

async fn live() -> StatusCode {
    StatusCode::OK
}

async fn ready(State(shared): State<Shared>) -> Response {
    if shared.readiness.is_ready() {
        StatusCode::OK.into_response()
    } else {
        Problem::unavailable("The backend has no connection to NATS, or is starting.")
            .into_response()
    }
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let allowed = match uri.path() {
        path if path.starts_with("/mutation/") => "PUT",
        path if path.starts_with("/hooks/") => "POST",
        "/session" => "GET, HEAD, POST, DELETE",
        "/session/renewal" | "/link" => "POST",
        path if path.starts_with("/staff/") => "POST",
        _ => "GET, HEAD",
    };
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{} is for {allowed}, not for {method}.", uri.path()),
    );
    ([(header::ALLOW, allowed)], problem).into_response()
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found(&uri)
}
