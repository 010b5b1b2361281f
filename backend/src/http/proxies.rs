//! Who asks through a proxy: the address that everything is counted by.
//!
//! A header with an address is worth something only from a proxy that is known to write it. So it is read in connections of
//! `--trusted-proxy`, from its end, which the proxy has written, and never in others.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

const FORWARDED: &str = "forwarded";
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies that are trusted to say for whom they ask.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<Network>);

/// Addresses that begin with the same bits: `10.0.0.0/8`, or one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// As IPv6, in which the others are a part.
    first: u128,
    mask: u128,
}

/// What is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    #[error("it is an address such as 10.0.0.7, or a network such as 10.0.0.0/8")]
    Malformed,
    #[error(
        "the address has bits that are not of the network: write its first address, such as 10.0.0.0/8"
    )]
    NotFirst,
}

/// Marks a request that a trusted proxy has handed on.
#[derive(Debug, Clone, Copy)]
pub(super) struct HandedOn;

/// Has whatever comes after this see the address of the one who asks.
pub(super) async fn see_through(
    State(proxies): State<Arc<Proxies>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    if proxies.trusts(peer.ip()) {
        let client = proxies.client(peer, request.headers());
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(client));
        extensions.insert(HandedOn);
    }
    next.run(request).await
}

impl From<Vec<Network>> for Proxies {
    fn from(networks: Vec<Network>) -> Self {
        Self(networks)
    }
}

impl Proxies {
    /// Whether this is a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        let mut networks = self.0.iter();
        networks.any(|network| bits & network.mask == network.first)
    }

    /// Who asks: the nearest one who is no trusted proxy. A proxy that says nothing, or nothing that makes sense, asks for itself.
    fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if !self.trusts(peer.ip()) {
            return peer;
        }
        let found = [FORWARDED, FORWARDED_FOR].map(|name| {
            let hops = hops(headers, name)?;
            self.nearest(&hops)
        });
        // A proxy writes one of them, and may hand on the other as the client has made it up.
        let address = match found {
            [Some(one), Some(other)] => (one == other).then_some(one),
            [one, other] => one.or(other),
        };
        match address {
            Some(address) => SocketAddr::new(address, 0),
            None => peer,
        }
    }

    /// The last hop that is no trusted proxy.
    fn nearest(&self, hops: &[&str]) -> Option<IpAddr> {
        let mut nearest = None;
        for hop in hops.iter().rev() {
            let address = address(hop)?;
            nearest = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }
}

/// What a header says of each hop, farthest first; nothing if there is no such header.
fn hops<'a>(headers: &'a HeaderMap, name: &str) -> Option<Vec<&'a str>> {
    let lines = headers.get_all(name).into_iter();
    // What is no text is no address either, and must not be left out.
    let lines = lines.map(|line| line.to_str().unwrap_or("?"));
    let hops: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
    if hops.is_empty() {
        return None;
    }
    match name {
        FORWARDED => Some(hops.into_iter().map(forwarded_for).collect()),
        _ => Some(hops),
    }
}

/// `for=192.0.2.60;proto=http;by=203.0.113.43` (RFC 7239).
fn forwarded_for(hop: &str) -> &str {
    let mut pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
    let pair = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    pair.map_or("", |(_, value)| value)
}

/// An address, as proxies write it: with a port or without, in brackets, in quotes.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    if let Ok(address) = hop.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    bare.unwrap_or(hop).parse().ok()
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Malformed)?;
        let all: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => all,
            Some(length) => length.parse().map_err(|_| NetworkError::Malformed)?,
        };
        let free = all.checked_sub(length).ok_or(NetworkError::Malformed)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        let first = bits(address);
        match first & mask == first {
            true => Ok(Self { first, mask }),
            false => Err(NetworkError::NotFirst),
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = IpAddr::from(Ipv6Addr::from_bits(self.first)).to_canonical();
        let bits = if first.is_ipv4() { 96 } else { 0 };
        write!(f, "{first}/{}", self.mask.count_ones() - bits)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1:4711";

    /// Who asks, when somebody at `peer` sends these headers to a backend behind 10.0.0.0/24 and ::1.
    #[track_caller]
    fn check(peer: &str, headers: &[(&'static str, &str)], expected: &str) {
        let networks = ["10.0.0.0/24", "::1"].map(|text| text.parse().unwrap());
        let proxies = Proxies::from(networks.to_vec());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let client = proxies.client(peer.parse().unwrap(), &map);
        assert_eq!(client.ip().to_string(), expected, "{peer} {headers:?}");
    }

    #[test]
    fn a_trusted_proxy_says_for_whom_it_asks() {
        check(PROXY, &[("x-forwarded-for", "203.0.113.7")], "203.0.113.7");
        check(
            "[::1]:1",
            &[("x-forwarded-for", "203.0.113.7")],
            "203.0.113.7",
        );
        check(PROXY, &[("x-forwarded-for", "2001:db8::7")], "2001:db8::7");
        check(
            PROXY,
            &[("x-forwarded-for", "203.0.113.7:1234")],
            "203.0.113.7",
        );
        check(
            PROXY,
            &[("forwarded", r#"for="[2001:db8::7]:80";proto=https"#)],
            "2001:db8::7",
        );
        check(
            PROXY,
            &[("forwarded", "proto=https;For=203.0.113.7")],
            "203.0.113.7",
        );
        // Through two of them.
        check(
            PROXY,
            &[("x-forwarded-for", "203.0.113.7, 10.0.0.2")],
            "203.0.113.7",
        );
    }

    #[test]
    fn what_the_client_has_made_up_does_not_count() {
        // Nobody who asks by himself is believed.
        check(
            "203.0.113.7:1",
            &[("x-forwarded-for", "192.0.2.1")],
            "203.0.113.7",
        );
        check(
            "203.0.113.7:1",
            &[("forwarded", "for=192.0.2.1")],
            "203.0.113.7",
        );
        // The proxy has appended whom it saw.
        check(
            PROXY,
            &[("x-forwarded-for", "192.0.2.1, 203.0.113.7")],
            "203.0.113.7",
        );
        check(
            PROXY,
            &[
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-for", "203.0.113.7"),
            ],
            "203.0.113.7",
        );
        check(
            PROXY,
            &[("x-forwarded-for", "10.0.0.9, 203.0.113.7")],
            "203.0.113.7",
        );
        // It writes one of the two, and hands the other one on.
        check(
            PROXY,
            &[
                ("x-forwarded-for", "203.0.113.7"),
                ("forwarded", "for=192.0.2.1"),
            ],
            "10.0.0.1",
        );
    }

    #[test]
    fn a_proxy_that_says_nothing_asks_for_itself() {
        check(PROXY, &[], "10.0.0.1");
        for nonsense in ["", "unknown", "203.0.113.7, ?", "203.0.113.7,"] {
            check(PROXY, &[("x-forwarded-for", nonsense)], "10.0.0.1");
        }
        check(PROXY, &[("forwarded", "for=_hidden")], "10.0.0.1");
        check(PROXY, &[("forwarded", "by=203.0.113.7")], "10.0.0.1");
    }

    #[test]
    fn a_network_is_its_first_address_and_a_length() {
        for text in [
            "10.0.0.0/8",
            "0.0.0.0/0",
            "10.0.0.7/32",
            "2001:db8::/32",
            "::/0",
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        assert_eq!(
            "10.0.0.7".parse::<Network>().unwrap().to_string(),
            "10.0.0.7/32"
        );
        for text in [
            "",
            "proxy",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert_eq!(
                text.parse::<Network>(),
                Err(NetworkError::Malformed),
                "{text}"
            );
        }
        assert_eq!("10.0.0.7/8".parse::<Network>(), Err(NetworkError::NotFirst));
        // A network of IPv4 has nothing of IPv6, and the other way round.
        let all: Proxies = vec!["0.0.0.0/0".parse().unwrap()].into();
        assert!(all.trusts("203.0.113.7".parse().unwrap()));
        assert!(all.trusts("::ffff:203.0.113.7".parse().unwrap()));
        assert!(!all.trusts("2001:db8::1".parse().unwrap()));
    }
}
