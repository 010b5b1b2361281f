//! What the server says, and what follows from it.

use super::subscriptions::Received;
use super::{Event, Phase, Session, Sid};
use crate::proto::parse::ServerOp;
use crate::proto::{DisconnectCause, ProtocolError, ServerError, ServerInfo, Status, encode};

impl Session {
    /// Reads received bytes up to the next event.
    pub(super) fn next_event(&mut self) -> Option<Event> {
        self.leave_if_confirmed();
        while self.is_open() {
            let event = match self.parser.next_op() {
                Ok(Some(op)) => self.handle_op(op),
                Ok(None) => return None,
                Err(error) => {
                    self.fail(error.into(), true);
                    None
                }
            };
            // Operations may have left events of their own, which come first.
            if !self.events.is_empty() {
                self.events.extend(event);
                return self.events.pop_front();
            }
            if event.is_some() {
                return event;
            }
            self.leave_if_confirmed();
        }
        self.events.pop_front()
    }

    fn handle_op(&mut self, op: ServerOp) -> Option<Event> {
        self.last_words = None;
        match (&op, self.phase) {
            // Nothing was subscribed to and nothing was asked yet.
            (
                ServerOp::Message { .. },
                Phase::Greeting { .. } | Phase::Signing { .. } | Phase::Handshake { .. },
            ) => {
                return self.refuse("MSG");
            }
            (ServerOp::Pong, Phase::Greeting { .. } | Phase::Signing { .. }) => {
                return self.refuse("PONG");
            }
            _ => {}
        }
        match op {
            ServerOp::Message { sid, message } => {
                let sid = Sid(sid);
                self.statistics.messages_received += 1;
                // A message may be on its way while its subscription ends.
                let received = self.count_received(sid)?;
                let event = Event::Message { sid, message };
                if let Received::Another = received {
                    return Some(event);
                }
                self.events.extend([event, Event::SubscriptionEnded(sid)]);
            }
            ServerOp::Info(info) => self.handle_info(*info),
            // A server that asks and does not read the answers gets no more of them.
            ServerOp::Ping if self.unsent() > self.config.write_limit => {}
            ServerOp::Ping => self.out.extend_from_slice(encode::PONG),
            ServerOp::Pong => return self.handle_pong(),
            ServerOp::Ok => {}
            ServerOp::Error(error) => self.handle_error(error),
        }
        None
    }

    fn refuse(&mut self, word: &'static str) -> Option<Event> {
        self.fail(ProtocolError::OutOfTurn { word }.into(), true);
        None
    }

    fn handle_info(&mut self, info: ServerInfo) {
        if self.config.discover_servers {
            self.servers.discover(&info.connect_urls);
        }
        let lame_duck = info.lame_duck_mode;
        let before = self.info.replace(info);
        if lame_duck && !before.is_some_and(|before| before.lame_duck_mode) {
            self.events.push_back(Event::LameDuck);
        }
        match self.phase {
            Phase::Greeting { deadline } => self.log_in(deadline),
            // Without another one it is good until it ends.
            Phase::Connected { .. } if lame_duck && self.servers.has_others() => {
                self.leave(DisconnectCause::LameDuck);
            }
            _ => {}
        }
    }

    fn handle_pong(&mut self) -> Option<Event> {
        self.probe = None;
        let ping = self.pings.pop_front();
        if let Some(ping) = &ping {
            self.fates.confirm(ping.after);
            self.handle_answered_subscriptions();
            if let Some(sid) = ping.drains {
                self.handle_drained(sid);
            }
        }
        self.consider_leaving();
        if matches!(self.phase, Phase::Handshake { .. }) && self.pings.is_empty() {
            self.phase = Phase::Connected { since: self.now };
            self.ever_connected = true;
            self.servers.accepted();
            self.statistics.connections += 1;
            self.plan_renewal();
            self.subscribe_again();
            self.send_backlog();
            self.events.push_back(Event::Connected);
            self.set_status(Status::Connected);
        }
        ping.and_then(|ping| ping.id).map(Event::Pong)
    }

    fn handle_error(&mut self, error: ServerError) {
        self.events.push_back(Event::ServerError(error.clone()));
        if error.closes_connection() {
            self.fail(error.into(), true);
            return;
        }
        match &error {
            ServerError::PublishDenied { subject } => self.handle_denied_publish(subject),
            ServerError::ReplyDenied { reply } => self.handle_denied_reply(reply),
            ServerError::SubscriptionDenied { subject, queue } => {
                self.handle_denied_subscription(subject, queue.as_deref());
            }
            ServerError::MaximumSubscriptions => self.handle_too_many_subscriptions(),
            _ => self.handle_doubt(),
        }
        self.last_words = Some(error);
    }
}
