//! Where to connect: the servers that were named, and those that they told of.

use super::random::SplitMix;
use super::{ServerError, ServerUrl};

/// How many servers of a cluster are taken over at once: more than any has, and a hostile server tells of no more.
const MOST_DISCOVERED: usize = 128;

/// The servers, and whose turn it is.
///
/// A round tries each of them once. Whoever is lost has had its turn in the round that begins with its loss, so that the
/// others come first.
#[derive(Debug)]
pub(super) struct Servers {
    servers: Vec<Server>,
    /// The one that is connected to, or dialled, or was last.
    current: usize,
    random: SplitMix,
}

#[derive(Debug)]
struct Server {
    url: ServerUrl,
    /// It was named by the application, and is never dropped.
    named: bool,
    /// It has had its turn in this round.
    tried: bool,
    /// With which words it refused the credentials the last time that they were tried.
    refusal: Option<ServerError>,
}

impl Server {
    fn new(url: ServerUrl, named: bool) -> Self {
        Self {
            url,
            named,
            tried: false,
            refusal: None,
        }
    }
}

impl Servers {
    pub(super) fn new(urls: &[ServerUrl], shuffle: bool, seed: u64) -> Self {
        let mut servers = Self {
            servers: Vec::new(),
            current: 0,
            random: SplitMix::new(seed),
        };
        for url in urls {
            let place = if shuffle {
                servers.random.below(servers.servers.len() + 1)
            } else {
                servers.servers.len()
            };
            if !servers.knows(url) {
                servers
                    .servers
                    .insert(place, Server::new(url.clone(), true));
            }
        }
        // The first to have its turn is the first of all.
        servers.current = servers.servers.len().saturating_sub(1);
        servers
    }

    /// The server whose turn it is. Without any the driver knows where to dial.
    pub(super) fn current(&self) -> Option<&ServerUrl> {
        Some(&self.servers.get(self.current)?.url)
    }

    /// Whether there is another one to go to.
    pub(super) fn has_others(&self) -> bool {
        self.servers.len() > 1
    }

    /// Gives its turn to the next one. The first that has not had one in this round, after the current one.
    pub(super) fn advance(&mut self) {
        let count = self.servers.len();
        let next = (1..=count)
            .map(|step| (self.current + step) % count)
            .find(|&index| !self.servers[index].tried);
        if let Some(next) = next {
            self.current = next;
            self.servers[next].tried = true;
        }
    }

    /// Whether each of them has had its turn in this round.
    pub(super) fn all_tried(&self) -> bool {
        self.servers.iter().all(|server| server.tried)
    }

    /// Begins a round.
    pub(super) fn begin_round(&mut self) {
        for server in &mut self.servers {
            server.tried = false;
        }
    }

    /// Begins a round in which the current one has had its turn.
    pub(super) fn begin_round_elsewhere(&mut self) {
        self.begin_round();
        if let Some(server) = self.servers.get_mut(self.current) {
            server.tried = true;
        }
    }

    /// The current server has accepted the credentials.
    pub(super) fn accepted(&mut self) {
        if let Some(server) = self.servers.get_mut(self.current) {
            server.refusal = None;
        }
    }

    /// The current server has refused the credentials; whether it did so with the same words the time before.
    pub(super) fn refused(&mut self, error: &ServerError) -> bool {
        let server = self.servers.get_mut(self.current);
        let before = server.and_then(|server| server.refusal.replace(error.clone()));
        before.as_ref() == Some(error)
    }

    /// Takes over what the current server says of its cluster: new ones are added at random places, and those that it does
    /// not mention any more are dropped, unless the application named them. A server without a cluster mentions none.
    pub(super) fn discover(&mut self, authorities: &[String]) {
        let Some(current) = self.current().cloned() else {
            return;
        };
        if authorities.is_empty() {
            return;
        }
        let siblings = authorities.iter().take(MOST_DISCOVERED);
        let siblings: Vec<_> = siblings.filter_map(|one| current.sibling(one)).collect();
        let mentioned = |url: &ServerUrl| {
            siblings
                .iter()
                .any(|sibling| sibling.authority() == url.authority())
        };
        self.servers
            .retain(|server| server.named || server.url == current || mentioned(&server.url));
        for url in siblings {
            if !self.knows(&url) {
                let place = self.random.below(self.servers.len() + 1);
                self.servers.insert(place, Server::new(url, false));
            }
        }
        let place = self.servers.iter().position(|server| server.url == current);
        self.current = place.unwrap_or(0);
    }

    fn knows(&self, url: &ServerUrl) -> bool {
        let authority = url.authority();
        self.servers
            .iter()
            .any(|server| server.url.authority() == authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ToServerUrls;

    fn url(text: &str) -> ServerUrl {
        text.parse().expect(text)
    }

    fn servers(urls: &[&str]) -> Servers {
        Servers::new(&urls.to_server_urls().expect("addresses"), false, 1)
    }

    /// The servers that have their turn until the end of the round.
    fn round(servers: &mut Servers) -> Vec<String> {
        let mut seen = Vec::new();
        while !servers.all_tried() {
            servers.advance();
            seen.push(servers.current().expect("a server").to_string());
        }
        seen
    }

    #[test]
    fn each_has_its_turn_and_a_lost_one_is_the_last() {
        let mut servers = servers(&["ws://a", "ws://b", "ws://c", "ws://a:80"]);
        assert_eq!(round(&mut servers), ["ws://a", "ws://b", "ws://c"]);
        servers.begin_round();
        servers.advance();
        servers.advance();
        servers.begin_round_elsewhere();
        let lost = servers.current().expect("a server").to_string();
        let others = round(&mut servers);
        assert!(others.len() == 2 && !others.contains(&lost), "{others:?}");
    }

    #[test]
    fn a_shuffle_keeps_all_and_differs() {
        let urls: Vec<_> = (0..8).map(|n| url(&format!("ws://s{n}"))).collect();
        let order = |seed| round(&mut Servers::new(&urls, true, seed));
        let mut sorted = order(1);
        sorted.sort();
        assert_eq!(sorted, round(&mut Servers::new(&urls, false, 1)));
        assert!((2..9).any(|seed| order(seed) != order(1)));
    }

    #[test]
    fn servers_come_and_go_with_what_is_said() {
        let mut servers = servers(&["wss://a/nats", "wss://b/nats"]);
        servers.advance();
        let mention = |authorities: &[&str]| {
            authorities
                .iter()
                .map(|&one| one.to_owned())
                .collect::<Vec<_>>()
        };
        servers.discover(&mention(&["a:443", "c:443", "d:443"]));
        assert_eq!(servers.current(), Some(&url("wss://a/nats")));
        assert_eq!(servers.servers.len(), 4);
        servers.discover(&mention(&["d:443", "not an address"]));
        assert!(servers.knows(&url("wss://d/nats")) && !servers.knows(&url("wss://c:443")));
        assert!(servers.knows(&url("wss://b")), "it was named");
        servers.discover(&[]);
        assert_eq!(servers.servers.len(), 3);
    }
}
