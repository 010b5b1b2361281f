//! What the server says, and what follows from it.

use std::ops::ControlFlow;

use super::subscriptions::Received;
use super::{Event, Phase, Session, Sid};
use crate::proto::parse::ServerOp;
use crate::proto::{
    DisconnectCause, Message, ProtocolError, ServerError, ServerInfo, Status, encode,
};

impl Session {
    /// What happened next, as [`poll_event`](Self::poll_event) tells it, but for messages: `deliver` gets each as soon as it
    /// was read, and may break off.
    ///
    /// Most of what a client receives are messages, and an event for each would be moved from hand to hand several times.
    pub fn poll_event_with<T>(
        &mut self,
        mut deliver: impl FnMut(Sid, Message) -> ControlFlow<T>,
    ) -> ControlFlow<T, Option<Event>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return ControlFlow::Continue(Some(event));
            }
            self.leave_if_confirmed();
            if let Phase::Connected { .. } = self.phase
                && let Err(error) = self.deliver_messages(&mut deliver)?
            {
                self.fail(error.into(), true);
                continue;
            }
            if !self.events.is_empty() {
                continue;
            }
            if !self.is_open() {
                return ControlFlow::Continue(None);
            }
            match self.parser.next_op() {
                Ok(Some(op)) => self.handle_op(op),
                Ok(None) => return ControlFlow::Continue(None),
                Err(error) => self.fail(error.into(), true),
            }
        }
    }

    /// Delivers the messages up to the next operation that is none, or that has an event of its own.
    fn deliver_messages<T>(
        &mut self,
        deliver: &mut impl FnMut(Sid, Message) -> ControlFlow<T>,
    ) -> ControlFlow<T, Result<(), ProtocolError>> {
        loop {
            let (sid, message) = match self.parser.next_message() {
                Ok(Some((sid, message))) => (Sid(sid), message),
                Ok(None) => return ControlFlow::Continue(Ok(())),
                Err(error) => return ControlFlow::Continue(Err(error)),
            };
            if self.last_words.is_some() {
                self.last_words = None;
            }
            self.statistics.messages_received += 1;
            match self.count_received(sid) {
                // A message may be on its way while its subscription ends.
                None => {}
                Some(Received::Another) => deliver(sid, message)?,
                Some(Received::Last) => {
                    self.events.push_back(Event::SubscriptionEnded(sid));
                    deliver(sid, message)?;
                    return ControlFlow::Continue(Ok(()));
                }
            }
        }
    }

    fn handle_op(&mut self, op: ServerOp) {
        self.last_words = None;
        match (op, self.phase) {
            // Nothing was subscribed to and nothing was asked yet: a connected session reads messages before this.
            (ServerOp::Message { .. }, _) => self.refuse("MSG"),
            (ServerOp::Pong, Phase::Greeting { .. } | Phase::Signing { .. }) => {
                self.refuse("PONG");
            }
            (ServerOp::Info(info), _) => self.handle_info(*info),
            // A server that asks and does not read the answers gets no more of them.
            (ServerOp::Ping, _) if self.unsent() > self.config.write_limit => {}
            (ServerOp::Ping, _) => self.out.extend_from_slice(encode::PONG),
            (ServerOp::Pong, _) => self.handle_pong(),
            (ServerOp::Ok, _) => {}
            (ServerOp::Error(error), _) => self.handle_error(error),
        }
    }

    fn refuse(&mut self, word: &'static str) {
        self.fail(ProtocolError::OutOfTurn { word }.into(), true);
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

    fn handle_pong(&mut self) {
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
        self.events
            .extend(ping.and_then(|ping| ping.id).map(Event::Pong));
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
