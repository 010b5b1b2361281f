//! The staff: their rules told by examples, in memory and in the store, and their commands in a hotel that runs. The rest of
//! the rules is told in `shared/tests/rules`.

use jetstream_es::scenario::{Scenario, Stage, given};
use jetstream_es::{Decide, Repository, StreamSpec};
use serde::Serialize;
use serde_json::{Value, json};
use shared::outcome::{Decision, Refusal};
use shared::staff::{
    AddStaff, DisableStaff, Role, Roster, StaffEvent, StaffName, StaffRefusal, StaffView,
};
use shared::subjects::Stream;
use vacancy_backend::staff::{self, Staff, TheStaff};

use crate::hotel::{Hotel, envelope, new_id};

/// A command about the staff, and its rule.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct OnStaff<C> {
    command: C,
    #[serde(skip)]
    rule: fn(&C, &Roster) -> Result<Vec<StaffEvent>, StaffRefusal>,
}

impl<C: Serialize> Decide<Staff> for OnStaff<C> {
    type Context = ();
    type Refusal = Refusal;

    fn boundary(&self) -> TheStaff {
        TheStaff
    }

    fn decide(&self, roster: &Roster, (): &()) -> Result<Vec<StaffEvent>, Refusal> {
        (self.rule)(&self.command, roster).map_err(Refusal::from)
    }
}

type Story<C> = Scenario<Staff, OnStaff<C>>;

fn name(staff: &str) -> StaffName {
    staff.parse().unwrap()
}

fn add(staff: &str, role: Role) -> OnStaff<AddStaff> {
    let command = json!({"staff": staff, "name": "Somebody", "role": role});
    OnStaff {
        command: serde_json::from_value(command).unwrap(),
        rule: AddStaff::decide,
    }
}

fn disable(staff: &str) -> OnStaff<DisableStaff> {
    let command = json!({ "staff": staff });
    OnStaff {
        command: serde_json::from_value(command).unwrap(),
        rule: DisableStaff::decide,
    }
}

fn event(event_type: &str, data: Value) -> StaffEvent {
    serde_json::from_value(json!({"type": event_type, "data": data})).unwrap()
}

fn added(staff: &str, role: Role) -> StaffEvent {
    let data = json!({"staff": staff, "name": "Somebody", "role": role});
    event("vacancy.staff.staff-added.v1", data)
}

fn disabled(staff: &str) -> StaffEvent {
    event("vacancy.staff.staff-disabled.v1", json!({ "staff": staff }))
}

fn newcomers() -> Vec<Story<AddStaff>> {
    let exists = || StaffRefusal::StaffExists(name("mia")).into();
    vec![
        given([])
            .when(add("mia", Role::Manager))
            .then([added("mia", Role::Manager)]),
        given([added("mia", Role::Manager)])
            .when(add("anna", Role::FrontDesk))
            .then([added("anna", Role::FrontDesk)]),
        given([added("mia", Role::Manager)])
            .when(add("mia", Role::FrontDesk))
            .then_refused(exists()),
        given([
            added("mia", Role::Manager),
            added("otto", Role::Manager),
            disabled("mia"),
        ])
        .when(add("mia", Role::FrontDesk))
        .then_refused(exists()),
    ]
}

fn dismissals() -> Vec<Story<DisableStaff>> {
    let last = StaffRefusal::LastManager(name("mia"));
    vec![
        given([added("mia", Role::Manager), added("anna", Role::FrontDesk)])
            .when(disable("anna"))
            .then([disabled("anna")]),
        given([
            added("mia", Role::Manager),
            added("otto", Role::Manager),
            disabled("otto"),
        ])
        .when(disable("mia"))
        .then_refused(last.into()),
        given([added("mia", Role::Manager)])
            .when(disable("anna"))
            .then_refused(StaffRefusal::NoSuchStaff(name("anna")).into()),
    ]
}

async fn play<C: Serialize>(stage: &Stage<Staff>, stories: Vec<Story<C>>) {
    for story in stories {
        story.play();
        stage.play(&story).await;
    }
}

#[tokio::test]
async fn the_rules_hold_in_memory_and_in_the_store() {
    let stream = Stream::Staff;
    let stage = Stage::open(StreamSpec::events(stream.name(), [stream.subjects()])).await;
    play(&stage, newcomers()).await;
    play(&stage, dismissals()).await;
}

impl Hotel {
    /// Sends a command as somebody of an account, as the server would hand it in.
    async fn send_as(&self, account: &str, user: &str, command: &str, data: Value) -> Decision {
        let id = new_id();
        let payload = envelope(command, &id, data).to_string();
        let subject = format!("cmd.{account}.{user}.{command}");
        let outcome = format!("outcome.{account}.{user}.{id}");
        let answer = self.answer(&subject, Some(&id), payload, &outcome);
        answer.await.decision
    }
}

#[tokio::test]
async fn a_manager_is_added_and_sees_to_the_rest() {
    let hotel = Hotel::with_rooms(0).await;
    let mia = json!({"staff": "mia", "name": "Mia Holm", "role": "manager"});
    hotel.done("add-staff", mia).await;
    let data = json!({"staff": "anna", "name": "Anna Berg", "role": "front-desk"});
    let Decision::Done { event, view } = hotel.send_as("manager", "mia", "add-staff", data).await
    else {
        panic!("not done")
    };
    assert_eq!((&*event.stream, event.sequence), ("staff", 2));
    assert_eq!(view, None);
    let seen: StaffView = hotel.until_value("staff", "anna", |_| true).await;
    assert_eq!(
        (seen.role, seen.active, seen.sequence),
        (Role::FrontDesk, true, 2)
    );
    assert_eq!(seen.added, seen.since);

    // The leader knows as soon as the outcome is told, whether or not the view does.
    let repository = Repository::<Staff>::new(&hotel.connection, 1);
    let anna = json!({"staff": "anna"});
    let done = hotel.send_as("manager", "mia", "disable-staff", anna.clone());
    assert!(matches!(done.await, Decision::Done { .. }));
    let member = staff::find(&repository, &name("anna")).await.unwrap();
    let member = member.unwrap();
    assert!(!member.active && member.since > member.added, "{member:?}");
    let nobody = staff::find(&repository, &name("bob")).await.unwrap();
    assert_eq!(nobody, None);

    let seen: StaffView = hotel
        .until_value("staff", "anna", |seen: &StaffView| !seen.active)
        .await;
    assert_eq!(StaffView::new(member, 3), seen);
    let message = hotel.jetstream().get_stream("staff").await.unwrap();
    let message = message.get_raw_message(3).await.unwrap();
    assert_eq!(message.subject.as_str(), "staff.anna");
    let event: Value = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(event["actor"], "manager/mia");
}

#[tokio::test]
async fn nobody_but_managers_decides_about_the_staff() {
    let hotel = Hotel::with_rooms(0).await;
    let mia = json!({"staff": "mia", "name": "Mia Holm", "role": "manager"});
    hotel.done("add-staff", mia).await;
    for account in ["frontdesk", "housekeeping", "channel", "guest"] {
        for (command, data) in [
            (
                "add-staff",
                json!({"staff": "eve", "name": "Eve", "role": "manager"}),
            ),
            (
                "change-role",
                json!({"staff": "mia", "role": "housekeeping"}),
            ),
            ("disable-staff", json!({"staff": "mia"})),
            ("enable-staff", json!({"staff": "mia"})),
            ("reset-password", json!({"staff": "mia"})),
        ] {
            match hotel.send_as(account, "eve", command, data).await {
                Decision::Refused { refusal } => assert_eq!(refusal.code, "forbidden"),
                other => panic!("{account} {command}: {other:?}"),
            }
        }
    }
    assert_eq!(hotel.count("staff").await, 1);
}

#[tokio::test]
async fn of_two_managers_who_dismiss_each_other_at_once_one_stays() {
    let hotel = Hotel::with_rooms(0).await;
    for staff in ["mia", "otto"] {
        let data = json!({"staff": staff, "name": "Somebody", "role": "manager"});
        hotel.done("add-staff", data).await;
    }
    let (first, second) = tokio::join!(
        hotel.send_as("manager", "mia", "disable-staff", json!({"staff": "otto"})),
        hotel.send_as("manager", "otto", "disable-staff", json!({"staff": "mia"})),
    );
    let refused: Vec<Decision> = [first, second]
        .into_iter()
        .filter(|decision| !matches!(decision, Decision::Done { .. }))
        .collect();
    let [Decision::Refused { refusal }] = refused.as_slice() else {
        panic!("one is refused: {refused:?}")
    };
    assert_eq!(refusal.code, "last-manager");
}

#[tokio::test]
async fn a_machine_is_known_by_an_nkey_that_there_is() {
    let hotel = Hotel::with_rooms(0).await;
    let nkey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
    let machine = |staff: &str, nkey: &str| json!({"staff": staff, "name": "Agency", "role": "channel", "nkey": nkey});
    let mistyped = format!("{}5", &nkey[..nkey.len() - 1]);
    let refusal = hotel
        .refused("add-staff", machine("agency", &mistyped))
        .await;
    assert_eq!(refusal.code, "invalid");
    assert_eq!(refusal.field.as_deref(), Some("nkey"));

    hotel.done("add-staff", machine("agency", nkey)).await;
    let refusal = hotel.refused("add-staff", machine("portal", nkey)).await;
    assert_eq!(refusal.code, "nkey-taken");
    let repository = Repository::<Staff>::new(&hotel.connection, 1);
    let key = nkey.parse().unwrap();
    let known = repository.newest(&TheStaff, |roster| {
        roster.with_nkey(&key).map(|(staff, _)| staff.clone())
    });
    assert_eq!(known.await.unwrap(), Some(name("agency")));
}
