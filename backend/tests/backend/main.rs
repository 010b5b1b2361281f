//! The backend as a program, on a real nats-server: commands in, events, views and answers out.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and then it says why"
)]

mod answers;
mod command_line;
mod commands;
mod edges;
mod erasing;
mod faults;
mod given_up;
mod golden;
mod hotel;
mod http_events;
mod http_hooks;
mod http_hotels;
mod http_limits;
mod http_proxies;
mod http_views;
mod life;
mod mutations;
mod notice;
mod operate;
mod pace;
mod permissions;
mod scenarios;
mod seed;
mod spa;
mod staff;
mod staff_tool;
mod views;
