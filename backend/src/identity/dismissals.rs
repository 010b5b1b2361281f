//! Cuts the connections of somebody whose sessions are over by what was decided about them. That they can make no new ones is
//! known at once to whoever looks them up; this is for those that are open.

use jetstream_es::processor::ProcessorError;
use jetstream_es::{
    Boundary, Connection, Failure, Handler, Processor, ProcessorSpec, StoredMessage,
};
use shared::staff::StaffEvent;
use shared::subjects::Stream;

use super::connections::Connections;
use crate::staff::Staff;

/// The name of the consumer.
const CONSUMER: &str = "dismissals";

/// Cuts connections.
#[derive(Debug)]
pub struct Dismissals(Connections);

/// Opens the processor.
///
/// # Errors
/// See [`ProcessorError`].
pub async fn open(connection: &Connection) -> Result<Processor<Dismissals>, ProcessorError> {
    let dismissals = Dismissals(Connections::new(connection));
    Processor::open(connection, spec(), dismissals).await
}

fn spec() -> ProcessorSpec {
    ProcessorSpec {
        description: "cuts the connections of those whose sessions are over".to_owned(),
        ..ProcessorSpec::new(Stream::Staff.name(), CONSUMER)
    }
}

/// Its durable consumers, each by its stream and its name.
pub fn consumers() -> [(&'static str, String); 2] {
    spec().consumers()
}

impl Handler for Dismissals {
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.clone()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let event = Staff::decode(message).map_err(Failure::permanent)?.event;
        match &event {
            StaffEvent::RoleChanged(_)
            | StaffEvent::StaffDisabled(_)
            | StaffEvent::PasswordReset(_) => {
                let cut = self.0.cut_all_of(event.staff());
                cut.await.map_err(Failure::transient)
            }
            StaffEvent::StaffAdded(_) | StaffEvent::StaffEnabled(_) => Ok(()),
        }
    }
}
