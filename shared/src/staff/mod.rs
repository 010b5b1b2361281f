//! The staff: who works in the hotel, and as what. The people log in with a password, the machines with an NKey.
//!
//! All that is decided about them is decided on all of them at once, since no two have the same name and one manager stays. No
//! secret is in a command, an event or a view: passwords are the backend's own affair.

mod add_staff;
mod change_role;
mod disable_staff;
mod enable_staff;
mod event;
mod name;
mod nkey;
mod refusal;
mod reset_password;
mod role;
mod roster;
mod view;

pub use add_staff::AddStaff;
pub use change_role::ChangeRole;
pub use disable_staff::DisableStaff;
pub use enable_staff::EnableStaff;
pub use event::{OfStaff, RoleChanged, StaffAdded, StaffEvent};
pub use name::{StaffName, StaffNameError};
pub use nkey::{UserNkey, UserNkeyError};
pub use refusal::StaffRefusal;
pub use reset_password::ResetPassword;
pub use role::{Role, RoleError};
pub use roster::{Member, Roster};
pub use view::StaffView;
