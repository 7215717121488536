//! `AuditLogsClient`: the whole stack, end to end.

mod assertions;
mod build;
mod calls;
mod secrets;
