//! Who may work in the hotel, and as what.

use shared::Timestamp;
use shared::outcome::Refusal;
use shared::staff::{
    AddStaff, ChangeRole, DisableStaff, EnableStaff, ResetPassword, Role, Roster, StaffEvent,
    StaffName, StaffRefusal, StaffView,
};

const NKEY: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

/// The staff, and how often something has happened to them: each time a millisecond later.
#[derive(Default)]
struct Hotel {
    roster: Roster,
    happened: i64,
}

type Decided = Result<Vec<StaffEvent>, StaffRefusal>;

impl Hotel {
    /// One that has a manager, `mia`, somebody at the front desk, `anna`, and a machine, `agency`.
    fn staffed() -> Self {
        let mut hotel = Self::default();
        hotel.done(add("mia", Role::Manager).decide(&hotel.roster));
        hotel.done(add("anna", Role::FrontDesk).decide(&hotel.roster));
        hotel.done(machine("agency", NKEY).decide(&hotel.roster));
        hotel
    }

    #[track_caller]
    fn done(&mut self, decided: Decided) {
        for event in decided.unwrap() {
            self.happened += 1;
            let roster = std::mem::take(&mut self.roster);
            self.roster = roster.evolve(&event, at(self.happened));
        }
    }

    #[track_caller]
    fn member(&self, staff: &str) -> (Role, bool, Timestamp) {
        let member = self.roster.find(&name(staff)).unwrap();
        (member.role, member.active, member.since)
    }
}

#[track_caller]
fn refused(decided: Decided, code: &str, field: &str) {
    let refusal = Refusal::from(decided.unwrap_err());
    let found = (refusal.code.as_ref(), refusal.field.as_deref());
    assert_eq!(found, (code, Some(field)), "{}", refusal.message);
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(milliseconds)
}

fn name(staff: &str) -> StaffName {
    staff.parse().unwrap()
}

fn add(staff: &str, role: Role) -> AddStaff {
    AddStaff {
        staff: name(staff),
        name: "Somebody".parse().unwrap(),
        role,
        nkey: None,
    }
}

fn machine(staff: &str, nkey: &str) -> AddStaff {
    AddStaff {
        nkey: Some(nkey.parse().unwrap()),
        ..add(staff, Role::Channel)
    }
}

fn change(staff: &str, role: Role) -> ChangeRole {
    let staff = name(staff);
    ChangeRole { staff, role }
}

fn disable(staff: &str) -> DisableStaff {
    let staff = name(staff);
    DisableStaff { staff }
}

fn enable(staff: &str) -> EnableStaff {
    let staff = name(staff);
    EnableStaff { staff }
}

fn reset(staff: &str) -> ResetPassword {
    let staff = name(staff);
    ResetPassword { staff }
}

#[test]
fn a_log_in_name_is_never_given_to_a_second_person() {
    let mut hotel = Hotel::staffed();
    let again = add("anna", Role::Housekeeping);
    refused(again.decide(&hotel.roster), "staff-exists", "staff");
    hotel.done(disable("anna").decide(&hotel.roster));
    refused(again.decide(&hotel.roster), "staff-exists", "staff");
}

#[test]
fn nothing_happens_to_somebody_who_is_not_there() {
    let hotel = Hotel::staffed();
    let roster = &hotel.roster;
    for decided in [
        change("bob", Role::Manager).decide(roster),
        disable("bob").decide(roster),
        enable("bob").decide(roster),
        reset("bob").decide(roster),
    ] {
        refused(decided, "no-such-staff", "staff");
    }
}

#[test]
fn what_is_so_already_is_told() {
    let mut hotel = Hotel::staffed();
    refused(enable("anna").decide(&hotel.roster), "no-change", "staff");
    let same = change("anna", Role::FrontDesk);
    refused(same.decide(&hotel.roster), "no-change", "staff");
    hotel.done(disable("anna").decide(&hotel.roster));
    refused(disable("anna").decide(&hotel.roster), "no-change", "staff");
}

#[test]
fn one_manager_stays() {
    let mut hotel = Hotel::staffed();
    let demote = change("mia", Role::FrontDesk);
    refused(demote.decide(&hotel.roster), "last-manager", "staff");
    refused(
        disable("mia").decide(&hotel.roster),
        "last-manager",
        "staff",
    );

    // Another manager who cannot log in is none.
    hotel.done(change("anna", Role::Manager).decide(&hotel.roster));
    hotel.done(disable("anna").decide(&hotel.roster));
    refused(
        disable("mia").decide(&hotel.roster),
        "last-manager",
        "staff",
    );
    // That one may become something else.
    hotel.done(change("anna", Role::Housekeeping).decide(&hotel.roster));

    hotel.done(add("otto", Role::Manager).decide(&hotel.roster));
    hotel.done(demote.decide(&hotel.roster));
    refused(
        disable("otto").decide(&hotel.roster),
        "last-manager",
        "staff",
    );
}

#[test]
fn a_machine_has_an_nkey_and_nobody_else() {
    let hotel = Hotel::staffed();
    let roster = &hotel.roster;
    let keyless = add("portal", Role::Channel);
    refused(keyless.decide(roster), "person-or-machine", "nkey");
    let keyed = AddStaff {
        role: Role::Manager,
        ..machine("otto", NKEY)
    };
    refused(keyed.decide(roster), "person-or-machine", "nkey");
    refused(machine("portal", NKEY).decide(roster), "nkey-taken", "nkey");
    refused(reset("agency").decide(roster), "person-or-machine", "staff");
    for decided in [
        change("agency", Role::FrontDesk).decide(roster),
        change("anna", Role::Channel).decide(roster),
    ] {
        refused(decided, "person-or-machine", "role");
    }
    let (found, _) = roster.with_nkey(&NKEY.parse().unwrap()).unwrap();
    assert_eq!(*found, name("agency"));
}

#[test]
fn the_key_of_a_disabled_machine_lets_no_other_one_in() {
    let mut hotel = Hotel::staffed();
    hotel.done(disable("agency").decide(&hotel.roster));
    let portal = machine("portal", NKEY).decide(&hotel.roster);
    refused(portal, "nkey-taken", "nkey");
}

#[test]
fn what_takes_rights_away_ends_the_sessions_from_before() {
    let mut hotel = Hotel::staffed();
    assert_eq!(hotel.member("anna"), (Role::FrontDesk, true, at(2)));
    hotel.done(change("anna", Role::Housekeeping).decide(&hotel.roster));
    assert_eq!(hotel.member("anna"), (Role::Housekeeping, true, at(4)));
    hotel.done(reset("anna").decide(&hotel.roster));
    assert_eq!(hotel.member("anna"), (Role::Housekeeping, true, at(5)));
    hotel.done(disable("anna").decide(&hotel.roster));
    assert_eq!(hotel.member("anna"), (Role::Housekeeping, false, at(6)));
    // There are none to end.
    hotel.done(enable("anna").decide(&hotel.roster));
    assert_eq!(hotel.member("anna"), (Role::Housekeeping, true, at(6)));
    // The others go on as they were.
    assert_eq!(hotel.member("mia"), (Role::Manager, true, at(1)));
}

#[test]
fn the_view_shows_what_the_rules_know() {
    let mut hotel = Hotel::staffed();
    let mut view = None;
    let commands: [fn(&Roster) -> Decided; 4] = [
        |roster| add("otto", Role::Manager).decide(roster),
        |roster| change("otto", Role::FrontDesk).decide(roster),
        |roster| disable("otto").decide(roster),
        |roster| enable("otto").decide(roster),
    ];
    for command in commands {
        let decided = command(&hotel.roster);
        let event = decided.clone().unwrap().remove(0);
        hotel.done(decided);
        let sequence = hotel.happened.unsigned_abs();
        view = StaffView::evolve(view, &event, at(hotel.happened), sequence);
        let member = hotel.roster.find(&name("otto")).unwrap().clone();
        assert_eq!(view, Some(StaffView::new(member, sequence)));
    }
}
