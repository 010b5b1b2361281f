//! What a change of a stream's configuration would do to what it keeps.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};

/// What can be lost by an update, and is only if it is accepted by this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// Messages that are older than the new maximum age.
    MaxAge,
    /// The oldest messages above the new number of bytes.
    MaxBytes,
    /// The oldest messages above the new number.
    MaxMessages,
    /// The oldest messages of each subject above the new number; older values of a bucket's keys.
    History,
    /// Messages that have been read, or that nobody wants to read.
    Retention,
    /// From now on the oldest messages go when a limit is reached, where new ones were refused.
    Discard,
    /// Copies on other servers: what is acknowledged survives less.
    Replicas,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::MaxAge,
        Self::MaxBytes,
        Self::MaxMessages,
        Self::History,
        Self::Retention,
        Self::Discard,
        Self::Replicas,
    ];

    /// Its name, by which it is accepted.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxAge => "max-age",
            Self::MaxBytes => "max-bytes",
            Self::MaxMessages => "max-messages",
            Self::History => "history",
            Self::Retention => "retention",
            Self::Discard => "discard",
            Self::Replicas => "replicas",
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of a [`Loss`].
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no kind of loss: max-age, max-bytes, max-messages, history, retention, discard or replicas"
)]
pub struct UnknownLoss(String);

impl FromStr for Loss {
    type Err = UnknownLoss;

    fn from_str(name: &str) -> Result<Self, UnknownLoss> {
        let found = Self::ALL.into_iter().find(|loss| loss.name() == name);
        found.ok_or_else(|| UnknownLoss(name.to_owned()))
    }
}

/// A property with its values before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The property.
    pub field: &'static str,
    /// What the server has.
    pub there: String,
    /// What is declared.
    pub declared: String,
}

impl Difference {
    fn new(field: &'static str, there: impl fmt::Debug, declared: impl fmt::Debug) -> Self {
        Self {
            field,
            there: format!("{there:?}"),
            declared: format!("{declared:?}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            there,
            declared,
        } = self;
        write!(f, "{field}: {there} on the server, {declared} as declared")
    }
}

/// What the update would lose.
pub(super) fn losses(there: &Config, declared: &Config) -> Vec<(Loss, Difference)> {
    let mut losses = Vec::new();
    let drops_old = declared.discard == DiscardPolicy::Old;
    let (age, new_age) = (there.max_age, declared.max_age);
    if !new_age.is_zero() && (age.is_zero() || new_age < age) {
        let difference = Difference {
            field: "max_age",
            there: for_ever(age),
            declared: for_ever(new_age),
        };
        losses.push((Loss::MaxAge, difference));
    }
    let mut limit = |loss, field, there: i64, declared: i64| {
        if declared > 0 && (there <= 0 || declared < there) {
            losses.push((
                loss,
                Difference::new(field, limited(there), limited(declared)),
            ));
        }
    };
    limit(
        Loss::History,
        "max_msgs_per_subject",
        there.max_messages_per_subject,
        declared.max_messages_per_subject,
    );
    // Where new messages are refused at the limit, a smaller one removes nothing.
    if drops_old {
        limit(
            Loss::MaxBytes,
            "max_bytes",
            there.max_bytes,
            declared.max_bytes,
        );
        limit(
            Loss::MaxMessages,
            "max_msgs",
            there.max_messages,
            declared.max_messages,
        );
    }
    let has_limit = there.max_bytes > 0 || there.max_messages > 0;
    if drops_old && there.discard == DiscardPolicy::New && has_limit {
        let difference = Difference::new("discard", there.discard, declared.discard);
        losses.push((Loss::Discard, difference));
    }
    if there.retention != declared.retention && declared.retention != RetentionPolicy::Limits {
        let difference = Difference::new("retention", there.retention, declared.retention);
        losses.push((Loss::Retention, difference));
    }
    if declared.num_replicas < there.num_replicas {
        let difference = Difference::new("replicas", there.num_replicas, declared.num_replicas);
        losses.push((Loss::Replicas, difference));
    }
    losses
}

/// The first property that is different and can never be changed.
pub(super) fn immutable(there: &Config, declared: &Config) -> Option<Difference> {
    let taken_back = |field, there: bool, declared: bool| {
        (there && !declared).then(|| Difference::new(field, there, declared))
    };
    if there.storage != declared.storage {
        return Some(Difference::new("storage", there.storage, declared.storage));
    }
    taken_back("deny_delete", there.deny_delete, declared.deny_delete)
        .or_else(|| taken_back("deny_purge", there.deny_purge, declared.deny_purge))
        .or_else(|| {
            taken_back(
                "allow_msg_ttl",
                there.allow_message_ttl,
                declared.allow_message_ttl,
            )
        })
        .or_else(|| {
            taken_back(
                "allow_msg_schedules",
                there.allow_message_schedules,
                declared.allow_message_schedules,
            )
        })
}

/// Every property that the declaration says and the server has differently.
pub(super) fn differences(there: &Config, declared: &Config) -> Vec<Difference> {
    let mut differences = Vec::new();
    macro_rules! compare {
        ($($name:literal $field:ident),* $(,)?) => {
            $(if there.$field != declared.$field {
                differences.push(Difference::new($name, &there.$field, &declared.$field));
            })*
        };
    }
    compare!(
        "description" description, "subjects" subjects, "sources" sources, "storage" storage,
        "replicas" num_replicas, "placement" placement, "retention" retention, "discard" discard,
        "max_age" max_age, "max_bytes" max_bytes, "max_msgs" max_messages,
        "max_msgs_per_subject" max_messages_per_subject, "max_msg_size" max_message_size,
        "duplicate_window" duplicate_window, "allow_direct" allow_direct,
        "allow_atomic" allow_atomic_publish, "allow_msg_ttl" allow_message_ttl,
        "allow_msg_schedules" allow_message_schedules, "deny_delete" deny_delete,
        "deny_purge" deny_purge, "allow_rollup_hdrs" allow_rollup, "republish" republish,
    );
    differences
}

fn for_ever(age: Duration) -> String {
    match age {
        Duration::ZERO => "for ever".to_owned(),
        age => format!("{age:?}"),
    }
}

fn limited(limit: i64) -> Option<i64> {
    (limit > 0).then_some(limit)
}
