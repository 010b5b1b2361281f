//! Event sourcing on NATS JetStream: events are appended under optimistic concurrency, decided by pure functions, and
//! projected into key-value buckets. It knows of NATS and of nothing else.
//!
//! ```text
//! connection   a connection that says when it was interrupted, and goes to where JetStream answers
//! declare      streams and buckets as they should be, brought up to date at start
//! durability   whether what the server acknowledges is safe, asked at start
//! cloud_event  the envelope of events: CloudEvents 1.0, their metadata, what caused them
//! upcast       old versions of events, lifted when they are read
//! boundary     what the user says of a kind of events: the filter, the fold, the subjects
//! history      the events of a boundary, read
//! decide       a command and its rule: one pure function
//! repository   the boundaries of one kind, at hand or loaded
//! execute      the loop of a command: recognise it, decide, append, decide again when somebody was faster
//! recall       what became of a command, without deciding on it
//! decisions    refusals, which leave no event and are kept all the same
//! records      values of a bucket that are changed by compare-and-set: what is no history
//! choices      what commands have chosen before they decided; the first choice counts
//! shred        personal data in events, sealed with keys that can be deleted (feature `shred`)
//! snapshots    states of boundaries after many events
//! append       the events of a decision, stored all or none
//! group_commit what many commands decide at the same time, stored together
//! feed         a durable consumer that delivers in order, over crashes and reconnects; shared by instances
//! processor    feed + a lane for each key + what follows a failure: retry, back-off, the dead-letter stream
//! failure      transient, permanent, or an outage
//! retry        when a message that failed is tried again
//! dead_letters what could not be worked on: list, show, retry, discard
//! advisories   what JetStream itself says of messages that died, captured in a stream
//! breaker      a circuit breaker per destination, shared by instances
//! notice       a webhook in Slack's format when something is parked (feature `webhook`)
//! publish      one message and the answer of its stream
//! topic        typed publishers and listeners for plain use
//! lanes        work at the same time, in order for each key
//! projection   what the user says of a read model
//! projector    keeps a read model in a bucket up to date
//! rebuild      a read model made anew from all events, while the old one serves
//! replay       old events once more, for a listener that asks for them
//! registry     which version of a read model serves, and who rebuilds it
//! reaction     process managers: an event comes in, commands go out, now or at a time
//! deadlines    messages that are due at a time, kept by the server
//! scenario     given, when, then: in memory and on a real server (feature `testing`)
//! golden       files of every version of events that was ever stored (feature `testing`)
//! testing      a real nats-server for tests (feature `testing`)
//! ```
//!
//! # The guarantees, and what they stand on
//!
//! - **No lost update.** All appends to a boundary expect the last sequence of one and the same filter
//!   (`Nats-Expected-Last-Subject-Sequence-Subject`), so of several writers that have seen the same history one wins.
//! - **Done once, for ever.** An event carries the id of its command; the fold keeps the ids. A command that comes
//!   again finds its event and appends nothing, whatever the deduplication window of the stream has forgotten. What
//!   left no event, such as a refusal, is kept in a bucket.
//! - **A refusal is never stale.** What is cached decides at once when it says yes, because the append would fail if it
//!   were old. Before it says no, it is compared with the leader.
//! - **Views converge.** A value carries the sequence of its last event and is written by compare-and-set. Events
//!   arrive in order ([`feed`] says how), so an event at or below the value's sequence has been applied already.
//!
//! Needs nats-server 2.14 (the reset of consumers, ADR-60).

#![warn(missing_docs)]

pub mod advisories;
mod append;
pub mod boundary;
pub mod breaker;
mod bulk;
mod cache;
pub mod choices;
pub mod cloud_event;
pub mod connection;
mod consumers;
pub mod dead_letters;
pub mod deadlines;
pub mod decide;
pub mod decisions;
pub mod declare;
mod direct;
pub mod durability;
pub mod execute;
pub mod failure;
pub mod feed;
mod fold;
#[cfg(feature = "testing")]
pub mod golden;
pub mod group_commit;
pub mod history;
mod key;
pub mod lanes;
mod leader;
#[cfg(feature = "webhook")]
pub mod notice;
mod patience;
pub mod processor;
pub mod projection;
pub mod projector;
pub mod publish;
pub mod reaction;
pub mod rebuild;
mod recall;
pub mod records;
pub mod registry;
pub mod replay;
pub mod repository;
pub mod retry;
#[cfg(feature = "testing")]
pub mod scenario;
pub mod shred;
pub mod snapshots;
#[cfg(feature = "testing")]
pub mod testing;
pub mod topic;
pub mod upcast;
mod value;

pub use advisories::Advisory;
pub use boundary::{Boundary, NewEvent, Recorded, StoredMessage};
pub use breaker::{Breaker, BreakerPolicy};
pub use choices::Choices;
pub use cloud_event::{Cause, Metadata};
pub use connection::Connection;
pub use dead_letters::{DeadLetter, DeadLetters, LetterName, LetterState};
pub use deadlines::Deadlines;
pub use decide::Decide;
pub use declare::{BucketSpec, DeclareError, Republish, SourceSpec, StreamSpec};
pub use durability::WeakDurability;
pub use execute::{Decided, ExecuteError};
pub use failure::Failure;
pub use feed::{Delivery, Feed, FeedSpec, Start};
pub use group_commit::{GroupCommit, GroupPublisher};
pub use lanes::Lanes;
pub use patience::Patience;
pub use processor::{Handler, Processor, ProcessorSpec, Rest};
pub use projection::{Position, Projection};
pub use projector::Projector;
pub use publish::PublishOptions;
pub use records::{Record, RecordError, Records};
pub use repository::Repository;
pub use retry::RetryPolicy;
pub use shred::Personal;
#[cfg(feature = "shred")]
pub use shred::{KeyError, Keys};
pub use snapshots::Snapshot;
pub use upcast::Upcaster;

/// What a projection says of a message that it does not understand.
pub type CodecError = Box<dyn std::error::Error + Send + Sync>;

/// The examples of the README, which are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
