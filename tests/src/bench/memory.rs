//! How much memory a process has, as Linux counts it.

use std::fs;

/// What a process has in memory at this moment, in KiB.
pub(super) fn resident(process: u32) -> f64 {
    field(process, "VmRSS")
}

/// The most that a process has had in memory, in KiB.
pub(super) fn peak(process: u32) -> f64 {
    field(process, "VmHWM")
}

/// Begins anew with the peak of this process.
pub(super) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
}

fn field(process: u32, name: &str) -> f64 {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).expect("Linux");
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kib.unwrap_or_else(|| panic!("no {name} in {path}"))
}
