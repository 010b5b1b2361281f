//! The processes that this command started. Each leads a process group of its own, so Ctrl-C in the terminal reaches
//! xtask alone, which then ends them in the reverse of the order in which they came: each with all its descendants,
//! gracefully first. Whatever way the command ends, nobody of the family is left behind.

use crate::error::Error;
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid},
};
use std::{cell::RefCell, collections::VecDeque, path::Path, process::ExitStatus, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    time::{Instant, sleep},
};

/// How long a process may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How often a condition is looked at that nobody announces.
const GLANCE: Duration = Duration::from_millis(20);
/// How many lines are kept to be shown when a process fails.
const LAST_LINES: usize = 25;

/// The process groups that are alive, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Family {
    groups: RefCell<Vec<Pid>>,
}

impl Family {
    /// Starts the command at the head of a process group of its own.
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Member<'_>, Error> {
        let program = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let failed = |source| Error::Start {
            program: program.clone(),
            source,
        };
        let child = command.process_group(0).spawn().map_err(failed)?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
            .ok_or_else(|| failed(std::io::Error::other("it has no process id")))?;
        self.groups.borrow_mut().push(group);
        Ok(Member {
            family: self,
            child,
            group,
        })
    }

    /// Runs the command to its end, its output passed on as it is.
    pub(crate) async fn run(&self, command: &mut Command) -> Result<(), Error> {
        let status = self.spawn(command)?.wait().await?;
        successful(command, status, Vec::new())
    }

    /// Runs the command to its end and hands each line of its output to `see`. The last lines go with the error.
    pub(crate) async fn watch(
        &self,
        command: &mut Command,
        mut see: impl FnMut(&str),
    ) -> Result<(), Error> {
        let mut member = self.spawn(piped(command))?;
        let mut lines = member.lines();
        let mut tail = Tail::default();
        let all_lines = async {
            while let Some(line) = lines.recv().await {
                see(&line);
                tail.push(line);
            }
        };
        let (status, ()) = tokio::join!(member.wait(), all_lines);
        successful(command, status?, tail.into_lines())
    }

    /// Ends everybody who is left: asks, waits, and kills who has not gone after ten seconds.
    pub(crate) async fn end(&self) {
        adopt_orphans();
        loop {
            let Some(group) = self.groups.borrow().last().copied() else {
                return;
            };
            for signal in [Signal::TERM, Signal::KILL] {
                send(group, signal);
                let deadline = Instant::now() + GRACE;
                while is_alive(group) && Instant::now() < deadline {
                    sleep(GLANCE).await;
                }
                if !is_alive(group) {
                    break;
                }
            }
            self.forget(group);
        }
    }

    fn forget(&self, group: Pid) {
        self.groups.borrow_mut().retain(|known| *known != group);
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        for group in self.groups.get_mut().drain(..).rev() {
            send(group, Signal::KILL);
        }
    }
}

/// One started process with its descendants.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    family: &'a Family,
    child: Child,
    group: Pid,
}

impl Member<'_> {
    /// Waits for its end. Descendants that it leaves behind end with it. Safe to cancel and to call again.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus, Error> {
        let status = self
            .child
            .wait()
            .await
            .map_err(|source| Error::io("wait for a process", source))?;
        // Only the first time: later the operating system may have given the id to somebody else.
        if self.family.groups.borrow().contains(&self.group) {
            send(self.group, Signal::KILL);
            self.family.forget(self.group);
        }
        Ok(status)
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn end(mut self) -> Result<(), Error> {
        send(self.group, Signal::TERM);
        self.wait().await.map(drop)
    }

    /// The lines of its output and of its errors as they come. Ends when both are closed.
    pub(crate) fn lines(&mut self) -> mpsc::Receiver<String> {
        let (sender, receiver) = mpsc::channel(256);
        if let Some(stdout) = self.child.stdout.take() {
            tokio::spawn(read_lines(stdout, sender.clone()));
        }
        if let Some(stderr) = self.child.stderr.take() {
            tokio::spawn(read_lines(stderr, sender));
        }
        receiver
    }
}

/// Has the command's output and errors read by [`Member::lines`].
pub(crate) fn piped(command: &mut Command) -> &mut Command {
    use std::process::Stdio;
    command.stdout(Stdio::piped()).stderr(Stdio::piped())
}

/// A carriage return ends a line too, at once: that is how progress bars are written.
async fn read_lines(stream: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    // A pipe that cannot be read is as good as closed: its owner's exit status tells the rest.
    while let Ok(bytes) = stream.fill_buf().await {
        if bytes.is_empty() {
            break;
        }
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        stream.consume(used);
        if end.is_some() {
            let text = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            if lines.send(text).await.is_err() {
                return;
            }
        }
    }
    if !line.is_empty() {
        // Nobody left to read it is no error either.
        _ = lines
            .send(String::from_utf8_lossy(&line).into_owned())
            .await;
    }
}

/// The last lines of an output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail(VecDeque<String>);

impl Tail {
    pub(crate) fn push(&mut self, line: String) {
        if line.trim().is_empty() {
            return;
        }
        if self.0.len() == LAST_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.0.into()
    }
}

fn successful(command: &Command, status: ExitStatus, last_lines: Vec<String>) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    let command = command.as_std();
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    Err(Error::Failed {
        command: format!("`{}`", words.join(" ")),
        status,
        last_lines,
    })
}

/// Whether there was somebody to send it to.
fn send(group: Pid, signal: Signal) -> bool {
    kill_process_group(group, signal) != Err(Errno::SRCH)
}

/// Has descendants that lose their parent become children of this process, which can then tell the dead among them from
/// the living. The system's first process might leave the dead in their group for long, in a container even for ever.
/// Only now that everybody ends: before, this process would have to bury others' orphans as promptly as that one.
fn adopt_orphans() {
    // Where this is refused, ending may take longer, no more.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Whether any of the group still runs. Buries its dead, who would count otherwise.
fn is_alive(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    test_kill_process_group(group) != Err(Errno::SRCH)
}

#[cfg(test)]
mod tests;
