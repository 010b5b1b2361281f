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
//! | `/hotels/<hotel>/…` | the same of each hotel, see [`hotels`]; without that it is the first one's |
//! | `GET /`, `/<hotel>/` | the board, with `--spa` |
//!
//! Whatever goes wrong is answered as [`problem`] says. Who asks is what [`caller`]
//! says. The board is of the same origin, and no other origin is allowed (no CORS).

mod body;
pub mod caller;
pub mod commands;
mod conditional;
pub mod events;
pub mod hooks;
pub mod hotels;
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
use shared::HotelName;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::cli::HttpOptions;
use crate::commands::backlog::Backlog;
use crate::commands::catalogue;
use crate::hotels::opening::Readiness;
use crate::identity::Identity;
use crate::identity::barred::Barred;
use crate::identity::tries::Tries;
use caller::Access;
use events::Feeds;
use hooks::sources::Sources;
use hotels::Hotels;
use problem::Problem;
use proxies::Proxies;
use rate::Rate;
use spa::Spa;

/// What the handlers of a hotel share.
#[derive(Debug, Clone)]
pub struct Shared {
    hotel: HotelName,
    /// What the paths that are told begin with: those of the first hotel are also there without its name.
    base: Arc<str>,
    readiness: Readiness,
    connection: watch::Receiver<Option<Connection>>,
    identity: watch::Receiver<Option<Arc<Identity>>>,
    access: Access,
    tries: Arc<Tries>,
    barred: Arc<Barred>,
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

/// What the routes know of a hotel. There is nothing but its name and its readiness until there is a connection.
#[derive(Debug)]
pub struct Ground {
    pub hotel: HotelName,
    pub readiness: Readiness,
    pub connection: watch::Receiver<Option<Connection>>,
    pub identity: watch::Receiver<Option<Arc<Identity>>>,
}

/// The way in for all hotels, and what they have in common: the limits are those of the program.
#[derive(Debug)]
pub struct Front {
    hotels: Hotels,
    /// Who needs no session.
    access: Access,
    proxies: Arc<Proxies>,
    rate: Arc<Rate>,
    barred: Arc<Barred>,
    streams: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Front {
    /// Without a hotel so far. What takes its time ends at `stop`.
    pub fn new(
        access: Access,
        limits: &HttpOptions,
        barred: Arc<Barred>,
        stop: CancellationToken,
    ) -> Self {
        let streams = usize::try_from(limits.http_streams).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            hotels: Hotels::default(),
            access,
            proxies: Arc::new(Proxies::from(limits.trusted_proxies.clone())),
            rate: Arc::new(Rate::new(limits.http_rate)),
            barred,
            streams: Arc::new(Semaphore::new(streams)),
            stop,
        }
    }

    /// All routes: those of the first hotel as they are, those of all under their names, and the board.
    pub fn app(&self, first: Ground, sources: Sources, spa: Option<Spa>) -> Router {
        let shared = self.add(first, sources);
        let first = Shared {
            base: "".into(),
            ..shared
        };
        let app = routes(first, Arc::clone(&self.rate));
        let app = app.nest_service(hotels::UNDER, self.hotels.clone().service());
        let app = match spa {
            Some(spa) => app.fallback_service(spa.service(self.hotels.clone())),
            None => app.fallback(no_route),
        };
        // Before everything that asks for the address.
        let proxies = Arc::clone(&self.proxies);
        app.layer(middleware::from_fn_with_state(
            proxies,
            proxies::see_through,
        ))
    }

    /// Answers for this hotel, too, from now on.
    pub fn add(&self, ground: Ground, sources: Sources) -> Shared {
        let shared = Shared {
            base: hotels::base(&ground.hotel).into(),
            hotel: ground.hotel,
            readiness: ground.readiness,
            connection: ground.connection,
            identity: ground.identity,
            access: self.access,
            tries: Arc::default(),
            barred: Arc::clone(&self.barred),
            backlog: Arc::default(),
            feeds: Arc::default(),
            streams: Arc::clone(&self.streams),
            sources: Arc::new(sources),
            stop: self.stop.clone(),
        };
        let routes = routes(shared.clone(), Arc::clone(&self.rate)).fallback(no_route);
        self.hotels.add(shared.hotel.clone(), routes);
        shared
    }
}

/// The routes of a hotel.
fn routes(shared: Shared, rate: Arc<Rate>) -> Router {
    catalogue::routes(Router::new())
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
        .with_state(shared)
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
