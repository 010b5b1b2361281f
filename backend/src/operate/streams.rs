//! `vacancy streams`: what every stream and bucket of the hotel holds, and who reads it.

use std::fmt;
use std::process::ExitCode;

use async_nats::jetstream::consumer;
use async_nats::jetstream::stream::Stream;
use clap::Args;
use futures_util::TryStreamExt;
use jetstream_es::declare::{Compared, Difference};
use serde::Serialize;

use super::output::Reader;
use super::{OperateError, Operated, Output, connect};
use crate::cli::{Copies, NatsOptions};
use crate::streams;

#[derive(Debug, Args)]
pub struct StreamsOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub copies: Copies,
}

/// A stream, or the stream of a bucket.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    messages: u64,
    bytes: u64,
    first_sequence: u64,
    last_sequence: u64,
    subjects: u64,
    replicas: usize,
    /// In what it differs from its declaration. The backend brings it up to date when it starts.
    differences: Vec<String>,
    consumers: Vec<Reading>,
}

/// A consumer of a stream.
#[derive(Debug, Serialize)]
struct Reading {
    name: String,
    /// Messages that it has not been sent yet.
    pending: u64,
    /// Messages that it was sent and has not acknowledged.
    unacknowledged: usize,
    redelivered: usize,
    /// All messages up to this sequence are done.
    done: u64,
}

/// Prints a line for each stream and bucket that is declared.
///
/// # Errors
/// When the server is away or refuses.
pub async fn streams(options: StreamsOptions) -> Operated {
    let connection = connect(&options.nats, "streams").await?;
    let jetstream = connection.jetstream();
    let compared = streams::compare(&jetstream, options.copies).await;
    let mut missing = false;
    for (name, compared) in compared.map_err(OperateError::nats)? {
        let differences = match compared {
            Compared::Missing => {
                tracing::warn!("{}", OperateError::NoStream(name));
                missing = true;
                continue;
            }
            Compared::Same => Vec::new(),
            Compared::Different(differences) => differences,
        };
        let stream = jetstream.get_stream(&name).await;
        let stream = stream.map_err(OperateError::nats)?;
        let line = Line::of(name, differences, &stream).await?;
        if options.output.print(&line)? == Reader::Gone {
            break;
        }
    }
    Ok(if missing {
        ExitCode::from(super::REFUSED)
    } else {
        ExitCode::SUCCESS
    })
}

impl Line {
    async fn of(
        name: String,
        differences: Vec<Difference>,
        stream: &Stream,
    ) -> Result<Self, OperateError> {
        let infos: Vec<consumer::Info> = stream
            .consumers()
            .try_collect()
            .await
            .map_err(OperateError::nats)?;
        let mut consumers: Vec<Reading> = infos.into_iter().map(Reading::from).collect();
        consumers.sort_by(|a, b| a.name.cmp(&b.name));
        let info = stream.cached_info();
        Ok(Self {
            name,
            messages: info.state.messages,
            bytes: info.state.bytes,
            first_sequence: info.state.first_sequence,
            last_sequence: info.state.last_sequence,
            subjects: info.state.subjects_count,
            replicas: info.config.num_replicas,
            differences: differences.iter().map(ToString::to_string).collect(),
            consumers,
        })
    }
}

impl From<consumer::Info> for Reading {
    fn from(info: consumer::Info) -> Self {
        Self {
            name: info.name,
            pending: info.num_pending,
            unacknowledged: info.num_ack_pending,
            redelivered: info.num_redelivered,
            done: info.ack_floor.stream_sequence,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            messages,
            bytes,
            last_sequence,
            ..
        } = self;
        write!(
            f,
            "{name:<20} {messages:>9} messages {bytes:>12} bytes, last {last_sequence}"
        )?;
        for difference in &self.differences {
            write!(f, "\n    not as declared: {difference}")?;
        }
        for reading in &self.consumers {
            let Reading {
                name,
                pending,
                unacknowledged,
                done,
                ..
            } = reading;
            write!(
                f,
                "\n    {name:<24} done to {done}, {pending} pending, {unacknowledged} unacknowledged"
            )?;
        }
        Ok(())
    }
}
