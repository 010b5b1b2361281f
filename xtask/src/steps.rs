//! The steps of `check` and `test`: named, timed, and all of them taken, so that one run shows everything that is wrong.

use crate::{
    console::{self, Colour},
    error::Error,
};
use std::time::{Duration, Instant};

/// The steps taken so far.
#[derive(Debug)]
pub(crate) struct Steps {
    begin: Instant,
    taken: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    took: Duration,
    failed: bool,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self {
            begin: Instant::now(),
            taken: Vec::new(),
        }
    }

    /// Takes a step. Its error is shown at once and remembered for [`Steps::finish`]; None is returned in its place.
    pub(crate) async fn take<T>(
        &mut self,
        name: &'static str,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        console::say(&format!("{name} …"));
        let begin = Instant::now();
        let result = step.await;
        self.taken.push(Step {
            name,
            took: begin.elapsed(),
            failed: result.is_err(),
        });
        result.inspect_err(console::failure).ok()
    }

    /// Prints what each step took, and the total.
    pub(crate) fn print(&self) {
        console::print("");
        for step in &self.taken {
            let (mark, colour) = if step.failed {
                ("failed", Colour::Red)
            } else {
                ("ok", Colour::Green)
            };
            let mark = console::paint(colour, &format!("{mark:>6}"));
            console::print(&format!("{mark} {:>9}  {}", readable(step.took), step.name));
        }
        console::print(&format!(
            "       {:>9}  in total",
            readable(self.begin.elapsed())
        ));
    }

    /// An error that names the steps that failed, if any did.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let failed = self.taken.iter().filter(|step| step.failed);
        let names: Vec<_> = failed.map(|step| step.name.to_owned()).collect();
        if names.is_empty() {
            Ok(())
        } else {
            Err(Error::Steps(names))
        }
    }
}

/// `2m 03s`, `4.2s`.
fn readable(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1}s", time.as_secs_f64())
    } else {
        format!("{}m {:02}s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(readable(Duration::from_millis(4_240)), "4.2s");
        assert_eq!(readable(Duration::from_secs(123)), "2m 03s");
    }

    #[tokio::test]
    async fn a_failed_step_stops_no_other_and_is_named_at_the_end() {
        let mut steps = Steps::begin();
        let failed = steps.take("first", async {
            Err::<(), _>(Error::Steps(vec!["as meant by a test".into()]))
        });
        assert_eq!(failed.await, None);
        assert_eq!(steps.take("second", async { Ok(2) }).await, Some(2));
        let error = steps.finish().expect_err("the first failed");
        assert_eq!(error.to_string(), "this step failed: first");
    }
}
