//! What commands have chosen before they decided: the first choice counts, however often a command comes and wherever.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::decisions::{DecisionError, Decisions};
use crate::key::token;
use crate::{Cause, Connection};

/// The choices of commands, in a bucket.
///
/// A command that may go to one of several boundaries must go to the same one when it comes again, whatever has changed there
/// since, and also when two instances work on it at the same time. So its choice is kept before it decides, and the one that
/// was kept first is what everybody goes by.
pub struct Choices(Decisions);

/// A choice as it is kept, beside who asked for it.
#[derive(Serialize, Deserialize)]
struct Chosen<T> {
    choice: T,
}

impl Choices {
    /// Choices in a bucket that was declared without age. It may be that of a repository that is
    /// [deciding once](crate::Repository::deciding_once).
    pub fn new(connection: &Connection, bucket: &'static str) -> Self {
        Self(Decisions::new(connection, bucket))
    }

    /// Keeps what the command chooses under this name unless it has chosen before, and returns what is kept. The leader decides
    /// which choice is the first one.
    ///
    /// # Errors
    /// When it is not known to be kept, and [`DecisionError::OfAnother`] for the id of somebody else's command.
    pub async fn keep<T: Serialize + DeserializeOwned>(
        &self,
        cause: &Cause,
        name: &str,
        choice: T,
    ) -> Result<T, DecisionError> {
        let key = key(&cause.command, name);
        let Chosen { choice } = self.0.keep_first(key, cause, Chosen { choice }).await?;
        Ok(choice)
    }

    /// What the command has chosen under this name, if it has.
    ///
    /// # Errors
    /// When it is not known, and [`DecisionError::OfAnother`] for the id of somebody else's command.
    pub async fn find<T: DeserializeOwned>(
        &self,
        cause: &Cause,
        name: &str,
    ) -> Result<Option<T>, DecisionError> {
        let chosen = self.0.first(key(&cause.command, name), cause).await?;
        Ok(chosen.map(|Chosen { choice }| choice))
    }
}

/// `<command>.=choice.<name>`. No filter becomes a key with such a token, so it is never that of a decision.
fn key(command: &str, name: &str) -> String {
    format!("{}.=choice.{}", token(command), token(name))
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choices").finish_non_exhaustive()
    }
}
