//! Reading a whole stream, as fast as the server gives it out.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Connection;
use crate::boundary::StoredMessage;
use crate::direct::{PAGE, page};
use crate::history::ReadError;
use crate::leader::Leader;

/// How many pages are read ahead of whoever works on them. This bounds the memory.
const AHEAD: usize = 2;

/// The messages of a stream under a filter, page by page, up to the last one that its leader knows of. The pages are read
/// by a task of its own, which ends with this.
#[derive(Debug)]
pub(crate) struct Bulk {
    pages: mpsc::Receiver<Result<Vec<StoredMessage>, ReadError>>,
    _task: JoinSet<()>,
}

impl Bulk {
    /// Reads what has a sequence above `after`.
    pub(crate) fn read(connection: &Connection, stream: &str, filter: &str, after: u64) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let mut task = JoinSet::new();
        let reader = Reader {
            connection: connection.clone(),
            stream: stream.to_owned(),
            filter: filter.to_owned(),
            last: after,
        };
        task.spawn(reader.run(sender));
        Self { pages, _task: task }
    }

    /// The next page, which is not empty; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<StoredMessage>>, ReadError> {
        self.pages.recv().await.transpose()
    }
}

struct Reader {
    connection: Connection,
    stream: String,
    filter: String,
    last: u64,
}

impl Reader {
    async fn run(mut self, sender: mpsc::Sender<Result<Vec<StoredMessage>, ReadError>>) {
        loop {
            let page = match self.next().await {
                Ok(page) if page.is_empty() => return,
                Ok(page) => Ok(page),
                Err(reason) => Err(ReadError::new(&self.stream, &self.filter, reason)),
            };
            let failed = page.is_err();
            if sender.send(page).await.is_err() || failed {
                return;
            }
        }
    }

    /// A replica may lag, so the end is where the leader has nothing more.
    async fn next(&mut self) -> Result<Vec<StoredMessage>, String> {
        let mut messages =
            page(&self.connection, &self.stream, &self.filter, self.last + 1).await?;
        if messages.is_empty() {
            let leader = Leader::of(&self.connection, &self.stream).await?;
            messages.extend(leader.first(&self.filter, self.last + 1).await?);
        }
        debug_assert!(messages.len() <= PAGE, "more than was asked for");
        if let Some(last) = messages.last() {
            self.last = last.sequence;
        }
        Ok(messages)
    }
}
