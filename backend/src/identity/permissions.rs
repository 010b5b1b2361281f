//! What somebody may say and hear on the server: their own inbox and outcomes, the commands of their role in their own name, and
//! the buckets of their role. Made from the tables that the rest of the backend goes by, so that nothing is written twice.
//!
//! The account decides as well: only what `HOTEL` exports to it and it imports (`nats-server.conf`) is there at all.

use shared::identity::{Account, Actor};
use shared::subjects::{PresenceSubject, STAYS};

use crate::commands::catalogue::CATALOGUE;
use crate::views;

/// Filters of subjects, all others denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    pub publish: Vec<String>,
    pub subscribe: Vec<String>,
}

impl Permissions {
    /// Those of somebody in the account of a browser or a machine.
    pub fn of(actor: &Actor) -> Self {
        let Actor { account, user } = actor;
        let commands = CATALOGUE
            .iter()
            .filter(|entry| entry.senders.contains(account))
            .map(|entry| format!("cmd.{user}.{}", entry.name));
        let pages = Self::buckets(*account).map(|bucket| format!("$JS.API.DIRECT.GET.KV_{bucket}"));
        // Whoever may see stays says at which they look.
        let is_seen = STAYS.readers().contains(account);
        let presence = is_seen.then(|| PresenceSubject::text(actor));
        let presences = is_seen.then(|| PresenceSubject::ALL.to_owned());
        let outcomes = format!("$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.{account}.{user}.>");
        Self {
            publish: commands
                .chain(pages)
                .chain(presence)
                .chain([outcomes])
                .collect(),
            subscribe: [
                format!("_INBOX.{user}.>"),
                "live.>".to_owned(),
                format!("outcome.{user}.>"),
            ]
            .into_iter()
            .chain(presences)
            .collect(),
        }
    }

    /// The buckets that somebody of the account may read.
    fn buckets(account: Account) -> impl Iterator<Item = &'static str> {
        let readable = views::all()
            .into_iter()
            .filter(move |view| view.readers().contains(&account));
        readable.map(|view| view.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(actor: &str) -> Permissions {
        Permissions::of(&actor.parse().unwrap())
    }

    #[test]
    fn everybody_speaks_in_their_own_name_and_reads_what_their_role_reads() {
        let anna = of("housekeeping/anna");
        assert_eq!(
            anna.publish,
            [
                "cmd.anna.cleanup",
                "cmd.anna.inspect",
                "cmd.anna.fail-cleanup",
                "cmd.anna.request-cleanup",
                "$JS.API.DIRECT.GET.KV_rooms",
                "$JS.API.DIRECT.GET.KV_housekeeping",
                "$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.housekeeping.anna.>",
            ]
        );
        assert_eq!(
            anna.subscribe,
            ["_INBOX.anna.>", "live.>", "outcome.anna.>"]
        );
        let guest = of("guest/guest");
        assert!(!guest.publish.contains(&"cmd.guest.book-room".to_owned()));
    }

    #[test]
    fn only_a_manager_touches_the_staff() {
        let staff = |permissions: &Permissions| {
            let all = permissions.publish.iter();
            all.filter(|subject| subject.contains("staff")).count()
        };
        assert!(staff(&of("manager/mia")) > 3);
        for other in [
            "frontdesk/anna",
            "housekeeping/anna",
            "guest/guest",
            "channel/ota",
        ] {
            assert_eq!(staff(&of(other)), 0, "{other}");
        }
    }
}
