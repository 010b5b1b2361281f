//! The routes of each hotel under its name: `/hotels/<hotel>/…`. A hotel may be added while others are asked.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use shared::HotelName;
use tower::ServiceExt;

use super::problem::Problem;

/// What the paths of all hotels begin with.
pub(super) const UNDER: &str = "/hotels";

/// The hotels that can be asked for, each with its routes.
#[derive(Debug, Clone, Default)]
pub struct Hotels(Arc<RwLock<BTreeMap<HotelName, Router>>>);

impl Hotels {
    /// A hotel can be asked for from now on.
    pub(super) fn add(&self, hotel: HotelName, routes: Router) {
        let mut hotels = self.0.write().unwrap_or_else(PoisonError::into_inner);
        hotels.insert(hotel, routes);
    }

    /// Whether there is a hotel of this name.
    pub(super) fn knows(&self, hotel: &str) -> bool {
        let hotel = hotel.parse::<HotelName>();
        hotel.is_ok_and(|hotel| self.routes(&hotel).is_some())
    }

    fn routes(&self, hotel: &HotelName) -> Option<Router> {
        let hotels = self.0.read().unwrap_or_else(PoisonError::into_inner);
        hotels.get(hotel).cloned()
    }

    /// What answers under [`UNDER`], which is not in the paths that it sees.
    pub(super) fn service(self) -> Router {
        Router::new().fallback(by_name).with_state(self)
    }
}

/// Where the routes of the hotel are.
pub(super) fn base(hotel: &HotelName) -> String {
    format!("{UNDER}/{hotel}")
}

async fn by_name(State(hotels): State<Hotels>, mut request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let routes = name.parse().ok().and_then(|name| hotels.routes(&name));
    let Some(routes) = routes else {
        let detail = format!("There is no hotel {name:?} here.");
        return Problem::new(StatusCode::NOT_FOUND, detail).into_response();
    };
    let within = match request.uri().query() {
        Some(query) => format!("/{rest}?{query}"),
        None => format!("/{rest}"),
    };
    // It is a part of what was an address.
    let Ok(within) = within.parse::<Uri>() else {
        return Problem::not_found(request.uri()).into_response();
    };
    *request.uri_mut() = within;
    match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
