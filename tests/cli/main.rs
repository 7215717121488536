//! The command `slack-audit-logs` as a process, over the embedded API.

mod catalog;
mod check;
mod collect;
mod fake;
mod filters;
mod from;
#[cfg(target_os = "linux")]
mod login;
mod logs;
mod operate;
mod output;
mod signals;
mod stats;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod times;
#[allow(dead_code, unreachable_pub)] // shared with the library's tests, which use all of it
#[path = "../it/support/tls.rs"]
mod tls;
mod usage;
