//! The state machine of a circuit breaker. It has no clock and no storage.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::cloud_event::rfc3339;

/// When a destination is left alone, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// After how many failures in a row, at least one.
    pub failures: u32,
    /// For how long.
    pub pause: Duration,
    /// How long a trial may take before another one may begin.
    pub trial: Duration,
}

impl Default for BreakerPolicy {
    /// After five failures in a row, for 30 seconds; a trial may take as long.
    fn default() -> Self {
        Self {
            failures: 5,
            pause: Duration::from_secs(30),
            trial: Duration::from_secs(30),
        }
    }
}

/// What is known of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Circuit {
    /// It is called.
    Closed {
        /// How many of the last calls failed in a row.
        failures: u32,
    },
    /// It is left alone.
    Open {
        /// Until then.
        #[serde(with = "rfc3339")]
        until: SystemTime,
    },
    /// One call tries whether it is back.
    HalfOpen {
        /// Which call.
        trial: String,
        /// If it has not ended by then, it is taken for lost.
        #[serde(with = "rfc3339")]
        until: SystemTime,
    },
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Whether a call may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Call,
    /// Yes, if this state can be stored: the call is the trial.
    Try(Circuit),
    /// Not for that long.
    Wait(Duration),
}

/// The permission for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass {
    /// One of many.
    Free,
    /// The one that tries whether the destination is back.
    Trial(String),
}

impl Circuit {
    /// Whether a call may be made; if it becomes a trial, it has this name.
    pub fn ask(&self, now: SystemTime, policy: &BreakerPolicy, trial: &str) -> Answer {
        match self {
            Self::Closed { .. } => Answer::Call,
            Self::Open { until } | Self::HalfOpen { until, .. } => {
                match until.duration_since(now) {
                    Ok(wait) if !wait.is_zero() => Answer::Wait(wait),
                    _ => Answer::Try(Self::HalfOpen {
                        trial: trial.to_owned(),
                        until: now + policy.trial,
                    }),
                }
            }
        }
    }

    /// The state after a call; `None` if it says nothing new. A call that began before the destination was left alone says
    /// nothing about whether it is back.
    pub fn ended(
        &self,
        pass: &Pass,
        succeeded: bool,
        now: SystemTime,
        policy: &BreakerPolicy,
    ) -> Option<Self> {
        let open = || Self::Open {
            until: now + policy.pause,
        };
        match (self, pass) {
            (Self::Closed { failures: 0 }, Pass::Free) if succeeded => None,
            (Self::Closed { .. }, Pass::Free) if succeeded => Some(Self::default()),
            (Self::Closed { failures }, Pass::Free) => {
                let failures = failures.saturating_add(1);
                Some(if failures >= policy.failures {
                    open()
                } else {
                    Self::Closed { failures }
                })
            }
            (Self::HalfOpen { trial, .. }, Pass::Trial(ended)) if trial == ended => {
                Some(if succeeded { Self::default() } else { open() })
            }
            _ => None,
        }
    }

    /// The state after a pass was given back, with nothing learned about the destination; `None` if that changes nothing.
    pub fn given_back(&self, pass: &Pass, now: SystemTime) -> Option<Self> {
        match (self, pass) {
            (Self::HalfOpen { trial, .. }, Pass::Trial(given)) if trial == given => {
                Some(Self::Open { until: now })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 3,
        pause: Duration::from_secs(30),
        trial: Duration::from_secs(10),
    };

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn seconds(seconds: u64) -> Answer {
        Answer::Wait(Duration::from_secs(seconds))
    }

    /// The circuit after a call that had this pass.
    fn after(circuit: Circuit, pass: &Pass, succeeded: bool, second: u64) -> Circuit {
        let next = circuit.ended(pass, succeeded, at(second), &POLICY);
        next.unwrap_or(circuit)
    }

    fn opened() -> Circuit {
        (0..3).fold(Circuit::default(), |circuit, second| {
            assert_eq!(circuit.ask(at(second), &POLICY, "t"), Answer::Call);
            after(circuit, &Pass::Free, false, second)
        })
    }

    fn half_open(second: u64, trial: &str) -> Circuit {
        match opened().ask(at(second), &POLICY, trial) {
            Answer::Try(circuit) => circuit,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row() {
        assert_eq!(opened(), Circuit::Open { until: at(32) });
        let mut circuit = Circuit::default();
        for second in 0..20 {
            // Every third call succeeds.
            circuit = after(circuit, &Pass::Free, second % 3 == 2, second);
            assert!(matches!(circuit, Circuit::Closed { .. }), "{circuit:?}");
        }
    }

    #[test]
    fn while_it_is_open_nobody_calls_and_then_one_tries() {
        assert_eq!(opened().ask(at(2), &POLICY, "a"), seconds(30));
        assert_eq!(opened().ask(at(31), &POLICY, "a"), seconds(1));
        let circuit = half_open(32, "a");
        assert_eq!(circuit.ask(at(33), &POLICY, "b"), seconds(9));
        let a = Pass::Trial("a".to_owned());
        assert_eq!(after(circuit.clone(), &a, true, 34), Circuit::default());
        let failed = Circuit::Open { until: at(64) };
        assert_eq!(after(circuit, &a, false, 34), failed);
    }

    #[test]
    fn a_trial_that_is_lost_makes_room_for_another() {
        let circuit = half_open(32, "a");
        let Answer::Try(circuit) = circuit.ask(at(42), &POLICY, "b") else {
            panic!("{circuit:?}");
        };
        // The lost one ends after all, and is not believed.
        let a = Pass::Trial("a".to_owned());
        assert_eq!(circuit.ended(&a, true, at(43), &POLICY), None);
        let b = Pass::Trial("b".to_owned());
        assert_eq!(after(circuit, &b, true, 44), Circuit::default());
    }

    #[test]
    fn a_trial_that_is_given_back_makes_the_next_call_the_trial() {
        let (a, b) = (Pass::Trial("a".to_owned()), Pass::Trial("b".to_owned()));
        let circuit = half_open(32, "a");
        assert_eq!(circuit.given_back(&b, at(33)), None);
        let circuit = circuit.given_back(&a, at(33)).unwrap();
        let Answer::Try(circuit) = circuit.ask(at(33), &POLICY, "b") else {
            panic!("{circuit:?}");
        };
        assert_eq!(after(circuit, &b, true, 34), Circuit::default());
        assert_eq!(Circuit::default().given_back(&Pass::Free, at(1)), None);
    }

    #[test]
    fn a_call_from_before_says_nothing_about_later() {
        for succeeded in [true, false] {
            for circuit in [opened(), half_open(32, "a")] {
                assert_eq!(circuit.ended(&Pass::Free, succeeded, at(33), &POLICY), None);
            }
        }
    }

    #[test]
    fn it_is_stored_as_json() {
        for (circuit, json) in [
            (Circuit::default(), r#"{"state":"closed","failures":0}"#),
            (
                opened(),
                r#"{"state":"open","until":"1970-01-01T00:00:32.000Z"}"#,
            ),
            (
                half_open(32, "a"),
                r#"{"state":"half-open","trial":"a","until":"1970-01-01T00:00:42.000Z"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&circuit).unwrap(), json);
            assert_eq!(serde_json::from_str::<Circuit>(json).unwrap(), circuit);
        }
    }
}
