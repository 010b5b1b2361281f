//! How much stack the page gets.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The default is 1 MiB, which counts as memory that the page uses. nats-wsclient takes less than 8 KiB of it, and
    // there is nothing else on this page. The stack lies below everything else: if it were too small, it would trap.
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-link-arg-cdylib=-zstack-size=32768");
    }
}
