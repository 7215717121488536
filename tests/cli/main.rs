//! The command `slack-audit-logs` as a process, over the embedded API.

mod catalog;
mod check;
mod collect;
mod fake;
mod logs;
mod signals;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
#[allow(dead_code, unreachable_pub)] // shared with the library's tests, which use all of it
#[path = "../it/support/tls.rs"]
mod tls;
mod usage;
