//! Child processes that end with the test, however it ends.
//!
//! Each child leads a process group of its own, which is killed when its [`Process`] is dropped, after a panic too.
//! For the case that nothing is dropped, because the test itself is killed, a warden waits beside it: a shell that
//! reads from a pipe whose other end the test holds, and kills the group when the pipe closes without a word.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::wait;

/// What the warden runs; its first argument is the group.
const WARDEN: &str = r#"read -r _ || kill -s KILL -- "-$1""#;

/// A running child with its group, and the file it logs to.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    warden: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`. What it prints is appended to the file `log`, and shown when the test fails.
    pub fn start(name: &'static str, mut command: Command, log: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(log);
        let file = file.unwrap_or_else(|error| panic!("the log {}: {error}", log.display()));
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle of the log"))
            .stderr(file)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start ({command:?}): {error}"));
        let warden = Command::new("sh")
            .args(["-c", WARDEN, "warden", &child.id().to_string()])
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a shell");
        Self {
            name,
            child,
            warden,
            log: log.to_owned(),
        }
    }

    /// The number by which the operating system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails when the process has ended by itself; for use while waiting for something that it should do.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().expect("the state of a child") {
            panic!("{} ended by itself: {status}", self.name);
        }
    }

    /// Asks the process to end (SIGTERM) and waits until it has.
    pub async fn terminate(mut self) -> ExitStatus {
        // An error means that it has just ended by itself; the wait below tells how.
        rustix::process::kill_process(self.pid(), Signal::TERM).ok();
        let what = format!("{} to end after SIGTERM", self.name);
        wait::until(&what, async || {
            self.child.try_wait().expect("the state of a child")
        })
        .await
    }

    /// Halts the process with its children, as a machine does that is too busy (SIGSTOP).
    pub fn pause(&self) {
        rustix::process::kill_process_group(self.pid(), Signal::STOP).expect("a running process");
    }

    /// Lets a halted process go on (SIGCONT).
    pub fn resume(&self) {
        rustix::process::kill_process_group(self.pid(), Signal::CONT).expect("a halted process");
    }

    /// Ends the process without a chance to tidy up (SIGKILL).
    pub fn kill(mut self) {
        let status = self.end_group();
        assert_eq!(
            status.signal(),
            Some(9),
            "{} had ended before it was killed: {status}",
            self.name
        );
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn end_group(&mut self) -> ExitStatus {
        // An error means that nobody of the group is left.
        rustix::process::kill_process_group(self.pid(), Signal::KILL).ok();
        self.child.wait().expect("a child that can be waited for")
    }

    /// Waits until the grandchildren are gone too: they may still be writing into a folder that is about to go.
    fn await_group(&self) {
        let start = Instant::now();
        while rustix::process::test_kill_process_group(self.pid()).is_ok()
            && start.elapsed() < Duration::from_secs(5)
        {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends the warden home.
    fn dismiss_warden(&mut self) {
        if let Some(mut pipe) = self.warden.stdin.take() {
            // An error means that the warden has been killed by somebody else: then it is dismissed already.
            writeln!(pipe).ok();
        }
        self.warden.wait().expect("a child that can be waited for");
    }

    fn show_log(&self) {
        const LINES: usize = 60;
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(LINES)..];
        eprintln!("---- the last lines of {}:", self.name);
        for line in tail {
            eprintln!("{line}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end_group();
        self.await_group();
        self.dismiss_warden();
        if thread::panicking() {
            self.show_log();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process with a child of its own, whose id it logs.
    fn family(folder: &Path) -> (Process, Pid) {
        let log = folder.join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & echo $!; wait"]);
        let process = Process::start("a family", command, &log);
        let start = Instant::now();
        loop {
            let text = fs::read_to_string(&log).unwrap();
            if let Ok(id) = text.trim().parse() {
                return (process, Pid::from_raw(id).unwrap());
            }
            assert!(start.elapsed() < wait::DEADLINE, "the log says {text:?}");
            thread::yield_now();
        }
    }

    fn assert_ends(id: Pid) {
        let start = Instant::now();
        while rustix::process::test_kill_process(id).is_ok() {
            assert!(start.elapsed() < wait::DEADLINE, "{id:?} goes on");
            thread::yield_now();
        }
    }

    #[test]
    fn a_process_ends_with_its_children_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (process, grandchild) = family(folder.path());
        drop(process);
        assert_ends(grandchild);
    }

    #[test]
    fn a_process_ends_with_its_children_when_the_test_is_gone_without_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let (mut process, grandchild) = family(folder.path());
        // The operating system closes the pipe when it ends the test's process.
        drop(process.warden.stdin.take());
        assert_ends(grandchild);
    }
}
