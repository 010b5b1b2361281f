//! An event store that would lose what it acknowledged is not used.

use jetstream_es::declare::{self, Storage};
use jetstream_es::durability::{self, DurabilityError, WeakDurability, Weakness};
use jetstream_es::testing::{Server, Syncs};
use jetstream_es::{Connection, StreamSpec};

async fn declared(connection: &Connection, spec: StreamSpec) -> StreamSpec {
    let jetstream = connection.jetstream();
    declare::stream(&jetstream, &spec).await.unwrap();
    spec
}

#[tokio::test]
async fn a_server_that_syncs_each_write_is_durable() {
    let server = Server::start().await;
    let connection = server.connect().await;
    let orders = declared(&connection, StreamSpec::events("orders", ["order.>"])).await;
    let required = durability::require(&connection, &[orders], WeakDurability::Refused).await;
    required.unwrap();
}

#[tokio::test]
async fn a_server_that_syncs_later_is_refused_with_the_remedy_unless_that_is_accepted() {
    let server = Server::start_that(Syncs::Later).await;
    let connection = server.connect().await;
    let orders = [declared(&connection, StreamSpec::events("orders", ["order.>"])).await];
    let refused = durability::require(&connection, &orders, WeakDurability::Refused).await;
    let error = refused.unwrap_err();
    assert!(
        error.to_string().contains("sync_interval: always"),
        "{error}"
    );
    let accepted = durability::require(&connection, &orders, WeakDurability::Accepted).await;
    accepted.unwrap();
}

#[tokio::test]
async fn a_server_that_may_not_be_asked_is_not_taken_to_be_durable() {
    let server = Server::start_that(Syncs::EachWriteAndDoesNotSay).await;
    let connection = server.connect().await;
    let orders = [declared(&connection, StreamSpec::events("orders", ["order.>"])).await];
    let weaknesses = durability::weaknesses(&connection, &orders).await.unwrap();
    assert_eq!(weaknesses, [Weakness::Untold { server: None }]);
}

#[tokio::test]
async fn a_stream_that_is_weaker_than_declared_is_refused() {
    let server = Server::start().await;
    let connection = server.connect().await;
    let in_memory = StreamSpec {
        storage: Storage::Memory,
        ..StreamSpec::events("orders", ["order.>"])
    };
    declared(&connection, in_memory).await;
    let wanted = StreamSpec {
        replicas: 3,
        ..StreamSpec::events("orders", ["order.>"])
    };
    let refused = durability::require(&connection, &[wanted], WeakDurability::Refused).await;
    let Err(DurabilityError::Weak(weaknesses)) = refused else {
        panic!("{refused:?}");
    };
    let stream = || "orders".to_owned();
    assert_eq!(
        weaknesses,
        [
            Weakness::FewReplicas {
                stream: stream(),
                declared: 3,
                there: 1
            },
            Weakness::InMemory { stream: stream() }
        ]
    );
}
