//! The backend of a Vacancy hotel.
//!
//! ```text
//! cli            the command line
//! serve          starts everything, says when it is ready, ends it in good order
//! streams        every stream and bucket there is
//! views          every read model there is
//! hotel          what the handlers of all flows decide on
//! hotels/        several hotels on one server
//! done           what is told of a command that is done
//! rooms/         a flow: its events, a file per command, its view
//! bookings/      "
//! housekeeping/  "
//! staff/         "
//! identity/      who somebody is: log-in, sessions, and what follows from it on the server
//! commands/      takes commands from the stream, and sees to it that each gets its answer
//! invalid        input that is not what it should be, told so that its sender finds the place
//! http/          the adapter for those who do not speak NATS, and the files of the board
//! contracts/     what other programs need to know, made from the types
//! secret_file    files that nobody else can read
//! operate/       tools for operators: `vacancy streams`, `vacancy audit`, …
//! seed/          fills a hotel with plausible rooms and stays
//! ```

mod allowance;
pub mod bookings;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod contracts;
pub mod done;
pub mod hotel;
pub mod hotels;
pub mod housekeeping;
pub mod http;
pub mod identity;
pub mod invalid;
pub mod operate;
pub mod reactions;
pub mod rooms;
pub mod secret_file;
pub mod seed;
pub mod serve;
pub mod staff;
pub mod streams;
pub mod views;
