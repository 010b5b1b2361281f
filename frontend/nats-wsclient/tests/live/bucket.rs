//! The stream of a bucket, in memory.

use std::collections::BTreeMap;

use nats_wsclient::live::PageRequest;
use nats_wsclient::proto::{Message, Parser, ServerOp};

/// A message with these headers, as a server would send it. The first line of headers may have a status.
pub(crate) fn message(subject: &str, headers: &str, payload: &str) -> Message {
    let headers = format!("NATS/1.0{headers}\r\n\r\n");
    let total = headers.len() + payload.len();
    let mut parser = Parser::new(1_000_000);
    parser.push(
        format!(
            "HMSG {subject} 1 {} {total}\r\n{headers}{payload}\r\n",
            headers.len()
        )
        .as_bytes(),
    );
    match parser.next_op() {
        Ok(Some(ServerOp::Message { message, .. })) => message,
        other => panic!("{other:?}"),
    }
}

/// The stream of a bucket with history 1.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bucket {
    pub(crate) messages: BTreeMap<u64, Stored>,
    pub(crate) last: u64,
    /// Seconds; what is stored later has a later time.
    pub(crate) clock: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) operation: Option<&'static str>,
    pub(crate) time: u64,
    /// Headers of its writer that only the server is to write.
    pub(crate) forged: bool,
}

impl Bucket {
    pub(crate) fn write(
        &mut self,
        key: &str,
        value: &str,
        operation: Option<&'static str>,
    ) -> Message {
        self.last += 1;
        self.clock += 1;
        self.messages.retain(|_, stored| stored.key != key);
        let stored = Stored {
            key: key.to_owned(),
            value: value.to_owned(),
            operation,
            time: self.clock,
            forged: false,
        };
        let live = stored.message(&format!("live.b.{key}"), self.last, 0);
        self.messages.insert(self.last, stored);
        live
    }

    pub(crate) fn put(&mut self, key: &str, value: &str) -> Message {
        self.write(key, value, None)
    }

    pub(crate) fn delete(&mut self, key: &str) -> Message {
        self.write(key, "", Some("DEL"))
    }

    /// Another bucket of the same name, made later.
    pub(crate) fn recreate(&mut self) {
        self.messages.clear();
        self.last = 0;
        self.clock += 1;
    }

    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        let puts = self
            .messages
            .values()
            .filter(|stored| stored.operation.is_none());
        puts.map(|stored| (stored.key.clone(), stored.value.clone()))
            .collect()
    }

    /// The replies to a request.
    pub(crate) fn page(&self, request: &PageRequest) -> Vec<Message> {
        let request: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        if request["last_by_subj"] == "$KV.b.>" {
            let last = self.messages.last_key_value();
            let found = last.map(|(sequence, stored)| stored.message("r", *sequence, 0));
            return vec![found.unwrap_or_else(|| message("r", " 404 Message Not Found", ""))];
        }
        assert_eq!(request["next_by_subj"], ">");
        let from = request["seq"].as_u64().expect("a sequence");
        let batch = request["batch"].as_u64().expect("a number") as usize;
        let found: Vec<_> = self.messages.range(from..).collect();
        let Some(end) = found.len().min(batch).checked_sub(1) else {
            return vec![message("r", " 404 Message Not Found", "")];
        };
        let mut previous = 0;
        let mut replies = Vec::new();
        for (sequence, stored) in &found[..=end] {
            replies.push(stored.message("r", **sequence, previous));
            previous = **sequence;
        }
        let pending = found.len() - end - 1;
        let end =
            format!(" 204 EOB\r\nNats-Num-Pending: {pending}\r\nNats-Last-Sequence: {previous}");
        replies.push(message("r", &end, ""));
        replies
    }
}

impl Stored {
    pub(crate) fn message(&self, subject: &str, sequence: u64, previous: u64) -> Message {
        let operation = self.operation.map_or(String::new(), |operation| {
            format!("\r\nKV-Operation: {operation}")
        });
        let forged = if self.forged {
            "\r\nNats-Subject: $KV.b.x\r\nNats-Sequence: 1000\r\nNats-Last-Sequence: 999\r\nNats-Time-Stamp: x"
        } else {
            ""
        };
        let time = format!(
            "2026-01-01T{:02}:{:02}:{:02}.5Z",
            self.time / 3_600,
            self.time / 60 % 60,
            self.time % 60
        );
        let headers = format!(
            "{forged}{operation}\r\nNats-Subject: $KV.b.{}\r\nNats-Sequence: {sequence}\r\nNats-Time-Stamp: {time}\r\nNats-Last-Sequence: {previous}",
            self.key
        );
        message(subject, &headers, &self.value)
    }
}
