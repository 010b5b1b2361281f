//! How many connections there may be at the same time: of an address, and in all.
//!
//! One that is too many is not left to wait: it is told so, in HTTP, and closed. Those of a trusted proxy are of many, and count in all
//! alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use super::proxies::Proxies;
use super::tls::Tls;
use crate::allowance::network;

/// When somebody who was turned away may try again.
const RETRY_AFTER_SECONDS: u16 = 5;
/// How many are told at the same time that they are too many. The others are closed without a word.
const TOLD: usize = 64;
/// How long that may take.
const TELLING: Duration = Duration::from_secs(2);

/// The places for connections.
#[derive(Debug, Clone)]
pub struct Places {
    of_each: usize,
    proxies: Proxies,
    all: Arc<Semaphore>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    told: Arc<Semaphore>,
}

/// The place of one connection. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    address: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _one_of_all: OwnedSemaphorePermit,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    #[error("Too many connections are open from your address. Close some, or come again later.")]
    ForAddress,
    #[error("As many connections are open as the hotel takes. Come again later.")]
    AtAll,
}

impl Places {
    /// So many for each address that is no trusted proxy's, or any number for 0, and so many in all.
    pub fn new(of_each: u32, all: u32, proxies: Proxies) -> Self {
        let count = |number: u32| usize::try_from(number).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            of_each: match of_each {
                0 => usize::MAX,
                each => count(each),
            },
            proxies,
            all: Arc::new(Semaphore::new(count(all))),
            taken: Arc::default(),
            told: Arc::new(Semaphore::new(TOLD)),
        }
    }

    /// Takes a place for a connection from the address.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn take(&self, address: IpAddr) -> Result<Place, NoPlace> {
        let of_each = match self.proxies.trusts(address) {
            true => usize::MAX,
            false => self.of_each,
        };
        let address = network(address);
        let one_of_all = Arc::clone(&self.all).try_acquire_owned();
        let one_of_all = one_of_all.map_err(|_| NoPlace::AtAll)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= of_each {
            return Err(NoPlace::ForAddress);
        }
        *count += 1;
        Ok(Place {
            address,
            taken: Arc::clone(&self.taken),
            _one_of_all: one_of_all,
        })
    }

    /// Says over the connection why there is no place for it, and closes it.
    pub(super) async fn turn_away(self, stream: TcpStream, tls: Option<Tls>, why: NoPlace) {
        // Many at the same time are a flood, and nobody reads what it is told.
        let Ok(_permit) = self.told.try_acquire() else {
            return;
        };
        let told = async {
            match tls {
                None => tell(stream, why).await,
                Some(tls) => tell(tls.accept(stream).await?, why).await,
            }
        };
        match tokio::time::timeout(TELLING, told).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!("{why} This was not told: {error}"),
            Err(_) => tracing::debug!("{why} This was not read in time."),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = taken.entry(self.address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

async fn tell(mut stream: impl AsyncRead + AsyncWrite + Unpin, why: NoPlace) -> io::Result<()> {
    stream.write_all(answer(why).as_bytes()).await?;
    stream.shutdown().await?;
    // A connection that is closed with something unread is reset, and the answer may be lost by that.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// The whole response: there is no server behind this connection that would write one.
fn answer(why: NoPlace) -> String {
    let status = match why {
        NoPlace::ForAddress => StatusCode::TOO_MANY_REQUESTS,
        NoPlace::AtAll => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = Problem::new(status, why.to_string()).to_json();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\
         Retry-After: {RETRY_AFTER_SECONDS}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(|text| text.parse().unwrap());
        let places = Places::new(2, 4, Proxies::default());
        let first = [places.take(a).unwrap(), places.take(a).unwrap()];
        assert_eq!(places.take(a).unwrap_err(), NoPlace::ForAddress);
        let _second = [places.take(b).unwrap(), places.take(b).unwrap()];
        assert_eq!(places.take(c).unwrap_err(), NoPlace::AtAll);
        drop(first);
        places.take(a).unwrap();
        assert_eq!(places.taken.lock().unwrap().len(), 1);
    }

    #[test]
    fn nought_is_any_number_of_an_address_and_a_network_is_one() {
        let [a, b] = ["2001:db8::1", "2001:db8::2"].map(|text| text.parse().unwrap());
        let proxy = vec!["10.0.0.1".parse().unwrap()];
        let places = Places::new(1, 10, proxy.into());
        let _place = places.take(a).unwrap();
        assert_eq!(places.take(b).unwrap_err(), NoPlace::ForAddress);
        let of_proxy = [(); 3].map(|()| places.take("10.0.0.1".parse().unwrap()));
        assert!(of_proxy.iter().all(Result::is_ok));
        let places = Places::new(0, 10, Proxies::default());
        let all: Vec<Place> = (0..10).map(|_| places.take(a).unwrap()).collect();
        assert_eq!(all.len(), 10);
    }

    #[test]
    fn the_answer_is_a_response() {
        let answer = answer(NoPlace::ForAddress);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"),
            "{head}"
        );
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["status"], 429);
    }
}
