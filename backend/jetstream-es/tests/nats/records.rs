//! Values that are changed by compare-and-set, and forgotten for good.

use jetstream_es::Records;
use jetstream_es::testing::Server;

use crate::bank;

async fn open() -> (Server, Records<u32>) {
    let (server, connection) = bank::open().await;
    (server, Records::new(&connection, "decisions"))
}

#[tokio::test]
async fn of_two_who_saw_the_same_value_one_changes_it() {
    let (_server, records) = open().await;
    assert_eq!(records.get("a").await.unwrap(), None);
    let first = records.update("a", &1, 0).await.unwrap();
    let second = records.update("a", &2, first).await.unwrap();
    let late = records.update("a", &3, first).await.unwrap_err();
    assert!(late.is_conflict(), "{late}");
    let there = records.get("a").await.unwrap().unwrap();
    assert_eq!((there.value, there.revision), (2, second));
    records.put("a", &4).await.unwrap();
    assert_eq!(records.get("a").await.unwrap().unwrap().value, 4);
}

#[tokio::test]
async fn what_is_purged_is_in_no_list_and_can_be_written_anew() {
    let (_server, records) = open().await;
    for (key, value) in [("a.x", 1), ("a.y", 2), ("b.x", 3)] {
        records.put(key, &value).await.unwrap();
    }
    records.purge("a.x").await.unwrap();
    // What never was is forgotten as well.
    records.purge("a.z").await.unwrap();
    assert_eq!(records.get("a.x").await.unwrap(), None);
    let listed = records.list("a.>").await.unwrap();
    assert_eq!(listed.keys().collect::<Vec<_>>(), ["a.y"]);
    records.put("a.x", &5).await.unwrap();
    assert_eq!(records.list("*.x").await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_no_value_is_an_error_that_names_the_key() {
    let (_server, connection) = bank::open().await;
    let words: Records<String> = Records::new(&connection, "decisions");
    words.put("a", &"word".to_owned()).await.unwrap();
    let numbers: Records<u32> = Records::new(&connection, "decisions");
    let error = numbers.get("a").await.unwrap_err();
    assert!(!error.is_conflict());
    assert!(error.to_string().contains("decisions under a"), "{error}");
}
