//! Publishing, and what becomes of it.

use super::backlog::Kept;
use super::{Event, Fate, Phase, PublishError, PublishId, Rejection, Session};
use crate::proto::subject::{check_destination, check_subject};
use crate::proto::{HeaderMap, SubjectHash, encode};

/// After how many messages the server is asked to confirm them, whether somebody wants to know or not: what is
/// remembered of them is bounded.
const UNASKED: u32 = 1_024;

impl Session {
    /// Publishes a message. It is handed out by the next [`transmit`](Self::transmit).
    ///
    /// # Errors
    /// When it cannot be sent now. Nothing was sent then.
    pub fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<PublishId, PublishError> {
        let size = self.check(subject, reply, headers, payload)?;
        match self.phase {
            Phase::Connected { .. } => {}
            Phase::Closed => return Err(PublishError::Closed),
            _ => return Err(PublishError::Disconnected),
        }
        // What is kept was published before.
        if !self.backlog.is_empty() || !self.has_room(size) {
            // The answer is the sign that there is room again.
            self.confirm();
            let waiting = self.unsent();
            return Err(PublishError::Backpressure { waiting });
        }
        let id = self.fates.number();
        encode::publish(&mut self.out, subject, reply, headers, payload);
        self.wrote(id, SubjectHash::of(subject), reply.map(SubjectHash::of));
        Ok(id)
    }

    /// Publishes a message as [`publish`](Self::publish) does, but keeps it if it cannot be sent now, for when it can.
    /// Up to [`write_limit`](super::SessionConfig::write_limit) bytes are kept; the oldest make place for the newest.
    ///
    /// # Errors
    /// When it can never be sent.
    pub fn publish_or_keep(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<PublishId, PublishError> {
        if self.is_ready(payload.len()) {
            match self.publish(subject, reply, headers, payload) {
                // The headers were too much.
                Err(PublishError::Backpressure { .. }) => {}
                result => return result,
            }
        }
        let size = self.check(subject, reply, headers, payload)?;
        if self.phase == Phase::Closed {
            return Err(PublishError::Closed);
        }
        let id = self.fates.number();
        let mut bytes = Vec::new();
        encode::publish(&mut bytes, subject, reply, headers, payload);
        self.backlog.push(Kept {
            id,
            subject: SubjectHash::of(subject),
            reply: reply.map(SubjectHash::of),
            size,
            bytes: bytes.into(),
        });
        while let Some(oldest) = self.backlog.pop_surplus(self.config.write_limit) {
            self.fates.reject(oldest.id, Rejection::Dropped);
        }
        Ok(id)
    }

    /// Whether a message of `size` bytes would be sent at once.
    pub fn is_ready(&self, size: usize) -> bool {
        matches!(self.phase, Phase::Connected { .. })
            && self.backlog.is_empty()
            && self.has_room(size)
    }

    /// Asks the server to confirm what was published, unless it was asked already.
    pub fn confirm(&mut self) {
        let written = self.fates.last_written();
        let asked = self.pings.back().is_some_and(|ping| ping.after >= written);
        if matches!(self.phase, Phase::Connected { .. }) && !asked {
            self.send_ping(None);
        }
    }

    /// What was published last, or the number before the first one.
    pub fn last_published(&self) -> PublishId {
        self.fates.last()
    }

    /// What became of something that was published; `None` if that is not known yet.
    pub fn fate(&self, id: PublishId) -> Option<Fate> {
        self.fates.of(id)
    }

    /// Whether some fate may have become known since the last call: the server has answered, or the connection is lost.
    pub fn take_fate_news(&mut self) -> bool {
        self.fates.take_news()
    }

    /// Whether messages are kept for when they can be sent.
    pub fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Sends what was kept, as far as there is room.
    pub(super) fn send_backlog(&mut self) {
        if self.backlog.is_empty() || !matches!(self.phase, Phase::Connected { .. }) {
            return;
        }
        let (limit, max_payload) = (self.config.write_limit, self.max_payload());
        loop {
            let waiting = self.unsent();
            let next =
                |message: &Kept| message.size > max_payload || fits(waiting, message.size, limit);
            let Some(message) = self.backlog.pop_if(next) else {
                break;
            };
            let size = message.size;
            if size > max_payload {
                let rejection = Rejection::TooLarge { size, max_payload };
                self.fates.reject(message.id, rejection);
            } else {
                self.out.extend_from_slice(&message.bytes);
                self.wrote(message.id, message.subject, message.reply);
            }
        }
        self.confirm();
    }

    /// The server does not permit something that was published.
    pub(super) fn handle_denied_publish(&mut self, subject: &str) {
        let until = self.last_before_answer();
        if let Some(id) = self.fates.refuse(SubjectHash::of(subject), until) {
            let subject = subject.to_owned();
            self.events.push_back(Event::PublishDenied { id, subject });
        }
    }

    /// The server does not permit the reply subject of something that was published.
    pub(super) fn handle_denied_reply(&mut self, reply: &str) {
        let until = self.last_before_answer();
        if let Some(id) = self.fates.refuse_reply(SubjectHash::of(reply), until) {
            let subject = reply.to_owned();
            self.events.push_back(Event::PublishDenied { id, subject });
        }
    }

    /// The server refuses something, and that may be something that was published.
    pub(super) fn handle_doubt(&mut self) {
        let until = self.last_before_answer();
        self.fates.doubt(until);
    }

    /// What was published last before the ping that is answered next. What the server says until then is not of
    /// anything younger.
    fn last_before_answer(&self) -> PublishId {
        let ping = self.pings.front();
        ping.map_or(self.fates.last_written(), |ping| ping.after)
    }

    /// There will be no connection for what was kept.
    pub(super) fn drop_backlog(&mut self) {
        while let Some(message) = self.backlog.pop_if(|_| true) {
            self.fates.reject(message.id, Rejection::Dropped);
        }
    }

    /// The size of a message, if it can be sent at all.
    fn check(
        &self,
        subject: &str,
        reply: Option<&str>,
        headers: &HeaderMap,
        payload: &[u8],
    ) -> Result<usize, PublishError> {
        check_destination(subject)?;
        reply.map_or(Ok(()), check_subject)?;
        let size = payload.len() + headers.encoded_len();
        let max_payload = self.max_payload();
        if size > max_payload {
            return Err(PublishError::TooLarge { size, max_payload });
        }
        Ok(size)
    }

    fn wrote(&mut self, id: PublishId, subject: SubjectHash, reply: Option<SubjectHash>) {
        self.statistics.messages_published += 1;
        self.fates.written(id, subject);
        if let Some(reply) = reply {
            self.fates.written_with(reply);
        }
        self.unasked += 1;
        if self.unasked >= UNASKED {
            self.send_ping(None);
        }
    }

    fn has_room(&self, size: usize) -> bool {
        fits(self.unsent(), size, self.config.write_limit)
    }
}

/// A message is always sent if nothing waits, however large it is.
fn fits(waiting: usize, size: usize, limit: usize) -> bool {
    waiting == 0 || waiting + size <= limit
}
