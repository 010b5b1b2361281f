//! Rules told by examples, in memory and on the server; and the files of what was stored once.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jetstream_es::scenario::{Scenario, Stage, given};
use jetstream_es::{Decide, StreamSpec, golden};
use serde::Serialize;

use crate::bank::{Accounts, Booked, Overdrawn, deposited, withdrawn};

/// The command to withdraw.
#[derive(Debug, Serialize)]
struct Withdraw {
    account: u32,
    amount: u32,
}

/// What the account may be overdrawn by, which is decided elsewhere.
#[derive(Debug, Default)]
struct Credit(u32);

impl Decide<Accounts> for Withdraw {
    type Context = Credit;
    type Refusal = Overdrawn;

    fn boundary(&self) -> u32 {
        self.account
    }

    fn decide(&self, balance: &i64, Credit(limit): &Credit) -> Result<Vec<Booked>, Overdrawn> {
        if self.amount == 0 {
            return Ok(Vec::new());
        }
        if balance + i64::from(*limit) < i64::from(self.amount) {
            return Err(Overdrawn(*balance));
        }
        Ok(vec![withdrawn(self.account, self.amount)])
    }
}

fn withdraw(amount: u32) -> Withdraw {
    Withdraw { account: 1, amount }
}

fn scenarios() -> Vec<Scenario<Accounts, Withdraw>> {
    let fifty = || given::<Accounts>([deposited(1, 20), deposited(1, 30)]);
    vec![
        fifty()
            .knowing(Credit(0))
            .when(withdraw(50))
            .then([withdrawn(1, 50)]),
        fifty()
            .knowing(Credit(0))
            .when(withdraw(51))
            .then_refused(Overdrawn(50)),
        fifty()
            .knowing(Credit(1))
            .when(withdraw(51))
            .then([withdrawn(1, 51)]),
        fifty()
            .and_together([withdrawn(1, 1), withdrawn(1, 2)])
            .knowing(Credit(0))
            .when(withdraw(50))
            .then_refused(Overdrawn(47)),
        given([])
            .knowing(Credit(9))
            .when(withdraw(0))
            .then_nothing(),
    ]
}

#[tokio::test]
async fn the_same_examples_hold_in_memory_and_on_the_server() {
    let stage = Stage::open(StreamSpec::events("accounts", ["account.>"])).await;
    for scenario in scenarios() {
        scenario.play();
        stage.play(&scenario).await;
    }
}

#[test]
fn an_example_that_does_not_hold_says_what_happened_instead() {
    let wrong = given::<Accounts>([deposited(1, 20)])
        .knowing(Credit(0))
        .when(withdraw(21))
        .then([withdrawn(1, 21)]);
    let end = catch_unwind(AssertUnwindSafe(|| wrong.play())).unwrap_err();
    let told = end.downcast_ref::<String>().unwrap();
    assert_eq!(
        told,
        "something else happened in memory

given
    bank.deposited.v2
      account: 1
      amount: 20
when
    Withdraw
      account: 1
      amount: 21
then (- expected, + happened)
  - bank.withdrawn.v1
  -   account: 1
  -   amount: 21
  + refused
  +   20
"
    );
    let elsewhere = given::<Accounts>([deposited(2, 20)])
        .knowing(Credit(0))
        .when(withdraw(21))
        .then_nothing();
    assert!(catch_unwind(AssertUnwindSafe(|| elsewhere.play())).is_err());
}

#[test]
fn what_was_stored_once_is_read_for_ever() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let events = golden::check::<Accounts>(folder);
    let events: Vec<Booked> = events.into_iter().map(|(_, event)| event.event).collect();
    assert_eq!(events, [deposited(7, 70), deposited(7, 5), withdrawn(7, 3)]);
}

#[test]
fn a_golden_file_that_lacks_or_is_written_otherwise_is_told() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let copy = tempfile::tempdir().unwrap();
    let told = |panics: bool| {
        let end = catch_unwind(|| golden::check::<Accounts>(copy.path()).len());
        assert_eq!(end.is_err(), panics);
        end.err()
            .map(|end| end.downcast_ref::<String>().unwrap().clone())
            .unwrap_or_default()
    };
    for name in ["bank.deposited.v1", "bank.deposited.v2"] {
        let file = format!("{name}.json");
        fs::copy(format!("{golden}/{file}"), copy.path().join(file)).unwrap();
    }
    assert!(told(true).contains("no golden file"));
    let last = "bank.withdrawn.v1.json";
    let text = fs::read_to_string(format!("{golden}/{last}")).unwrap();
    // As if a member had been dropped from the type without a new version.
    let more = text.replace(r#""amount":3"#, r#""amount":3,"teller":"Ada""#);
    fs::write(copy.path().join(last), more).unwrap();
    assert!(told(true).contains("would be written otherwise"));
    fs::write(copy.path().join(last), "{").unwrap();
    assert!(told(true).contains("is not read any more"));
    fs::write(copy.path().join(last), text).unwrap();
    told(false);
}
