//! Reading a whole stream, as fast as the server gives it out.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Connection;
use crate::boundary::StoredMessage;
use crate::history::{self, ReadError};
use crate::shred;

/// How many pages wait for whoever works on them, while two more are being read and opened. This bounds the memory.
const AHEAD: usize = 2;

/// The messages of a stream under a filter, page by page, up to the last one that its leader knows of. The pages are read
/// by a task of its own, which ends with this.
#[derive(Debug)]
pub(crate) struct Bulk {
    pages: mpsc::Receiver<Result<Vec<StoredMessage>, ReadError>>,
    _task: JoinSet<()>,
}

impl Bulk {
    /// Reads what has a sequence above `after`, as it is stored.
    pub(crate) fn read(connection: &Connection, stream: &str, filter: &str, after: u64) -> Self {
        Self::start(connection, stream, filter, after, Sealed::Closed)
    }

    /// Reads what has a sequence above `after`, with what is sealed in it opened.
    pub(crate) fn open(connection: &Connection, stream: &str, filter: &str, after: u64) -> Self {
        Self::start(connection, stream, filter, after, Sealed::Opened)
    }

    fn start(
        connection: &Connection,
        stream: &str,
        filter: &str,
        after: u64,
        sealed: Sealed,
    ) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let mut task = JoinSet::new();
        let reader = Reader {
            connection: connection.clone(),
            stream: stream.to_owned(),
            filter: filter.to_owned(),
            sealed,
        };
        task.spawn(reader.run(after, sender));
        Self { pages, _task: task }
    }

    /// The next page, which is not empty; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<StoredMessage>>, ReadError> {
        self.pages.recv().await.transpose()
    }
}

/// What becomes of what is sealed in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sealed {
    Closed,
    Opened,
}

struct Reader {
    connection: Connection,
    stream: String,
    filter: String,
    sealed: Sealed,
}

impl Reader {
    async fn run(self, after: u64, sender: mpsc::Sender<Result<Vec<StoredMessage>, ReadError>>) {
        let mut page = self.page(after).await;
        loop {
            let messages = match page {
                Ok(messages) => messages,
                Err(error) => {
                    // It does not arrive where whoever reads has gone.
                    drop(sender.send(Err(error)).await);
                    return;
                }
            };
            let Some(last) = messages.last().map(|last| last.sequence) else {
                return;
            };
            // The next page comes while the keys of this one do.
            let (opened, next) = tokio::join!(self.open(messages), self.page(last));
            let failed = opened.is_err();
            if sender.send(opened).await.is_err() || failed {
                return;
            }
            page = next;
        }
    }

    /// Empty only where the leader has nothing more.
    async fn page(&self, after: u64) -> Result<Vec<StoredMessage>, ReadError> {
        history::page(&self.connection, &self.stream, &self.filter, after).await
    }

    async fn open(
        &self,
        mut messages: Vec<StoredMessage>,
    ) -> Result<Vec<StoredMessage>, ReadError> {
        if self.sealed == Sealed::Opened {
            shred::open(&self.connection, &mut messages).await?;
        }
        Ok(messages)
    }
}
