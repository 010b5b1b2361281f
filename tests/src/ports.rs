//! Port numbers that no other test takes.
//!
//! A server that restarts on its port, and a configuration that names the port before anybody listens on it, need
//! more than a port that happens to be free at one moment. So a number is leased: by a lock on a file of that name,
//! which holds between the tests of a process as well as between processes, and which the operating system gives back
//! when its holder dies. The numbers lie below those that systems hand out for outgoing connections.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

const RANGE: Range<u16> = 20_000..30_000;

/// A port of 127.0.0.1 that is this test's own until the lease is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// # Panics
    /// When all ports are leased or in use.
    pub fn lease() -> Self {
        let folder = std::env::temp_dir().join("vacancy-ports");
        fs::create_dir_all(&folder).expect("a folder for the port locks");
        // Processes that begin in different places rarely try for the same port.
        let count = u32::from(RANGE.end - RANGE.start);
        let first = std::process::id().wrapping_mul(61) % count;
        (0..count)
            .map(|step| RANGE.start + u16::try_from((first + step) % count).expect("below 10,000"))
            .find_map(|number| {
                let lock = File::create(folder.join(number.to_string())).ok()?;
                lock.try_lock().ok()?;
                TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
                Some(Self {
                    number,
                    _lock: lock,
                })
            })
            .expect("a free port from 20000 to 29999")
    }

    pub fn number(&self) -> u16 {
        self.number
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.number)
    }
}
