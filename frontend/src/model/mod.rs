//! What the board knows and how it follows from what it was told: pure, without a browser, tested natively.
//!
//! ```text
//! replica    a bucket's values, merged by revision
//! hotel      rooms and stays as the views tell them, with one's own undecided wishes laid over them
//! known      all that a page of the staff knows, by bucket
//! wish       what one can ask the hotel for, and how the rules would decide it
//! ask        a command on its way out
//! errand     the life of one command, from the click to the outcome, across lost connections
//! kept       commands that are not decided yet, over a reload
//! told       what people are told of a command on its way
//! presence   who else looks at which stay
//! snapshot   what the board knew last, for a start without a connection
//! row        what a room's row shows: bars, housekeeping mark
//! due        what of a stay is due today
//! carry      a stay in one's hand: where it may be put, and what would change
//! deeds      what can be done with a stay
//! day        who comes today, who leaves, who is in the house
//! window     the dates on the screen, and where a stay lies among them
//! lines      the rows from top to bottom, and which of them are in view
//! search     stays by name, room, number
//! occupancy  free rooms per type and night, the figures of today
//! tally      what is counted of the stays, kept up change by change
//! vacancy    the same for guests, from the public view
//! guest_hold what a guest has chosen, and holds
//! chores     the rooms as housekeeping goes through them
//! booking_form  the fields of the booking dialog, read and refused one by one
//! freshness  whether what is shown is known to be current
//! who        who is logged in, and for how long
//! place      of which hotel the page is
//! refused    why a request over HTTP was not answered as hoped
//! roster     the staff as the manager sees them
//! in_order   lists that are in order from the beginning
//! wall_clock date and time of day on the hotel's wall
//! words      dates and counts as people read them
//! ```

pub mod ask;
pub mod booking_form;
pub mod carry;
pub mod chores;
pub mod day;
pub mod deeds;
pub mod due;
pub mod errand;
pub mod freshness;
pub mod guest_hold;
pub mod hotel;
pub mod in_order;
pub mod kept;
pub mod known;
pub mod lines;
pub mod occupancy;
pub mod place;
pub mod presence;
pub mod refused;
pub mod replica;
pub mod roster;
pub mod row;
pub mod search;
pub mod snapshot;
pub mod tally;
pub mod told;
pub mod vacancy;
pub mod wall_clock;
pub mod who;
pub mod window;
pub mod wish;
pub mod words;
