//! How many commands one of the staff may send: as many as hands and programs need, and no flood.
//!
//! It goes by when the stream took the commands, not by when they are decided. So nobody pays for a backend that was away: what
//! was sent at an allowed pace meanwhile is decided, all of it. One backend decides at a time, so that its memory is
//! enough; another one that takes over begins with full allowances.
//!
//! Programs of the house (the account `HOTEL`: the seed, the tools, HTTP without a session) have no limit here. Guests are all
//! one user, so they have theirs before the stream, at the gate.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use clap::Args;
use jetstream_es::StoredMessage;
use shared::identity::{Account, Actor};

use crate::allowance::{Allowances, Rate};

/// How many seconds' worth of commands somebody who was quiet may send at once.
const BURST_SECONDS: u32 = 5;
/// How often it is looked up whether a command that is too many was done before. It costs as much as the history of its room is long.
const LOOKS: Rate = Rate {
    per_second: 1,
    burst: 10,
};
/// How many of those that were let pass are remembered: more than are worked on at the same time.
const REMEMBERED: usize = 4_096;

/// How many commands somebody may send.
#[derive(Debug, Clone, Copy, Args)]
pub struct PaceOptions {
    /// How many commands each of the staff may send in a second, and five times as many at once. 0 for any number.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    pub command_rate: u32,
    /// How many commands each booking channel may send in a second, and five times as many at once. 0 for any number.
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    pub channel_rate: u32,
    /// How many commands each guest may send in a second, and five times as many at once. 0 for any number. It goes by the
    /// connection.
    #[arg(long, default_value_t = 2, value_name = "COUNT")]
    pub guest_rate: u32,
    /// How many commands the guests of an address may send in a second, and five times as many at once. 0 for any number, which
    /// is for a proxy: behind one all have its address.
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    pub guest_address_rate: u32,
}

/// What everybody may still send.
#[derive(Debug)]
pub(super) struct Pace(Mutex<Allowed>);

#[derive(Debug)]
struct Allowed {
    people: Allowances<Actor>,
    channels: Allowances<Actor>,
    looks: Allowances<Actor>,
    /// Those that were let pass, by their sequences: one that is tried again is not counted again.
    passed: BTreeSet<u64>,
}

impl Pace {
    pub(super) fn new(options: PaceOptions) -> Self {
        let allowances = |per_second| Allowances::new(Rate::with_burst(per_second, BURST_SECONDS));
        Self(Mutex::new(Allowed {
            people: allowances(options.command_rate),
            channels: allowances(options.channel_rate),
            looks: Allowances::new(LOOKS),
            passed: BTreeSet::new(),
        }))
    }

    /// Lets a command of the actor pass.
    ///
    /// # Errors
    /// After how long the next one is let pass.
    pub(super) fn pass(&self, actor: &Actor, command: &StoredMessage) -> Result<(), Duration> {
        let Some(time) = command.time else {
            return Ok(());
        };
        let mut allowed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if allowed.passed.contains(&command.sequence) {
            return Ok(());
        }
        let allowances = match actor.account {
            Account::Manager | Account::FrontDesk | Account::Housekeeping => &mut allowed.people,
            Account::Channel => &mut allowed.channels,
            Account::Hotel | Account::Guest => return Ok(()),
        };
        // A stream took nothing before 1970.
        let now = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        allowances.take(actor.clone(), now)?;
        allowed.passed.insert(command.sequence);
        if allowed.passed.len() > REMEMBERED {
            allowed.passed.pop_first();
        }
        Ok(())
    }

    /// Whether it may be looked up what became of a command of the actor that is too many. In a flood it may not.
    pub(super) fn looks(&self, actor: &Actor) -> bool {
        let mut allowed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let looked = allowed.looks.take(actor.clone(), now.unwrap_or_default());
        looked.is_ok()
    }
}

/// Whether commands of the account may have been refused for being too many.
pub(super) fn is_limited(account: Account) -> bool {
    !matches!(account, Account::Hotel | Account::Guest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(sequence: u64, milliseconds: u64) -> StoredMessage {
        StoredMessage {
            subject: "cmd.frontdesk.anna.book-room".to_owned(),
            sequence,
            headers: async_nats::HeaderMap::new(),
            payload: bytes::Bytes::new(),
            time: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)),
        }
    }

    fn actor(text: &str) -> Actor {
        text.parse().unwrap()
    }

    fn pace() -> Pace {
        Pace::new(PaceOptions {
            command_rate: 2,
            channel_rate: 4,
            guest_rate: 0,
            guest_address_rate: 0,
        })
    }

    #[test]
    fn everybody_has_an_allowance_and_machines_a_larger_one() {
        let pace = pace();
        let passed = |actor: Actor, from: u64| {
            (from..from + 30)
                .filter(|sequence| pace.pass(&actor, &command(*sequence, 0)).is_ok())
                .count()
        };
        assert_eq!(passed(actor("frontdesk/anna"), 100), 10);
        assert_eq!(passed(actor("manager/anna"), 200), 10);
        assert_eq!(passed(actor("channel/anna"), 300), 20);
        assert_eq!(passed(actor("hotel/seed"), 400), 30);
        let anna = actor("frontdesk/anna");
        assert!(pace.pass(&anna, &command(500, 499)).is_err());
        assert_eq!(pace.pass(&anna, &command(501, 500)), Ok(()));
    }

    #[test]
    fn in_a_flood_nothing_is_looked_up() {
        let pace = pace();
        let anna = actor("frontdesk/anna");
        let looked = (0..1_000).filter(|_| pace.looks(&anna)).count();
        assert!((10..20).contains(&looked), "{looked}");
        assert!(pace.looks(&actor("frontdesk/ben")));
    }

    #[test]
    fn what_is_tried_again_is_counted_once() {
        let pace = pace();
        let anna = actor("frontdesk/anna");
        for _ in 0..30 {
            assert_eq!(pace.pass(&anna, &command(1, 0)), Ok(()));
        }
        for sequence in 2..=10 {
            assert_eq!(pace.pass(&anna, &command(sequence, 0)), Ok(()));
        }
        assert!(pace.pass(&anna, &command(11, 0)).is_err());
        assert_eq!(pace.pass(&anna, &command(10, 0)), Ok(()));
    }

    #[test]
    fn whoever_kept_to_it_while_nobody_decided_has_all_decided() {
        let pace = pace();
        let anna = actor("frontdesk/anna");
        for second in 0..600 {
            for sequence in 0..2 {
                let command = command(2 * second + sequence, 1_000 * second);
                assert_eq!(pace.pass(&anna, &command), Ok(()));
            }
        }
    }
}
