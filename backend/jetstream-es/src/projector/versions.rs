//! Which version of a projection its bucket has, and what follows from that.

use futures_util::StreamExt;
use tokio::sync::watch;

use crate::projection::Projection;
use crate::rebuild::{self, Options, RebuildError};
use crate::registry::{Registry, RegistryError};
use crate::{Connection, Patience};

/// Whether this program is the one to write the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The bucket has its version.
    Current,
    /// The bucket has a newer version.
    Outdated,
}

/// The version of the projection, compared with that of its bucket.
pub(super) struct Versions<'a, P: Projection> {
    pub(super) connection: &'a Connection,
    pub(super) projection: &'a P,
}

impl<P: Projection> Versions<'_, P> {
    /// Makes the bucket have this version, unless it has a newer one.
    pub(super) async fn bring_up(&self) -> Standing {
        let mut patience = Patience::default();
        loop {
            match self.try_to_bring_up().await {
                Ok(standing) => return standing,
                Err(RebuildError::Busy { .. }) => {
                    tracing::debug!(bucket = P::BUCKET, "waits for the rebuild of somebody else");
                }
                Err(error) => tracing::warn!(bucket = P::BUCKET, "{error}; will try again"),
            }
            patience.wait().await;
        }
    }

    async fn try_to_bring_up(&self) -> Result<Standing, RebuildError> {
        let registry = Registry::open(self.connection, P::BUCKET).await?;
        match registry.serving().await? {
            None => registry.serve(P::VERSION).await?,
            Some(serving) if serving > P::VERSION => return Ok(Standing::Outdated),
            Some(serving) if serving == P::VERSION => {}
            Some(serving) => {
                tracing::info!(
                    bucket = P::BUCKET,
                    from = serving,
                    to = P::VERSION,
                    "rebuilds the view, while the old one serves"
                );
                let progress = watch::Sender::new(rebuild::Progress::default());
                let options = Options::default();
                let rebuilt =
                    rebuild::rebuild(self.connection, self.projection, options, &progress).await?;
                tracing::info!(bucket = P::BUCKET, ?rebuilt, "rebuilt");
            }
        }
        Ok(Standing::Current)
    }

    /// Returns when the bucket has a newer version.
    pub(super) async fn outdated(&self) {
        let mut patience = Patience::default();
        loop {
            match self.try_to_see_outdated().await {
                Ok(()) => return,
                Err(error) => tracing::warn!(bucket = P::BUCKET, "{error}; will try again"),
            }
            patience.wait().await;
        }
    }

    async fn try_to_see_outdated(&self) -> Result<(), RegistryError> {
        let registry = Registry::open(self.connection, P::BUCKET).await?;
        let mut changes = registry.changes().await?;
        let mut link = self.connection.link();
        loop {
            let reconnects = link.borrow_and_update().reconnects;
            let serving = registry.serving().await?;
            if serving.is_some_and(|serving| serving > P::VERSION) {
                return Ok(());
            }
            // What was said while the connection was down was not heard.
            let again = link.wait_for(|link| link.up && link.reconnects != reconnects);
            tokio::select! {
                _ = changes.next() => {}
                _ = again => {}
            }
        }
    }
}
