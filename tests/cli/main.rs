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
mod usage;
