//! Who may say and hear what: every account of two hotels × every subject and API there is, tried on the live server over the
//! WebSocket.
//!
//! The tables name what is allowed; all else has to be refused. A command, bucket or stream that is new has no row here, and the
//! test fails until somebody has decided who it is for.

use std::collections::{BTreeMap, BTreeSet};

use nkeys::KeyPair;
use shared::staff::Role;
use vacancy_backend::commands::catalogue;
use vacancy_tests::another::Another;
use vacancy_tests::hotel::Hotel;
use vacancy_tests::wire::{Verdict, Wire};

const M: u8 = 1;
const F: u8 = 2;
const H: u8 = 4;
const C: u8 = 8;
const G: u8 = 16;
const NOBODY: u8 = 0;

/// The accounts outside `HOTEL`, each with the user that tries, and their bit in the tables.
const USERS: [(&str, u8); 5] = [
    ("manager", M),
    ("frontdesk", F),
    ("housekeeping", H),
    ("channel", C),
    ("guest", G),
];

/// Who may send which command, in their own name.
const COMMANDS: &[(&str, u8)] = &[
    ("add-room", M),
    ("retire-room", M),
    ("book-room", M | F | C),
    ("book-room-type", M | F | C),
    ("hold", M | F | C | G),
    ("hold-room-type", M | F | C | G),
    ("confirm", M | F | C | G),
    ("expire-hold", NOBODY),
    ("cancel", M | F | C),
    ("change-stay", M | F | C),
    ("swap-stays", M | F),
    ("pin", M | F),
    ("unpin", M | F),
    ("checkin", M | F),
    ("checkout", M | F),
    ("no-show", M | F),
    ("undo", M | F),
    ("erase-guest", M),
    ("out-of-order", M | F),
    ("back-in-order", M | F),
    ("out-of-service", M | F),
    ("back-in-service", M | F),
    ("cleanup", M | F | H),
    ("inspect", M | F | H),
    ("fail-cleanup", M | F | H),
    ("request-cleanup", M | F | H),
    ("add-staff", M),
    ("change-role", M),
    ("disable-staff", M),
    ("enable-staff", M),
    ("reset-password", M),
];

/// Who may read which bucket.
const BUCKETS: &[(&str, u8)] = &[
    ("rooms", M | F | H),
    ("stays", M | F),
    ("vacancy", M | F | C | G),
    ("days", M | F),
    ("guests", M | F),
    ("occupancy", M | F),
    ("housekeeping", M | F | H),
    ("staff", M),
    // Each their own part of it, which is tried apart.
    ("outcomes", NOBODY),
    ("decisions", NOBODY),
    ("breakers", NOBODY),
    ("guest-keys", NOBODY),
    ("projections", NOBODY),
    ("credentials", NOBODY),
    ("sessions", NOBODY),
    ("connections", NOBODY),
];

/// The streams that are no buckets, each with a subject that it takes. Nobody outside reads or writes any.
const STREAMS: &[(&str, &str)] = &[
    ("commands", "cmd.hotel.http.book-room"),
    ("room", "room.1"),
    ("room-booking", "booking.1.2022-12-12.1_2022-12-12"),
    ("room-cleanup", "cleanup.1.2022-12-12.1_2022-12-12"),
    ("staff", "staff.anna"),
    ("audit", "cmd.frontdesk.frontdesk.book-room"),
    ("dead-letters", "dead-letters.commands.1"),
    (
        "advisories",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.commands.commands",
    ),
    ("deadlines", "deadlines.hold.1"),
];

/// JetStream's API, of each stream (`{}`): all of it is `HOTEL`'s.
const API: &[&str] = &[
    "$JS.API.DIRECT.GET.{}",
    "$JS.API.DIRECT.GET.{}.x",
    "$JS.API.STREAM.CREATE.{}",
    "$JS.API.STREAM.UPDATE.{}",
    "$JS.API.STREAM.INFO.{}",
    "$JS.API.STREAM.DELETE.{}",
    "$JS.API.STREAM.PURGE.{}",
    "$JS.API.STREAM.SNAPSHOT.{}",
    "$JS.API.STREAM.RESTORE.{}",
    "$JS.API.STREAM.MSG.GET.{}",
    "$JS.API.STREAM.MSG.DELETE.{}",
    "$JS.API.STREAM.LEADER.STEPDOWN.{}",
    "$JS.API.STREAM.PEER.REMOVE.{}",
    "$JS.API.CONSUMER.CREATE.{}",
    "$JS.API.CONSUMER.CREATE.{}.mine",
    "$JS.API.CONSUMER.CREATE.{}.mine.$KV.stays.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.{}.mine",
    "$JS.API.CONSUMER.DELETE.{}.commands",
    "$JS.API.CONSUMER.INFO.{}.commands",
    "$JS.API.CONSUMER.LIST.{}",
    "$JS.API.CONSUMER.NAMES.{}",
    "$JS.API.CONSUMER.PAUSE.{}.commands",
    "$JS.API.CONSUMER.RESET.{}.commands",
    "$JS.API.CONSUMER.UNPIN.{}.commands",
    "$JS.API.CONSUMER.LEADER.STEPDOWN.{}.commands",
    "$JS.API.CONSUMER.MSG.NEXT.{}.commands",
    "$JS.ACK.{}.commands.1.1.1.1.0",
    "$JS.FC.{}.commands.x",
];

/// What belongs to no stream: JetStream's account, the server's own affairs, services, and what is nobody's.
const OTHERS: &[&str] = &[
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.CREATE.mine",
    "$JS.API.ACCOUNT.PURGE.HOTEL",
    "$JS.API.META.LEADER.STEPDOWN",
    "$JS.API.SERVER.REMOVE",
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.SERVER.PING.CONNZ",
    "$SYS.REQ.SERVER.PING.JSZ",
    "$SYS.REQ.SERVER.NA.KICK",
    "$SYS.REQ.SERVER.NA.RELOAD",
    "$SYS.REQ.ACCOUNT.HOTEL.CONNZ",
    "$SYS.REQ.ACCOUNT.PING.CONNZ",
    "$SYS.REQ.USER.AUTH",
    "$SYS.REQ.USER.INFO",
    "$SYS.ACCOUNT.HOTEL.CONNECT",
    "$SRV.PING",
    "$SRV.INFO.vacancy",
    "$MQTT.msgs.x",
    "backend.hotels.open",
    "backend.hotels.list",
    "$G.x",
    "outcome.hotel.http.c1",
    "outcome.anna.c1",
    "live.stays.1.1_2022-12-12",
    "live.vacancy.standard.2022-12-12",
    "here",
    "_INBOX.hotel.x",
    "_R_.x",
    "anything",
    "cmd.book-room",
    // The gate is the backend's: whoever asks there has to be let through by the import, which says who it is.
    "gate.guest.hold",
    "gate.guest.guest.hold",
    "cmd.anna",
];

/// What nobody may listen to, beside what the rest of the tables leave out.
const EARS: &[&str] = &[
    ">",
    "*",
    "*.>",
    "*.*.*",
    "_INBOX.>",
    "_INBOX.*",
    "_INBOX.*.x",
    "outcome.>",
    "outcome.*.>",
    "outcome.anna.>",
    "cmd.>",
    "gate.>",
    "gate.guest.>",
    "$KV.>",
    "$JS.>",
    "$JS.API.>",
    "$JS.EVENT.>",
    "$JS.ACK.>",
    "$SYS.>",
    "$SYS.REQ.USER.AUTH",
    "$SRV.>",
];

/// Who tries, in the first hotel or in another one: what a role may is the same in each.
struct Tries<'a> {
    hotel: &'a Hotel,
    other: Option<&'a Another>,
    key: KeyPair,
    /// What shows the log-ins in the other hotel.
    cookies: BTreeMap<&'static str, String>,
}

impl<'a> Tries<'a> {
    async fn in_the_first(hotel: &'a Hotel) -> Self {
        Self {
            hotel,
            other: None,
            key: hotel.hire_channel("channel").await,
            cookies: BTreeMap::new(),
        }
    }

    async fn in_another(hotel: &'a Hotel, other: &'a Another) -> Self {
        let key = KeyPair::new_user();
        other.hire_channel(hotel, "channel", &key).await;
        let mut cookies = BTreeMap::from([("manager", other.log_in(hotel).await)]);
        for role in [Role::FrontDesk, Role::Housekeeping] {
            let user = role.account().as_str();
            cookies.insert(user, other.hire(hotel, user, role).await);
        }
        Self {
            hotel,
            other: Some(other),
            key,
            cookies,
        }
    }

    /// A page, or a machine, of an account.
    async fn wire(&self, user: &str) -> Wire {
        let (wire, verdict) = match (user, self.other) {
            ("channel", None) => self.hotel.machine(&self.key).await,
            ("channel", Some(other)) => other.machine(self.hotel, &self.key).await,
            ("guest", None) => self.hotel.try_page(None).await,
            ("guest", Some(other)) => other.guest(self.hotel).await,
            (user, None) => (self.hotel.page(Some(user)).await, Verdict::Allowed),
            (user, Some(_)) => self.hotel.try_page(Some(&self.cookies[user])).await,
        };
        assert_eq!(verdict, Verdict::Allowed, "{user}");
        wire
    }
}

/// What is wrong with a verdict, if it is not the one that the table says.
fn complaint(deed: &str, user: &str, expected: bool, verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Allowed if !expected => Some(format!("{user} may {deed}")),
        Verdict::Denied(text) if expected => Some(format!("{user} may not {deed}: {text}")),
        Verdict::Denied(text) if !text.starts_with("Permissions Violation") => Some(format!(
            "{user} may not {deed}, but for another reason: {text}"
        )),
        Verdict::Allowed | Verdict::Denied(_) => None,
    }
}

#[tokio::test]
async fn the_tables_have_a_row_for_everything_there_is() {
    let hotel = Hotel::start().await;
    let mut streams = BTreeSet::new();
    let mut names = std::pin::pin!(hotel.jetstream().stream_names());
    while let Some(name) = futures_util::StreamExt::next(&mut names).await {
        streams.insert(name.expect("a name"));
    }
    let buckets = BUCKETS.iter().map(|(bucket, _)| format!("KV_{bucket}"));
    let known = buckets.chain(STREAMS.iter().map(|(stream, _)| (*stream).to_owned()));
    assert_eq!(known.collect::<BTreeSet<_>>(), streams);

    let commands: BTreeSet<&str> = COMMANDS.iter().map(|(command, _)| *command).collect();
    let there: BTreeSet<&str> = catalogue::names().into_iter().collect();
    assert_eq!(commands, there);
}

#[tokio::test]
async fn each_account_says_what_the_tables_allow_and_nothing_else() {
    let hotel = Hotel::start().await;
    says_what_the_tables_allow(&Tries::in_the_first(&hotel).await).await;
}

#[tokio::test]
async fn each_account_of_another_hotel_says_what_the_tables_allow_and_nothing_else() {
    let hotel = Hotel::start().await;
    let sea = Another::add(&hotel, "sea").await;
    says_what_the_tables_allow(&Tries::in_another(&hotel, &sea).await).await;
}

async fn says_what_the_tables_allow(tries: &Tries<'_>) {
    let mut complaints = Vec::new();
    for (user, bit) in USERS {
        let mut wire = tries.wire(user).await;
        let mut attempts: Vec<(String, bool)> = Vec::new();
        for (command, who) in COMMANDS {
            attempts.push((format!("cmd.{user}.{command}"), who & bit != 0));
            // In the name of another, and around the import that writes the account.
            for (other, _) in USERS.iter().filter(|(other, _)| *other != user) {
                attempts.push((format!("cmd.{other}.{command}"), false));
                attempts.push((format!("cmd.{other}.{user}.{command}"), false));
            }
        }
        for (other, _) in USERS {
            let may = other == user && bit & (M | F) != 0;
            attempts.push((format!("here.{user}.{other}"), may));
            // The account of the other, or the name.
            attempts.push((format!("here.{other}.{user}"), may));
            attempts.push((format!("here.{other}"), false));
        }
        for (bucket, who) in BUCKETS {
            let stream = format!("KV_{bucket}");
            for api in API {
                let subject = api.replace("{}", &stream);
                let is_page = *api == API[0];
                attempts.push((subject, is_page && who & bit != 0));
            }
            attempts.push((format!("$KV.{bucket}.x"), false));
            attempts.push((format!("live.{bucket}.x"), false));
        }
        for (stream, subject) in STREAMS {
            attempts.push(((*subject).to_owned(), false));
            attempts.extend(API.iter().map(|api| (api.replace("{}", stream), false)));
        }
        attempts.extend(OTHERS.iter().map(|subject| ((*subject).to_owned(), false)));
        for (other, _) in USERS {
            let outcome = format!("$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.{other}.{other}.c1");
            attempts.push((outcome, other == user));
            attempts.push((format!("_INBOX.{other}.x"), false));
            attempts.push((format!("outcome.{other}.c1"), false));
        }
        for (subject, expected) in attempts {
            let verdict = wire.publish(&subject, b"{}").await;
            let deed = format!("publish {subject}");
            complaints.extend(complaint(&deed, user, expected, &verdict));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[tokio::test]
async fn each_account_hears_what_the_tables_allow_and_nothing_else() {
    let hotel = Hotel::start().await;
    hears_what_the_tables_allow(&Tries::in_the_first(&hotel).await).await;
}

#[tokio::test]
async fn each_account_of_another_hotel_hears_what_the_tables_allow_and_nothing_else() {
    let hotel = Hotel::start().await;
    let sea = Another::add(&hotel, "sea").await;
    hears_what_the_tables_allow(&Tries::in_another(&hotel, &sea).await).await;
}

async fn hears_what_the_tables_allow(tries: &Tries<'_>) {
    let mut complaints = Vec::new();
    for (user, bit) in USERS {
        let mut attempts: Vec<(String, bool)> = Vec::new();
        for (bucket, _) in BUCKETS {
            // `live.>` is everybody's to listen to, and only what one's role imports comes in there.
            attempts.push((format!("live.{bucket}.>"), true));
            attempts.push((format!("$KV.{bucket}.>"), false));
        }
        for (_, subject) in STREAMS {
            attempts.push(((*subject).to_owned(), false));
        }
        for (other, _) in USERS {
            for filter in ["_INBOX.{}.>", "outcome.{}.>"] {
                attempts.push((filter.replace("{}", other), other == user));
            }
            attempts.push((format!("cmd.{other}.>"), false));
        }
        attempts.extend(EARS.iter().map(|subject| ((*subject).to_owned(), false)));
        attempts.push(("here.>".to_owned(), bit & (M | F) != 0));
        let mut page = tries.wire(user).await;
        let mut left = 3;
        for (subject, expected) in attempts {
            for queue in [None, Some("workers")] {
                // A guest has few subscriptions.
                if left == 0 {
                    page = tries.wire(user).await;
                    left = 3;
                }
                let verdict = page.subscribe(&subject, queue).await;
                left -= usize::from(verdict == Verdict::Allowed);
                let deed = format!("subscribe {subject} {}", queue.unwrap_or_default());
                complaints.extend(complaint(&deed, user, expected, &verdict));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[tokio::test]
async fn what_comes_in_at_live_is_what_the_tables_allow() {
    let hotel = Hotel::start().await;
    let tries = Tries::in_the_first(&hotel).await;
    let mut pages = Vec::new();
    for (user, bit) in USERS {
        let mut page = tries.wire(user).await;
        assert_eq!(page.subscribe("live.>", None).await, Verdict::Allowed);
        pages.push((user, bit, page));
    }
    // Each bucket is written to once, and then one that everybody with a page hears of.
    let jetstream = hotel.jetstream();
    for (bucket, _) in BUCKETS {
        let subject = format!("$KV.{bucket}.mark");
        let ack = jetstream.publish(subject, "{}".into()).await.expect("sent");
        ack.await.expect("stored");
    }
    for (user, bit, mut page) in pages {
        // The server has delivered what came before this was asked.
        assert_eq!(page.verdict().await, Verdict::Allowed);
        let heard: BTreeSet<String> = page
            .messages
            .iter()
            .filter_map(|message| message.subject.strip_suffix(".mark"))
            .map(str::to_owned)
            .collect();
        let allowed = BUCKETS.iter().filter(|(_, who)| who & bit != 0);
        let allowed: BTreeSet<String> = allowed
            .map(|(bucket, _)| format!("live.{bucket}"))
            .collect();
        assert_eq!(heard, allowed, "{user}");
    }
}
