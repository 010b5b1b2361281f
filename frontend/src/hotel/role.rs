//! As whom one uses the board.

use shared::identity::Account;

use super::feeds::View;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    FrontDesk,
    Housekeeping,
    Guest,
}

impl Role {
    /// The roles with a log-in.
    pub(crate) const STAFF: [Self; 2] = [Self::FrontDesk, Self::Housekeeping];

    pub(crate) fn account(self) -> Account {
        match self {
            Self::FrontDesk => Account::FrontDesk,
            Self::Housekeeping => Account::Housekeeping,
            Self::Guest => Account::Guest,
        }
    }

    /// The user of the NATS server; its account has the same name.
    pub(crate) fn user(self) -> &'static str {
        self.account().as_str()
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::FrontDesk => "Front desk",
            Self::Housekeeping => "Housekeeping",
            Self::Guest => "Guest",
        }
    }

    /// What the role may see (nats-server.conf decides; this is what its page shows).
    pub(crate) fn views(self) -> &'static [View] {
        match self {
            Self::FrontDesk => &[View::Rooms, View::Stays],
            Self::Housekeeping => &[View::Rooms],
            Self::Guest => &[View::Vacancy],
        }
    }
}
