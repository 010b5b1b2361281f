//! What became of a command, for somebody who does not want it to be done now: an operator who gives it up.

use serde::de::DeserializeOwned;

use crate::boundary::Boundary;
use crate::cloud_event::{self, Cause};
use crate::execute::{Decided, ExecuteError, answer};
use crate::history::{self, Expected};
use crate::repository::{LoadError, Repository};

impl<B: Boundary> Repository<B> {
    /// What became of the command in the boundary, or `None` if nothing has: it is not decided here. The answer is that of
    /// [`execute`](Repository::execute) to a command that comes again.
    ///
    /// Events are told by their attributes alone, so one that is not understood hinders nothing; an event without attributes
    /// that can be read is that of no command. A program that decides on the command at the same time is not waited for.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with the refusal that the command got, [`ExecuteError::OfAnother`] for the id of somebody else's
    /// command, [`ExecuteError::Load`] and [`ExecuteError::Decision`] when it is not known.
    pub async fn recall<R: DeserializeOwned>(
        &self,
        id: &B::Id,
        cause: &Cause,
    ) -> Result<Option<Decided>, ExecuteError<R>> {
        let filter = B::filter(id);
        let mut last = None;
        let (connection, many) = (self.connection(), Expected::Many);
        history::read(connection, B::STREAM, &filter, 0, many, |message| {
            let metadata = cloud_event::read_metadata(&message.headers, &message.payload);
            if let Ok(metadata) = metadata
                && metadata.causation.as_deref() == Some(&*cause.command)
            {
                last = Some((message.sequence, metadata.actor));
            }
            Ok::<_, LoadError>(())
        })
        .await?;
        if let Some((sequence, actor)) = last {
            return match cause.is_of_another_than(actor.as_deref()) {
                true => Err(ExecuteError::OfAnother),
                false => Ok(Some(Decided::Before(sequence))),
            };
        }
        let decision = self.decided_without_event(&filter, cause).await?;
        decision.map(answer).transpose()
    }
}
