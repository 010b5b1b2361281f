//! What JetStream has of a running hotel is what the AsyncAPI document says of it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use jetstream_es::declare::stream_of_bucket;
use jetstream_es::registry;
use serde_json::Value;
use vacancy_tests::hotel::Hotel;

use super::contracts;

/// The members of `array` by their names.
fn named(array: &Value) -> BTreeMap<String, &Value> {
    let members = array.as_array().expect("an array").iter();
    let named = members.map(|member| (member["name"].as_str().expect("a name").to_owned(), member));
    named.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_streams_and_their_consumers_are_those_of_the_document() {
    let hotel = Hotel::with_rooms(1).await;
    let text = std::fs::read_to_string(contracts().join("asyncapi.json")).expect("the document");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let declared = &document["x-jetstream"];
    let mut streams: BTreeSet<String> = named(&declared["streams"]).into_keys().collect();
    let buckets = declared["buckets"].as_array().expect("buckets");
    streams.extend(buckets.iter().map(|bucket| {
        let stream = bucket["stream"].as_str();
        stream.expect("the stream of a bucket").to_owned()
    }));
    let jetstream = hotel.jetstream();
    let names = jetstream.stream_names().try_collect().await;
    let mut there: BTreeSet<String> = names.expect("names");
    // The projections' own register, of which nobody else needs to know.
    there.remove(&stream_of_bucket(registry::BUCKET));
    assert_eq!(there, streams);

    let declared = named(&declared["streams"]);
    for name in there {
        let stream = jetstream.get_stream(&name).await.expect("a stream");
        let names = stream.consumer_names().try_collect().await;
        let there: BTreeSet<String> = names.expect("names");
        let consumers = declared.get(&name).map(|stream| &stream["consumers"]);
        let consumers = consumers.and_then(Value::as_array).into_iter().flatten();
        let consumers = consumers.map(|consumer| consumer.as_str().expect("a name").to_owned());
        assert_eq!(there, consumers.collect(), "the consumers of {name}");
    }
}
