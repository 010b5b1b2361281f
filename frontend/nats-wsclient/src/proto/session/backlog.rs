//! What waits for a connection, or for the network to take what was sent before.

use std::collections::VecDeque;

use super::fates::PublishId;
use crate::proto::SubjectHash;

/// Messages in their order, up to a number of bytes. The oldest make place for the newest.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    messages: VecDeque<Kept>,
    bytes: usize,
}

/// A message as it will be written to the connection.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: PublishId,
    pub(super) subject: SubjectHash,
    pub(super) reply: Option<SubjectHash>,
    /// Of its headers and payload, which the server limits.
    pub(super) size: usize,
    pub(super) bytes: Box<[u8]>,
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn push(&mut self, message: Kept) {
        self.bytes += message.bytes.len();
        self.messages.push_back(message);
    }

    /// Takes the oldest message if there are others and all of them have more than `limit` bytes.
    pub(super) fn pop_surplus(&mut self, limit: usize) -> Option<Kept> {
        (self.bytes > limit && self.messages.len() > 1)
            .then(|| self.pop_if(|_| true))
            .flatten()
    }

    /// Takes the oldest message if it is wanted.
    pub(super) fn pop_if(&mut self, wanted: impl FnOnce(&Kept) -> bool) -> Option<Kept> {
        let message = self.messages.pop_front_if(|message| wanted(message))?;
        self.bytes -= message.bytes.len();
        Some(message)
    }
}
