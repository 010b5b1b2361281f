//! How many requests an address may make: a token bucket for each.
//!
//! It goes by the address of the connection. Behind a proxy all requests come from one; limit them there, and give
//! `--http-rate 0` here.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// How many seconds' worth of requests an address that was quiet may make at once.
const BURST_SECONDS: f64 = 2.0;
/// With so many addresses, those that have been quiet are forgotten.
const MANY: usize = 10_000;

/// The buckets of all addresses.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rate {
    /// No limit for 0.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second: f64::from(per_second),
            buckets: Mutex::default(),
        }
    }

    fn burst(&self) -> f64 {
        (self.per_second * BURST_SECONDS).max(1.0)
    }

    fn filled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + since * self.per_second).min(self.burst())
    }

    /// Takes a token of the address.
    ///
    /// # Errors
    /// After how long there will be one.
    fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        if self.per_second <= 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| self.filled(bucket, now) < self.burst());
        }
        let bucket = buckets.entry(network(address)).or_insert(Bucket {
            tokens: self.burst(),
            at: now,
        });
        let tokens = self.filled(bucket, now);
        bucket.at = now;
        if tokens < 1.0 {
            bucket.tokens = tokens;
            return Err(Duration::from_secs_f64((1.0 - tokens) / self.per_second));
        }
        bucket.tokens = tokens - 1.0;
        Ok(())
    }
}

/// Whoever has an IPv6 address has 2^64 of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
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
            // Whole seconds, rounded up.
            let seconds = u16::try_from(wait.as_secs())
                .unwrap_or(u16::MAX)
                .saturating_add(1);
            let detail = "Too many requests come from your address.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
                .retry_after(seconds)
                .into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let rate = Rate::new(10);
        let (start, [a, b]) = (
            Instant::now(),
            ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap()),
        );
        for _ in 0..20 {
            assert_eq!(rate.take(a, start), Ok(()));
        }
        assert_eq!(rate.take(a, start), Err(Duration::from_millis(100)));
        // That of another is another one's.
        assert_eq!(rate.take(b, start), Ok(()));
        let later = start + Duration::from_millis(150);
        assert_eq!(rate.take(a, later), Ok(()));
        assert_eq!(rate.take(a, later), Err(Duration::from_millis(50)));
    }

    #[test]
    fn the_addresses_of_a_network_are_one_and_quiet_ones_are_forgotten() {
        let rate = Rate::new(1);
        let start = Instant::now();
        let [a, b] = ["2001:db8::1", "2001:db8::ffff:1"].map(|text| text.parse().unwrap());
        assert_eq!((rate.take(a, start), rate.take(b, start)), (Ok(()), Ok(())));
        assert!(rate.take(a, start).is_err());
        for number in 0..u32::try_from(MANY).unwrap() {
            rate.take(IpAddr::V4(number.into()), start).unwrap();
        }
        let later = start + Duration::from_secs(3);
        rate.take(a, later).unwrap();
        assert!(rate.buckets.lock().unwrap().len() < 10);
        assert_eq!(Rate::new(0).take(a, start), Ok(()));
    }
}
