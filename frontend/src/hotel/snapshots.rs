//! Keeps what the board knows in the browser's database, for a start without a connection: one record for each hotel, which is
//! written and deleted as a whole.
//!
//! Whoever signs out, or whose session is over, leaves nothing behind. Another tab may not have heard of that, and still want to
//! write. So a deletion leaves its moment behind, with which each later record begins, and no page writes that was told of its
//! session before.

use js_sys::{Function, Promise};
use leptos::prelude::window;
use shared::Timestamp;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::clock::device_milliseconds;
use super::place;
use crate::model::snapshot::Snapshot;

const DATABASE: &str = "vacancy";
const STORE: &str = "snapshots";

/// What the browser says where it keeps nothing: that is forbidden, or there is no space left.
#[derive(Debug, thiserror::Error)]
#[error("the browser keeps nothing: {0:?}")]
pub(super) struct NotKept(JsValue);

impl From<JsValue> for NotKept {
    fn from(reason: JsValue) -> Self {
        Self(reason)
    }
}

/// What this page's hotel was like; `None` where nothing is remembered, or nothing that can be read, or whose session has been over
/// since: that is deleted.
pub(super) async fn read() -> Option<Snapshot> {
    let database = open().await.ok()?;
    let read = async {
        let (_, store) = begin(&database, IdbTransactionMode::Readonly)?;
        result(store.get(&key())?).await
    };
    let record = read.await;
    database.close();
    let record = record.ok()?.as_string()?;
    let (forgotten, text) = stamped(&record);
    let snapshot = Snapshot::of_text(text).filter(|snapshot| !snapshot.is_over(device_now()));
    if snapshot.is_none() && !text.is_empty() {
        // It ends nobody's session, so the moment is that of before.
        let _erased = erase(Some(forgotten)).await;
    }
    snapshot
}

/// Keeps the text of a snapshot, unless something was deleted since the session `began`, as its page knows.
///
/// # Errors
/// When the browser does not keep it.
pub(super) async fn write(text: &str, began: u64) -> Result<(), NotKept> {
    let database = open().await?;
    let written = async {
        let (transaction, store) = begin(&database, IdbTransactionMode::Readwrite)?;
        let done = end(&transaction);
        let before = result(store.get(&key())?).await?.as_string();
        let (forgotten, _) = stamped(before.as_deref().unwrap_or_default());
        if forgotten <= began {
            let record = format!("{forgotten}\n{text}");
            store.put_with_key(&JsValue::from_str(&record), &key())?;
        }
        JsFuture::from(done).await?;
        Ok(())
    };
    let written = written.await;
    database.close();
    written
}

/// Deletes what is remembered of this page's hotel.
pub(super) async fn forget() {
    let at = device_milliseconds();
    // Where not even the moment can be kept, nobody can write much either; where nothing can, there is nothing to delete.
    if erase(Some(at)).await.is_err() {
        let _erased = erase(None).await;
    }
}

async fn erase(at: Option<u64>) -> Result<(), NotKept> {
    let database = open().await?;
    let erased = async {
        let (transaction, store) = begin(&database, IdbTransactionMode::Readwrite)?;
        let done = end(&transaction);
        store.delete(&key())?;
        if let Some(at) = at {
            store.put_with_key(&JsValue::from_str(&at.to_string()), &key())?;
        }
        JsFuture::from(done).await?;
        Ok(())
    };
    let erased = erased.await;
    database.close();
    erased
}

/// All that is compared here was noted by this device's own clock.
fn device_now() -> Timestamp {
    Timestamp::from_unix_milliseconds(i64::try_from(device_milliseconds()).unwrap_or(i64::MAX))
}

/// When what was there before a record was deleted, and the record's text.
fn stamped(record: &str) -> (u64, &str) {
    let (moment, text) = record.split_once('\n').unwrap_or((record, ""));
    (moment.parse().unwrap_or_default(), text)
}

fn key() -> JsValue {
    JsValue::from_str(&place::hotel())
}

async fn open() -> Result<IdbDatabase, NotKept> {
    let factory = window().indexed_db()?.ok_or(JsValue::UNDEFINED)?;
    let request = factory.open(DATABASE)?;
    let opening = request.clone();
    // A database that is new.
    let make = Closure::once_into_js(move || {
        if let Ok(database) = opening.result() {
            // It fails where the store is there already, and then it is there.
            let _made = IdbDatabase::from(database).create_object_store(STORE);
        }
    });
    request.set_onupgradeneeded(make.dyn_ref());
    Ok(opened(request).await?.into())
}

async fn opened(request: IdbOpenDbRequest) -> Result<JsValue, JsValue> {
    result(request.into()).await
}

fn begin(
    database: &IdbDatabase,
    mode: IdbTransactionMode,
) -> Result<(IdbTransaction, IdbObjectStore), JsValue> {
    let transaction = database.transaction_with_str_and_mode(STORE, mode)?;
    let store = transaction.object_store(STORE)?;
    Ok((transaction, store))
}

/// The result of a request as soon as it is there. Whoever asks goes on within the same transaction.
async fn result(request: IdbRequest) -> Result<JsValue, JsValue> {
    let done = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(done).await?;
    request.result()
}

/// The end of a transaction: only then what was written is kept.
fn end(transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve: Function, reject: Function| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    })
}
