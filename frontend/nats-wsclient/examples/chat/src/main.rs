//! A chat between browsers, over the WebSocket port of a nats-server and nothing else. Open it twice.

#[cfg(target_arch = "wasm32")]
mod page;

#[cfg(target_arch = "wasm32")]
fn main() {
    wasm_bindgen_futures::spawn_local(page::run());
}

/// On this machine it can only be compiled.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
