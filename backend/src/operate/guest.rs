//! `vacancy guest`: what a guest may ask of the hotel about personal data.

use clap::{Args, Subcommand};
use shared::bookings::{ClientId, ClientRef, EraseGuest};
use shared::cloud_event::Command;

use super::command::{self, CommandOptions, Order};
use super::order::How;
use super::{Operated, Output};
use crate::cli::NatsOptions;

/// For how long the outcome is waited for, if that is not said.
const PATIENCE_SECONDS: u16 = 30;

#[derive(Debug, Args)]
pub struct GuestOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// Erase the name of a guest from all stays, for good. Waits for the outcome.
    Erase {
        /// The number of the client, as the front desk knows it.
        client: ClientId,
        #[command(flatten)]
        how: How,
    },
}

/// Sends the command, and waits for its outcome.
///
/// # Errors
/// When the command is not known to be safe.
pub async fn guest(options: GuestOptions) -> Operated {
    let GuestOptions { nats, output, what } = options;
    let What::Erase { client, mut how } = what;
    how.wait.get_or_insert(PATIENCE_SECONDS);
    let client = ClientRef { id: client };
    let data = serde_json::to_value(EraseGuest { client })?;
    let order = Order::of(EraseGuest::NAME, data, how)?;
    let sent = command::command(CommandOptions {
        nats,
        output,
        order,
    });
    sent.await
}
