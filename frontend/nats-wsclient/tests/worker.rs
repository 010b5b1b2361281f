//! The browser's part in a worker, which has no window and no document.
#![cfg(target_arch = "wasm32")]

use nats_wsclient::{ConnectError, ConnectOptions, DisconnectCause, nuid};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
async fn it_draws_numbers_sets_timers_and_dials() {
    assert_ne!(nuid(), nuid());
    let dialled = ConnectOptions::new().connect("ws://127.0.0.1:1").await;
    let Err(ConnectError::Failed(cause)) = dialled else {
        panic!("nobody is there: {dialled:?}");
    };
    assert_eq!(cause, DisconnectCause::Unreachable);
}
