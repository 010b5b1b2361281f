//! The part of nats-server that a client speaks with, in memory. It is strict: a client that sends nonsense fails the
//! test.

use std::collections::{BTreeMap, BTreeSet};

/// One connection to the server, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u32);

/// What the server has done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A client has published.
    Received {
        from: ConnectionId,
        subject: String,
        payload: Vec<u8>,
    },
    /// A message was sent to a subscription.
    Sent {
        to: ConnectionId,
        sid: u64,
        payload: Vec<u8>,
    },
}

#[derive(Debug)]
pub(crate) struct Server {
    /// The one that is let in, if only one is.
    pub(crate) token: Option<String>,
    pub(crate) max_payload: usize,
    /// A subject that nobody may publish or subscribe to.
    pub(crate) denied: &'static str,
    pub(crate) deeds: Vec<Deed>,
    connections: BTreeMap<ConnectionId, Connection>,
    /// Whose ping after the log-in was answered, also if they are gone.
    let_in: BTreeSet<ConnectionId>,
    /// Members of queue groups take turns.
    turn: usize,
}

#[derive(Debug, Default)]
struct Connection {
    input: Vec<u8>,
    output: Vec<u8>,
    logged_in: bool,
    /// The server hangs up once its output is sent.
    ends: bool,
    subscriptions: BTreeMap<u64, Subscribed>,
}

#[derive(Debug, Clone)]
struct Subscribed {
    pattern: String,
    group: Option<String>,
    delivered: u64,
    most: Option<u64>,
}

/// What a client says.
#[derive(Debug)]
enum Said {
    Connect(serde_json::Value),
    Ping,
    Pong,
    Subscribe {
        sid: u64,
        subscribed: Subscribed,
    },
    Unsubscribe {
        sid: u64,
        most: Option<u64>,
    },
    Publish {
        subject: String,
        reply: Option<String>,
        headers: usize,
        body: Vec<u8>,
    },
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            token: None,
            max_payload: 1_024,
            denied: "denied",
            deeds: Vec::new(),
            connections: BTreeMap::new(),
            let_in: BTreeSet::new(),
            turn: 0,
        }
    }

    /// A client has dialled.
    pub(crate) fn accept(&mut self, id: ConnectionId) {
        let mut connection = Connection::default();
        connection.say(&self.info());
        self.connections.insert(id, connection);
    }

    pub(crate) fn info(&self) -> String {
        let max_payload = self.max_payload;
        format!(
            r#"INFO {{"server_id":"S","version":"2.15.1","headers":true,"max_payload":{max_payload}}}"#
        )
    }

    /// Bytes of a client have arrived.
    pub(crate) fn receive(&mut self, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.input.extend_from_slice(bytes);
        while let Some(connection) = self.connections.get_mut(&id)
            && !connection.ends
            && let Some(said) = connection.next()
        {
            self.handle(id, said);
        }
    }

    /// What is to be sent to a client, and whether the server hangs up after it.
    pub(crate) fn transmit(&mut self, id: ConnectionId) -> (Vec<u8>, bool) {
        self.connections
            .get_mut(&id)
            .map_or((Vec::new(), false), |connection| {
                (std::mem::take(&mut connection.output), connection.ends)
            })
    }

    /// The connection is gone.
    pub(crate) fn forget(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    /// Says a line to a client, whatever it is.
    pub(crate) fn say(&mut self, id: ConnectionId, line: &str) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.say(line);
        }
    }

    pub(crate) fn ids(&self) -> Vec<ConnectionId> {
        self.connections.keys().copied().collect()
    }

    pub(crate) fn let_in(&self, id: ConnectionId) -> bool {
        self.let_in.contains(&id)
    }

    /// What a client has subscribed to, sorted.
    pub(crate) fn patterns(&self, id: ConnectionId) -> Vec<String> {
        let connection = self.connections.get(&id);
        let subscriptions = connection
            .into_iter()
            .flat_map(|c| c.subscriptions.values());
        let mut patterns: Vec<_> = subscriptions.map(|one| one.pattern.clone()).collect();
        patterns.sort();
        patterns
    }

    /// Sends a message to everybody who subscribed; how many did.
    pub(crate) fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: usize,
        body: &[u8],
    ) -> usize {
        let mut receivers = Vec::new();
        let mut groups: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (id, connection) in &self.connections {
            for (sid, subscribed) in &connection.subscriptions {
                if !matches(&subscribed.pattern, subject) {
                    continue;
                }
                match &subscribed.group {
                    Some(group) => groups.entry(group.clone()).or_default().push((*id, *sid)),
                    None => receivers.push((*id, *sid)),
                }
            }
        }
        for members in groups.values() {
            self.turn += 1;
            receivers.push(members[self.turn % members.len()]);
        }
        for (id, sid) in &receivers {
            self.send(*id, *sid, subject, reply, headers, body);
        }
        receivers.len()
    }

    fn send(
        &mut self,
        id: ConnectionId,
        sid: u64,
        subject: &str,
        reply: Option<&str>,
        headers: usize,
        body: &[u8],
    ) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let reply = reply.map_or(String::new(), |reply| format!("{reply} "));
        let line = match headers {
            0 => format!("MSG {subject} {sid} {reply}{}", body.len()),
            _ => format!("HMSG {subject} {sid} {reply}{headers} {}", body.len()),
        };
        connection.say(&line);
        connection.output.extend_from_slice(body);
        connection.say("");
        let Some(subscribed) = connection.subscriptions.get_mut(&sid) else {
            return;
        };
        self.deeds.push(Deed::Sent {
            to: id,
            sid,
            payload: body[headers..].to_vec(),
        });
        subscribed.delivered += 1;
        if subscribed.most == Some(subscribed.delivered) {
            connection.subscriptions.remove(&sid);
        }
    }

    fn handle(&mut self, id: ConnectionId, said: Said) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        match said {
            Said::Connect(json) => {
                let token = json["auth_token"].as_str();
                if self.token.is_some() && token != self.token.as_deref() {
                    connection.refuse("Authorization Violation");
                }
                connection.logged_in = true;
            }
            _ if !connection.logged_in => connection.refuse("Authorization Violation"),
            Said::Ping => {
                self.let_in.insert(id);
                connection.say("PONG");
            }
            Said::Pong => {}
            Said::Subscribe { sid, subscribed } if subscribed.pattern == self.denied => {
                let pattern = subscribed.pattern;
                connection.say(&format!(
                    "-ERR 'Permissions Violation for Subscription to \"{pattern}\"'"
                ));
                assert!(sid > 0);
            }
            Said::Subscribe { sid, subscribed } => {
                let before = connection.subscriptions.insert(sid, subscribed);
                assert!(before.is_none(), "subscribed twice as {sid}");
            }
            Said::Unsubscribe { sid, most } => {
                if let Some(subscribed) = connection.subscriptions.get_mut(&sid) {
                    match most {
                        Some(most) if subscribed.delivered < most => subscribed.most = Some(most),
                        _ => drop(connection.subscriptions.remove(&sid)),
                    }
                }
            }
            Said::Publish { body, .. } if body.len() > self.max_payload => {
                connection.refuse("Maximum Payload Violation");
            }
            Said::Publish { subject, .. } if subject == self.denied => {
                connection.say(&format!(
                    "-ERR 'Permissions Violation for Publish to \"{subject}\"'"
                ));
            }
            Said::Publish {
                subject,
                reply,
                headers,
                body,
            } => {
                self.deeds.push(Deed::Received {
                    from: id,
                    subject: subject.clone(),
                    payload: body[headers..].to_vec(),
                });
                let receivers = self.publish(&subject, reply.as_deref(), headers, &body);
                if let Some(reply) = reply.filter(|_| receivers == 0) {
                    let status = b"NATS/1.0 503\r\n\r\n";
                    self.publish(&reply, None, status.len(), status);
                }
            }
        }
    }
}

impl Connection {
    fn say(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    fn refuse(&mut self, why: &str) {
        self.say(&format!("-ERR '{why}'"));
        self.ends = true;
    }

    /// The next thing that the client says, once it is there as a whole.
    fn next(&mut self) -> Option<Said> {
        let end = self.input.windows(2).position(|two| two == b"\r\n")?;
        let line = std::str::from_utf8(&self.input[..end]).expect("a line of UTF-8");
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<_> = rest.split(' ').filter(|word| !word.is_empty()).collect();
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{line}"));
        let mut taken = end + 2;
        let said = match (word, &words[..]) {
            ("CONNECT", _) => Said::Connect(serde_json::from_str(rest).expect("JSON")),
            ("PING", []) => Said::Ping,
            ("PONG", []) => Said::Pong,
            ("SUB", [pattern, group @ .., sid]) if group.len() < 2 => Said::Subscribe {
                sid: number(sid),
                subscribed: Subscribed {
                    pattern: (*pattern).to_owned(),
                    group: group.first().map(|&group| group.to_owned()),
                    delivered: 0,
                    most: None,
                },
            },
            ("UNSUB", [sid, most @ ..]) if most.len() < 2 => Said::Unsubscribe {
                sid: number(sid),
                most: most.first().map(|most| number(most)),
            },
            ("PUB" | "HPUB", [subject, reply @ .., size])
                if reply.len() <= 1 + usize::from(word == "HPUB") =>
            {
                let (reply, headers) = match (word, reply) {
                    ("PUB", reply) => (reply.first(), 0),
                    (_, [reply @ .., headers]) => (reply.first(), number(headers) as usize),
                    (_, []) => panic!("{line}"),
                };
                let size = number(size) as usize;
                let body = self.input.get(taken..taken + size + 2)?;
                let body = body.strip_suffix(b"\r\n").expect("the end of a message");
                taken += size + 2;
                Said::Publish {
                    subject: (*subject).to_owned(),
                    reply: reply.map(|&reply| reply.to_owned()),
                    headers,
                    body: body.to_vec(),
                }
            }
            _ => panic!("a client said {line:?}"),
        };
        self.input.drain(..taken);
        Some(said)
    }
}

/// Whether a subject falls under a pattern.
fn matches(pattern: &str, subject: &str) -> bool {
    let mut subject = subject.split('.');
    for token in pattern.split('.') {
        match (token, subject.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (token, Some(other)) if token == other => {}
            _ => return false,
        }
    }
    subject.next().is_none()
}
