//! What runs until Ctrl-C. Whoever waits for one of the services notices at once when any of them ends.

use super::http::{self, Trust};
use crate::{
    Context,
    console::{self, Colour},
    error::Error,
    family::{Member, Tail, piped},
};
use futures_util::future::select_all;
use std::{
    fmt, io,
    net::Ipv4Addr,
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    process::Command,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// How often somebody is asked whether he is ready.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Between the end of a process and the last of its words in the pipe.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// A process whose lines go to the log, after its name.
#[derive(Debug)]
pub(super) struct Service<'a> {
    name: &'static str,
    member: Member<'a>,
    tail: Arc<Mutex<Tail>>,
    log: JoinHandle<()>,
}

impl<'a> Service<'a> {
    pub(super) fn start(
        context: &'a Context,
        name: &'static str,
        colour: Colour,
        command: &mut Command,
    ) -> Result<Self, Error> {
        let mut member = context.family.spawn(piped(command))?;
        let mut lines = member.lines();
        let tail = Arc::new(Mutex::new(Tail::default()));
        let kept = Arc::clone(&tail);
        let log = tokio::spawn(async move {
            while let Some(line) = lines.recv().await {
                console::log(name, colour, &line);
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        Ok(Self {
            name,
            member,
            tail,
            log,
        })
    }

    /// Waits for its end. Safe to cancel.
    async fn ended(&mut self) -> Result<ExitStatus, Error> {
        let status = self.member.wait().await?;
        if !self.log.is_finished() {
            // If that takes longer, somebody else has the pipe open, and will not say more of this service.
            _ = timeout(LAST_WORDS_WITHIN, &mut self.log).await;
        }
        Ok(status)
    }

    fn last_lines(&self) -> Vec<String> {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.clone().into_lines()
    }
}

/// When a service counts as ready.
#[derive(Clone, Debug)]
pub(super) struct Readiness {
    pub(super) port: u16,
    pub(super) sign: Sign,
    /// By what it is recognised when it speaks TLS.
    pub(super) trust: Option<Trust>,
    pub(super) within: Duration,
    /// The answer after which there is no point in asking again.
    pub(super) hopeless: Option<u16>,
}

/// What it does on its port of 127.0.0.1 when it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign {
    /// It answers `GET` of this path with a success.
    Answers(&'static str),
    /// It greets whoever connects, unasked, as nats-server does.
    Greets,
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sign::Answers(path) = self.sign else {
            return write!(f, "127.0.0.1:{}", self.port);
        };
        let scheme = if self.trust.is_some() {
            "https"
        } else {
            "http"
        };
        write!(f, "{scheme}://127.0.0.1:{}{}", self.port, path)
    }
}

/// Those that run, oldest first.
#[derive(Debug, Default)]
pub(super) struct Services<'a> {
    running: Vec<Service<'a>>,
}

impl<'a> Services<'a> {
    /// Adds a started service and returns when it is ready.
    pub(super) async fn add(
        &mut self,
        service: Service<'a>,
        readiness: Readiness,
    ) -> Result<(), Error> {
        let name = service.name;
        let begin = Instant::now();
        self.running.push(service);
        let last_answer = tokio::select! {
            outcome = ready(&readiness) => match outcome {
                Ok(()) => return Ok(()),
                Err(last_answer) => last_answer,
            },
            error = self.first_to_end() => return Err(error),
        };
        Err(Error::NotReady {
            service: name,
            address: readiness.to_string(),
            last_answer,
            after: begin.elapsed(),
            last_lines: self
                .running
                .last()
                .map(Service::last_lines)
                .unwrap_or_default(),
        })
    }

    /// Runs something that ends by itself, while the others run.
    pub(super) async fn run(&mut self, mut task: Service<'a>) -> Result<(), Error> {
        let status = tokio::select! {
            status = task.ended() => status?,
            error = self.first_to_end() => return Err(error),
        };
        if status.success() {
            return Ok(());
        }
        Err(Error::Failed {
            command: task.name.to_owned(),
            status,
            last_lines: task.last_lines(),
        })
    }

    /// Returns when one of them ends, with the error that names it.
    pub(super) async fn first_to_end(&mut self) -> Error {
        let ends = self
            .running
            .iter_mut()
            .map(|service| Box::pin(service.ended()));
        let (status, which, _) = select_all(ends).await;
        match status {
            Err(error) => error,
            Ok(status) => Error::Died {
                service: self.running[which].name,
                status,
                last_lines: self.running[which].last_lines(),
            },
        }
    }
}

/// Asks until the answer is a success. When time is up or hope is gone, what the last answer was.
async fn ready(readiness: &Readiness) -> Result<(), String> {
    let deadline = Instant::now() + readiness.within;
    loop {
        let answer = match timeout(ANSWER_WITHIN, ask(readiness)).await {
            Ok(Ok(None | Some(200..300))) => return Ok(()),
            Ok(Ok(Some(code))) if readiness.hopeless == Some(code) => {
                return Err(format!("answers {code}"));
            }
            Ok(Ok(Some(code))) => format!("answers {code}"),
            Ok(Err(error)) => format!("cannot be reached: {error}"),
            Err(_) => format!("does not answer within {} seconds", ANSWER_WITHIN.as_secs()),
        };
        if Instant::now() >= deadline {
            return Err(answer);
        }
        sleep(ASK_EVERY).await;
    }
}

/// The status code of the answer; a greeting has none.
async fn ask(readiness: &Readiness) -> io::Result<Option<u16>> {
    let port = readiness.port;
    match readiness.sign {
        Sign::Answers(path) => {
            let status = http::status(port, path, readiness.trust.as_ref());
            status.await.map(Some)
        }
        Sign::Greets => {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            stream.read_u8().await.map(|_| None)
        }
    }
}

#[cfg(test)]
mod tests;
