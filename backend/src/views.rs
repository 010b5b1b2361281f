//! Every read model there is. What runs them, and what makes them anew, goes by this list.

use std::fmt;
use std::str::FromStr;

use futures_util::future::BoxFuture;
use jetstream_es::processor::ProcessorError;
use jetstream_es::rebuild::{self, Options, Progress, RebuildError, Rebuilt};
use jetstream_es::{Connection, Projection, Projector};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;
use shared::identity::Account;
use shared::subjects::{
    Bucket, DAYS, Form, GUEST_KEYS, GUESTS, HOUSEKEEPING, OCCUPANCY, ROOMS, STAFF, STAYS, VACANCY,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::bookings::{Days, Guests, Occupancy, StaysView, Vacancy};
use crate::housekeeping::HousekeepingList;
use crate::http::events::feed::ViewChange;
use crate::http::views::ViewValues;
use crate::rooms::RoomsView;
use crate::staff::StaffList;

/// A read model, whatever its types are.
pub trait View: Send + Sync {
    /// Its bucket.
    fn name(&self) -> &'static str;

    /// The key that is written like this, as it is in the bucket.
    ///
    /// # Errors
    /// What is wrong with it.
    fn key(&self, text: &str) -> Result<String, String>;

    /// Who may read it, besides the programs inside the account `HOTEL`.
    fn readers(&self) -> &'static [Account];

    /// The forms of its keys.
    fn forms(&self) -> &'static [&'static str];

    /// The schema of its keys.
    fn key_schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The schema of its values.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The schema of a page of its values over HTTP.
    fn page_schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The schema of a change of one of its values over HTTP.
    fn change_schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The consumers that feed it, each by its stream and its name.
    fn consumers(&self) -> Vec<(&'static str, String)>;

    /// Opens its projector.
    fn open<'a>(
        &'a self,
        connection: &'a Connection,
    ) -> BoxFuture<'a, Result<Opened, ProcessorError>>;

    /// Makes it anew from all events, while the old values serve.
    fn rebuild<'a>(
        &'a self,
        connection: &'a Connection,
        progress: &'a watch::Sender<Progress>,
    ) -> BoxFuture<'a, Result<Rebuilt, RebuildError>>;
}

/// A projector that is ready to run.
pub struct Opened {
    /// For each of its streams, whether its events flow.
    pub flows: Vec<watch::Receiver<bool>>,
    run: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>,
}

impl Opened {
    /// Keeps the read model up to date until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        (self.run)(stop).await;
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// All read models.
pub fn all() -> Vec<Box<dyn View>> {
    vec![
        Box::new(Made(ROOMS, RoomsView::new, Names::Sealed)),
        Box::new(Made(HOUSEKEEPING, HousekeepingList::new, Names::Sealed)),
        Box::new(Made(STAYS, |_: &Connection| StaysView, Names::Opened)),
        Box::new(Made(VACANCY, |_: &Connection| Vacancy, Names::Sealed)),
        Box::new(Made(DAYS, |_: &Connection| Days, Names::Sealed)),
        Box::new(Made(GUESTS, |_: &Connection| Guests, Names::Sealed)),
        Box::new(Made(OCCUPANCY, |_: &Connection| Occupancy, Names::Sealed)),
        Box::new(Made(STAFF, |_: &Connection| StaffList, Names::Sealed)),
    ]
}

/// The names of all read models.
pub fn names() -> Vec<&'static str> {
    all().iter().map(|view| view.name()).collect()
}

/// The read models that somebody of the account may read.
pub fn for_account(account: Account) -> impl Iterator<Item = Box<dyn View>> {
    all()
        .into_iter()
        .filter(move |view| account == Account::Hotel || view.readers().contains(&account))
}

/// Whether a read model is made of events with the names of guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// As they are stored.
    Sealed,
    Opened,
}

impl Names {
    fn connection(self, connection: &Connection) -> Connection {
        let connection = connection.clone();
        match self {
            Self::Sealed => connection,
            Self::Opened => connection.with_keys(GUEST_KEYS),
        }
    }
}

/// A read model by its bucket, the function that makes its projection, and what it knows of guests.
struct Made<P: Projection, F>(Bucket<P::Key, P::Value>, F, Names);

impl<P, F> View for Made<P, F>
where
    P: Projection<Key: Form + FromStr<Err: fmt::Display> + JsonSchema, Value: JsonSchema>,
    F: Fn(&Connection) -> P + Send + Sync,
{
    fn name(&self) -> &'static str {
        P::BUCKET
    }

    fn key(&self, text: &str) -> Result<String, String> {
        let key = text.parse::<P::Key>().map_err(|error| error.to_string())?;
        let key = key.to_string();
        // A number may be read in other ways than it is written.
        if key != text {
            return Err(format!("{text:?} is written {key}"));
        }
        Ok(key)
    }

    fn readers(&self) -> &'static [Account] {
        self.0.readers()
    }

    fn forms(&self) -> &'static [&'static str] {
        P::Key::FORMS
    }

    fn key_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<P::Key>()
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<P::Value>()
    }

    fn page_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        of_view(P::BUCKET, ViewValues::<P::Value>::json_schema(generator))
    }

    fn change_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        of_view(
            P::BUCKET,
            ViewChange::<&str, P::Value>::json_schema(generator),
        )
    }

    fn consumers(&self) -> Vec<(&'static str, String)> {
        Projector::<P>::consumers()
    }

    fn open<'a>(
        &'a self,
        connection: &'a Connection,
    ) -> BoxFuture<'a, Result<Opened, ProcessorError>> {
        Box::pin(async {
            let connection = &self.2.connection(connection);
            let projector = Projector::open(connection, (self.1)(connection)).await?;
            Ok(Opened {
                flows: projector.flows(),
                run: Box::new(|stop| Box::pin(projector.run(stop))),
            })
        })
    }

    fn rebuild<'a>(
        &'a self,
        connection: &'a Connection,
        progress: &'a watch::Sender<Progress>,
    ) -> BoxFuture<'a, Result<Rebuilt, RebuildError>> {
        Box::pin(async {
            let connection = &self.2.connection(connection);
            let projection = (self.1)(connection);
            rebuild::rebuild(connection, &projection, Options::default(), progress).await
        })
    }
}

/// The schema of something that says of which view it is.
fn of_view(name: &str, mut schema: Schema) -> Schema {
    if let Some(view) = schema.pointer_mut("/properties/view") {
        *view = json!({ "description": "The view.", "const": name });
    }
    schema
}
