//! What the client needs of the world around it: a socket, a timer, a clock and chance.
//!
//! In a browser this is the crate's own; see [`ConnectOptions::connect`](crate::ConnectOptions). Another one serves
//! tests, or a page whose socket lives in a worker.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::client::Driver;

/// A socket, a timer, a clock and chance.
///
/// None of these methods calls the [`Driver`] before it returns. Dropping the platform closes the socket and drops the
/// timer.
pub trait Platform {
    /// Hands over the way back. Called once, before everything else.
    fn attach(&self, driver: Driver);

    /// The time since the Unix epoch, on a clock that never goes back.
    fn now(&self) -> Duration;

    /// 128 bits that nobody can guess.
    fn random(&self) -> [u64; 2];

    /// Dials. There is no other socket. What becomes of it is told by [`Driver::opened`], [`Driver::received`] and
    /// [`Driver::closed`].
    ///
    /// # Errors
    /// With the reason, when the attempt cannot even be made.
    fn open(&self, url: &str) -> Result<(), String>;

    /// Closes the socket, after what was sent before. From now on nothing is told of it.
    fn close(&self);

    /// Sends a WebSocket message. If the socket is closed already, it is dropped.
    fn send(&self, bytes: &[u8]);

    /// The bytes that were sent and have not left.
    fn unsent(&self) -> usize;

    /// Calls [`Driver::timer`] at that time, or a little later. An earlier call is too early, but does no harm. There
    /// is one timer; `None` stops it.
    fn set_timer(&self, at: Option<Duration>);

    /// Calls [`Driver::flush`] soon, at the end of what runs now.
    fn defer(&self);

    /// Runs a future to its end, beginning after this has returned.
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()>>>);
}
