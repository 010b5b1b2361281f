//! A command and the rule by which it is done, as one pure function.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::boundary::Boundary;
use crate::cloud_event::Cause;
use crate::execute::{Decided, ExecuteError};
use crate::repository::Repository;

/// A command on a boundary of the kind `B`. Together with [`Boundary::evolve`] this is a decider: it knows neither
/// storage nor time.
///
/// What a command has to know beyond its boundary's state is its [`Context`](Decide::Context): a value that was read
/// before, such as the state of a boundary in another stream. It is not under the append's condition, so a decision may
/// only rest on it if it would stand although the context has changed since.
pub trait Decide<B: Boundary> {
    /// What it has to know beyond the state; `()` if that is nothing.
    type Context;
    /// Why it may be refused. It is kept as JSON, so that the command is refused for the same reason when it comes again.
    type Refusal: Serialize + DeserializeOwned;

    /// The boundary that it is about.
    fn boundary(&self) -> B::Id;

    /// What happens by the command: events, or none if there is nothing to do.
    ///
    /// # Errors
    /// Why the command is refused.
    fn decide(
        &self,
        state: &B::State,
        context: &Self::Context,
    ) -> Result<Vec<B::Event>, Self::Refusal>;
}

impl<B: Boundary> Repository<B> {
    /// Decides on a command and appends its events: [`execute`](Repository::execute) for a command that knows its rule.
    ///
    /// # Errors
    /// As `execute`.
    pub async fn handle<C: Decide<B>>(
        &self,
        command: &C,
        context: &C::Context,
        cause: &Cause,
    ) -> Result<Decided, ExecuteError<C::Refusal>> {
        let decide = |state: &B::State| command.decide(state, context);
        self.execute(&command.boundary(), cause, decide).await
    }
}
