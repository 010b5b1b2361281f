//! The program that runs in the browser.

#[cfg(target_arch = "wasm32")]
fn main() {
    vacancy_board::mount();
}

/// Natively there is no page to draw: the crate is compiled for its tests alone.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
