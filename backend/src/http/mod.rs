//! The adapter for those who do not speak NATS: it turns a request into a command and the outcome into a response. It
//! decides nothing.
//!
//! | | |
//! |---|---|
//! | `PUT /mutation/book-room`, `/mutation/cleanup`, … | a command that the front desk may send, see [`mutation`] |
//! | `GET /commands/<id>` | what became of a command, see [`commands`] |
//! | `GET /health/live` | 200 while the program runs |
//! | `GET /health/ready` | 200 while commands are decided and views are kept up to date, else 503 |
//! | `GET /…` | the board, with `--spa` |
//!
//! Whatever goes wrong is answered as [`problem`] says. Until there is a log-in, whoever asks over HTTP is the user `http` of
//! the account `HOTEL`. The board is of the same origin, and no other origin is allowed (no CORS).

mod body;
pub mod commands;
pub mod mutation;
mod prefer;
pub mod problem;
pub mod spa;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jetstream_es::Connection;
use shared::identity::Actor;
use tokio::sync::watch;

use crate::commands::{catalogue, send};
use crate::serve::Readiness;
use problem::Problem;
use spa::Spa;

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct Shared {
    readiness: Readiness,
    connection: watch::Receiver<Option<Connection>>,
}

impl Shared {
    /// The connection, while it is up.
    fn connection(&self) -> Result<Connection, Problem> {
        let connection = self.connection.borrow().clone();
        let connection = connection.filter(|connection| connection.link().borrow().up);
        connection.ok_or_else(|| Problem::unavailable("There is no connection to NATS."))
    }
}

/// Who asks over HTTP.
fn caller() -> Result<Actor, Problem> {
    send::in_the_hotel("http").map_err(|error| {
        tracing::error!("{error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Nobody is logged in.")
    })
}

/// All routes. `connection` is empty until there is one.
pub fn app(
    readiness: Readiness,
    connection: watch::Receiver<Option<Connection>>,
    spa: Option<Spa>,
) -> Router {
    let shared = Shared {
        readiness,
        connection,
    };
    let api = catalogue::routes(Router::new())
        .route("/commands/{id}", get(commands::get))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .with_state(shared);
    match spa {
        Some(spa) => api.fallback_service(spa.service()),
        None => api.fallback(no_route),
    }
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
    let allowed = if uri.path().starts_with("/mutation/") {
        "PUT"
    } else {
        "GET, HEAD"
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
