//! The components.
//!
//! ```text
//! app           log-in, a one-time link, or a role's page
//! log_in        the form; session_over: the same over a page whose session has expired
//! invitation    what a one-time link leads to: choose a password
//! password      its field
//! top_bar       title, connection badge, sign-out
//! freshness     whether what is shown is current, as a signal
//! desk          what staff pages share: rooms, stays, wishes, and who is told of which change
//! front_desk/   the board of rooms × dates, its dialogs
//! staff/        who works here: the manager's
//! housekeeping  the list for a phone
//! guest         free rooms by type and night
//! dialog, notices    a native dialog, what became of commands
//! queue         what waits to be sent, and can be withdrawn
//! keeping       a copy for a start without a connection
//! focus, form, address    where the keyboard goes, what stands in a form, the query of the URL
//! ```
#![expect(
    unreachable_pub,
    reason = "what #[component] generates is `pub`, however visible the component is"
)]

mod address;
mod app;
mod desk;
mod dialog;
mod focus;
mod form;
mod freshness;
mod front_desk;
mod guest;
mod housekeeping;
mod invitation;
mod keeping;
mod log_in;
mod notices;
mod password;
mod queue;
mod session_over;
mod staff;
mod today;
mod top_bar;

/// Puts the board into the page's body.
pub fn mount() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
