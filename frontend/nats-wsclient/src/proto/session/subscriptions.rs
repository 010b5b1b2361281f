//! Subscribing, across connections.

use super::{Event, Phase, Session, Sid};
use crate::proto::subject::{check_pattern, check_subject};
use crate::proto::{SubjectError, encode};

#[derive(Debug)]
pub(super) struct Subscribed {
    pub(super) subject: String,
    pub(super) queue: Option<String>,
    /// How many messages it received, in all.
    received: u64,
    /// How many of them it received over earlier connections, of which the server knows nothing.
    received_before: u64,
    /// After how many messages it ends.
    max: Option<u64>,
    /// It has ended for the server, and ends here with the answer to a ping.
    draining: bool,
}

impl Session {
    /// Subscribes, now and with every later connection.
    ///
    /// # Errors
    /// When the subject or the queue group is not one.
    pub fn subscribe(&mut self, subject: &str, queue: Option<&str>) -> Result<Sid, SubjectError> {
        check_pattern(subject)?;
        queue.map_or(Ok(()), check_subject)?;
        self.last_sid += 1;
        let sid = Sid(self.last_sid);
        let subscribed = Subscribed {
            subject: subject.to_owned(),
            queue: queue.map(str::to_owned),
            received: 0,
            received_before: 0,
            max: None,
            draining: false,
        };
        self.subscriptions.push(sid, subscribed);
        if let Phase::Connected { .. } = self.phase {
            self.send_subscribe(sid);
        }
        Ok(sid)
    }

    /// Ends a subscription. Messages for it that are on their way are dropped.
    pub fn unsubscribe(&mut self, sid: Sid) {
        let known = self.subscriptions.remove(sid);
        if known.is_some_and(|subscribed| !subscribed.draining) {
            self.send_unsubscribe(sid, None);
        }
    }

    /// Ends a subscription once it has received `max` messages in all, also counting those over earlier connections.
    /// [`Event::SubscriptionEnded`] follows. A number that was given before is not raised: the server may have reached
    /// it already.
    pub fn unsubscribe_after(&mut self, sid: Sid, max: u64) {
        let Some(subscribed) = self.subscriptions.get_mut(sid) else {
            return;
        };
        let raises = subscribed.max.is_some_and(|before| before <= max);
        if subscribed.draining || raises {
            return;
        }
        subscribed.max = Some(max);
        if subscribed.received >= max {
            self.unsubscribe(sid);
            self.events.push_back(Event::SubscriptionEnded(sid));
        } else {
            let rest = max - subscribed.received_before;
            self.send_unsubscribe(sid, Some(rest));
        }
    }

    /// Ends a subscription, but for the messages that are on their way. [`Event::SubscriptionEnded`] follows them.
    pub fn drain(&mut self, sid: Sid) {
        let Some(subscribed) = self.subscriptions.get_mut(sid) else {
            return;
        };
        if std::mem::replace(&mut subscribed.draining, true) {
            return;
        }
        if let Phase::Connected { .. } = self.phase {
            self.send_unsubscribe(sid, None);
            self.send_ping_for(None, Some(sid));
        } else {
            self.subscriptions.remove(sid);
            self.events.push_back(Event::SubscriptionEnded(sid));
        }
    }

    /// What a subscription subscribes to.
    pub fn subject_of(&self, sid: Sid) -> Option<&str> {
        Some(&self.subscriptions.get(sid)?.subject)
    }

    /// Sends every subscription to a new server.
    pub(super) fn subscribe_again(&mut self) {
        let sids: Vec<_> = self.subscriptions.iter().map(|(sid, _)| sid).collect();
        for sid in sids {
            self.send_subscribe(sid);
            if let Some(subscribed) = self.subscriptions.get_mut(sid) {
                subscribed.received_before = subscribed.received;
                if let Some(max) = subscribed.max {
                    encode::unsubscribe(&mut self.out, sid.0, Some(max - subscribed.received));
                }
            }
        }
    }

    /// What was draining over a connection that is lost has received what it will.
    pub(super) fn end_draining(&mut self) {
        let draining = self.subscriptions.remove_where(|one| one.draining);
        self.events
            .extend(draining.map(|(sid, _)| Event::SubscriptionEnded(sid)));
    }

    /// A message has arrived. `None`: for a subscription that has ended.
    pub(super) fn count_received(&mut self, sid: Sid) -> Option<Received> {
        let subscribed = self.subscriptions.get_mut(sid)?;
        subscribed.received += 1;
        if subscribed.max != Some(subscribed.received) {
            return Some(Received::Another);
        }
        self.subscriptions.remove(sid);
        Some(Received::Last)
    }

    /// The answer to the ping that followed the end of a subscription.
    pub(super) fn handle_drained(&mut self, sid: Sid) {
        if self.subscriptions.remove(sid).is_some() {
            self.events.push_back(Event::SubscriptionEnded(sid));
        }
    }

    /// The server does not permit these.
    pub(super) fn handle_denied_subscription(&mut self, subject: &str, queue: Option<&str>) {
        let denied = |one: &Subscribed| one.subject == subject && one.queue.as_deref() == queue;
        self.unanswered.forget(subject, queue);
        for (sid, Subscribed { subject, .. }) in self.subscriptions.remove_where(denied) {
            self.events
                .push_back(Event::SubscriptionDenied { sid, subject });
        }
    }

    /// The server has as many subscriptions as it allows. Which one was too many turns out with the next answer.
    pub(super) fn handle_too_many_subscriptions(&mut self) {
        if self.unanswered.was_too_many() {
            self.send_ping(None);
        }
    }

    /// The server has processed everything before the oldest ping.
    pub(super) fn handle_answered_subscriptions(&mut self) {
        for sid in self.unanswered.ping_answered() {
            if let Some(Subscribed { subject, .. }) = self.subscriptions.remove(sid) {
                self.events
                    .push_back(Event::TooManySubscriptions { sid, subject });
            }
        }
    }

    fn send_subscribe(&mut self, sid: Sid) {
        // A subscription that ends by itself makes place for another one at any time.
        let frees_places = self.subscriptions.values().any(|one| one.max.is_some());
        if frees_places && self.unanswered.has_new() {
            self.send_ping(None);
        }
        if let Some(Subscribed { subject, queue, .. }) = self.subscriptions.get(sid) {
            let queue = queue.as_deref();
            encode::subscribe(&mut self.out, subject, queue, sid.0);
            self.unanswered.subscribed(sid, subject, queue);
        }
    }

    fn send_unsubscribe(&mut self, sid: Sid, max: Option<u64>) {
        if let Phase::Connected { .. } = self.phase {
            if self.unanswered.has_new() {
                self.send_ping(None);
            }
            encode::unsubscribe(&mut self.out, sid.0, max);
        }
    }
}

/// Which one of a subscription's messages arrived.
pub(super) enum Received {
    Another,
    /// It has ended with this one.
    Last,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::proto::SessionConfig;

    const NOW: Duration = Duration::from_secs(1);

    fn connected() -> Session {
        let config = SessionConfig {
            retry_on_initial_connect: true,
            ..SessionConfig::default()
        };
        let mut session = Session::new(config, NOW, 1);
        connect(&mut session);
        sent(&mut session);
        session
    }

    fn connect(session: &mut Session) {
        session.force_reconnect(NOW);
        session.handle_open(NOW);
        receive(session, "INFO {\"headers\":true}\r\n");
        receive(session, "PONG\r\nPONG\r\n");
        assert!(session.status().is_connected());
    }

    /// What happens when this arrives, but for what everybody is told.
    fn receive(session: &mut Session, bytes: &str) -> Vec<Event> {
        session.handle_input(NOW, bytes.as_bytes());
        events(session)
    }

    fn events(session: &mut Session) -> Vec<Event> {
        let events = std::iter::from_fn(|| session.poll_event());
        let general = |event: &Event| {
            matches!(
                event,
                Event::ServerError(_) | Event::StatusChanged | Event::Connected
            )
        };
        events.filter(|event| !general(event)).collect()
    }

    fn sent(session: &mut Session) -> String {
        let mut sent = Vec::new();
        session.transmit(|bytes| sent.extend_from_slice(bytes));
        String::from_utf8(sent).expect("UTF-8")
    }

    fn subscribe<const N: usize>(session: &mut Session, subjects: [&str; N]) -> [Sid; N] {
        subjects.map(|subject| session.subscribe(subject, None).expect("a subject"))
    }

    fn message(sid: Sid) -> String {
        format!("MSG a {} 1\r\nx\r\n", sid.0)
    }

    const TOO_MANY: &str = "-ERR 'maximum subscriptions exceeded'\r\n";

    #[track_caller]
    fn refused(session: &mut Session, said: &str, expected: &[Sid]) {
        let refused: Vec<_> = receive(session, said)
            .into_iter()
            .map(|event| match event {
                Event::TooManySubscriptions { sid, .. } => sid,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(refused, expected);
    }

    #[test]
    fn of_too_many_subscriptions_the_last_ones_are_refused() {
        let mut session = connected();
        let [_a, b, c] = subscribe(&mut session, ["a", "b", "c"]);
        session.ping();
        let [d] = subscribe(&mut session, ["d"]);
        sent(&mut session);
        assert_eq!(receive(&mut session, &TOO_MANY.repeat(2)), []);
        let pong = receive(&mut session, "PONG\r\n");
        let told = |event: &Event| match event {
            Event::TooManySubscriptions { sid, .. } => Some(*sid),
            _ => None,
        };
        assert_eq!(pong.iter().filter_map(told).collect::<Vec<_>>(), [b, c]);
        assert_eq!(sent(&mut session), "");
        refused(&mut session, TOO_MANY, &[]);
        assert_eq!(sent(&mut session), "PING\r\n", "it asks at once");
        refused(&mut session, "PONG\r\n", &[d]);
    }

    #[test]
    fn a_place_that_becomes_free_in_between_is_no_doubt() {
        let mut session = connected();
        let [a, b] = subscribe(&mut session, ["a", "b"]);
        session.unsubscribe(a);
        subscribe(&mut session, ["c"]);
        assert_eq!(
            sent(&mut session),
            "SUB a 1\r\nSUB b 2\r\nPING\r\nUNSUB 1\r\nSUB c 3\r\n"
        );
        // There was no place for b, but for c there was.
        refused(&mut session, &[TOO_MANY, "PONG\r\n"].concat(), &[b]);
        session.unsubscribe(b);
        assert_eq!(sent(&mut session), "", "it is gone already");
    }

    #[test]
    fn what_is_not_permitted_takes_no_place() {
        let mut session = connected();
        let [a, _, b] = subscribe(&mut session, ["a", "b", "no"]);
        let denied = "-ERR 'Permissions Violation for Subscription to \"no\"'\r\n";
        let events = receive(&mut session, denied);
        assert!(matches!(&events[..], [Event::SubscriptionDenied { sid, .. }] if *sid == b));
        session.unsubscribe(a);
        let [c] = subscribe(&mut session, ["c"]);
        receive(&mut session, "PONG\r\n");
        refused(&mut session, TOO_MANY, &[]);
        refused(&mut session, "PONG\r\n", &[c]);
    }

    #[test]
    fn a_number_of_messages_counts_across_connections() {
        let mut session = connected();
        let [a, b] = subscribe(&mut session, ["a", "b"]);
        assert_eq!(receive(&mut session, &message(a).repeat(2)).len(), 2);
        session.unsubscribe_after(a, 5);
        assert!(sent(&mut session).ends_with("PING\r\nUNSUB 1 5\r\n"));
        assert_eq!(receive(&mut session, &message(a)).len(), 1);
        connect(&mut session);
        assert!(sent(&mut session).ends_with("SUB a 1\r\nUNSUB 1 2\r\nPING\r\nSUB b 2\r\n"));
        // After two more, on whatever connection, it has its five.
        session.unsubscribe_after(a, 7);
        assert_eq!(sent(&mut session), "", "five it stays");
        let events = receive(&mut session, &message(a).repeat(3));
        assert_eq!(events.len(), 3);
        assert_eq!(events[2], Event::SubscriptionEnded(a));
        assert_eq!(receive(&mut session, &message(b)).len(), 1);
        session.unsubscribe_after(b, 1);
        assert_eq!(sent(&mut session), "PING\r\nUNSUB 2\r\n");
        assert_eq!(self::events(&mut session), [Event::SubscriptionEnded(b)]);
        connect(&mut session);
        assert!(!sent(&mut session).contains("SUB "));
    }

    #[test]
    fn draining_receives_what_is_on_its_way() {
        let mut session = connected();
        let [a] = subscribe(&mut session, ["a"]);
        session.drain(a);
        session.drain(a);
        assert!(sent(&mut session).ends_with("SUB a 1\r\nPING\r\nUNSUB 1\r\nPING\r\n"));
        assert_eq!(
            receive(&mut session, &["PONG\r\n", &message(a)].concat()).len(),
            1
        );
        let ended = [Event::SubscriptionEnded(a)];
        assert_eq!(receive(&mut session, "PONG\r\n"), ended);
        assert_eq!(receive(&mut session, &message(a)), []);

        let [b, c] = subscribe(&mut session, ["b", "c"]);
        session.drain(b);
        session.handle_close(NOW, 1_006, "");
        assert!(events(&mut session).contains(&Event::SubscriptionEnded(b)));
        session.drain(c);
        assert_eq!(events(&mut session), [Event::SubscriptionEnded(c)]);
        connect(&mut session);
        assert!(!sent(&mut session).contains("SUB "));
    }
}
