//! Ports, and who has taken one that is not free.

use crate::error::Error;
use std::net::{Ipv4Addr, TcpListener};

/// A port and what it is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    pub(super) number: u16,
    pub(super) needed_by: &'static str,
    pub(super) purpose: &'static str,
}

/// An error that names the first port that is taken, who needs it, and who has it.
pub(super) fn all_free(ports: &[Port]) -> Result<(), Error> {
    ports.iter().copied().try_for_each(is_free)
}

fn is_free(port: Port) -> Result<(), Error> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port.number)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(Error::PortTaken {
            port: port.number,
            needed_by: port.needed_by,
            holder: holder::of(port.number),
        }),
        Err(source) => Err(Error::io(
            format!("listen on 127.0.0.1:{}", port.number),
            source,
        )),
    }
}

/// Who listens on a port, as Linux tells in /proc. Elsewhere, and of other users' processes, nobody knows.
mod holder {
    use std::{fs, path::Path};

    /// "nats-server (process 1234)".
    pub(super) fn of(port: u16) -> Option<String> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
        let socket = tables
            .iter()
            .flatten()
            .find_map(|table| socket(table, port))?;
        let owner = format!("socket:[{socket}]");
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let mut holders = processes.filter_map(|process| {
            let id: u32 = process.file_name().to_str()?.parse().ok()?;
            holds(&process.path(), &owner).then_some((id, process.path()))
        });
        let (id, process) = holders.next()?;
        let name = fs::read_to_string(process.join("comm")).ok()?;
        Some(format!("{} (process {id})", name.trim()))
    }

    /// The socket that listens on the port, in a table of /proc/net: `sl local_address rem_address st … inode`.
    pub(super) fn socket(table: &str, port: u16) -> Option<&str> {
        const LISTENING: &str = "0A";
        let port = format!(":{port:04X}");
        table.lines().find_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let here = fields.get(1)?.ends_with(&port) && *fields.get(3)? == LISTENING;
            if here { fields.get(9).copied() } else { None }
        })
    }

    fn holds(process: &Path, socket: &str) -> bool {
        let Ok(files) = fs::read_dir(process.join("fd")) else {
            return false;
        };
        let mut links = files
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok());
        links.any(|link| link.as_os_str() == socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(number: u16) -> Port {
        Port {
            number,
            needed_by: "this test",
            purpose: "a test",
        }
    }

    #[test]
    fn a_taken_port_is_named_with_who_needs_it() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let number = listener.local_addr().expect("an address").port();
        let error = is_free(port(number)).expect_err("it is taken").to_string();
        assert!(error.contains(&format!("port {number}")), "{error}");
        assert!(error.contains("this test needs it"), "{error}");
        #[cfg(target_os = "linux")]
        assert!(
            error.contains(&format!("process {}", std::process::id())),
            "{error}"
        );
    }

    #[test]
    fn the_listening_socket_is_found_in_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 111 1\n\
            1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1\n";
        assert_eq!(holder::socket(table, 8080), Some("222"));
        assert_eq!(holder::socket(table, 8081), None);
    }
}
