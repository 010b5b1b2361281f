//! How many requests an address may make: a token bucket for each.
//!
//! It goes by the address of the connection, and behind a trusted proxy by the one for whom it asks ([`super::proxies`]).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::allowance::{self, Allowances, network, whole_seconds};

/// How many seconds' worth of requests an address that was quiet may make at once.
const BURST_SECONDS: u32 = 2;

/// What the addresses may still ask for.
#[derive(Debug)]
pub(super) struct Rate {
    began: Instant,
    allowances: Mutex<Allowances<IpAddr>>,
}

impl Rate {
    /// No limit for 0.
    pub(super) fn new(per_second: u32) -> Self {
        let rate = allowance::Rate::with_burst(per_second, BURST_SECONDS);
        Self {
            began: Instant::now(),
            allowances: Mutex::new(Allowances::new(rate)),
        }
    }

    /// Takes a request of the address.
    ///
    /// # Errors
    /// After how long there will be another one.
    fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut allowances = self
            .allowances
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        allowances.take(network(address), now.duration_since(self.began))
    }
}

/// Lets a request pass, or answers that there are too many.
pub(super) async fn limit(
    State(rate): State<Arc<Rate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match rate.take(peer.ip(), Instant::now()) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let detail = "Too many requests come from your address.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
                .retry_after(whole_seconds(wait))
                .into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_network_are_one() {
        let rate = Rate::new(1);
        let start = Instant::now();
        let [a, b, c] = ["2001:db8::1", "2001:db8::ffff:1", "10.0.0.1"]
            .map(|text| text.parse::<IpAddr>().unwrap());
        assert_eq!((rate.take(a, start), rate.take(b, start)), (Ok(()), Ok(())));
        assert!(rate.take(a, start).is_err());
        assert_eq!(rate.take(c, start), Ok(()));
        assert_eq!(Rate::new(0).take(a, start), Ok(()));
    }
}
