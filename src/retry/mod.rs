//! Retrying failed attempts.

pub(crate) mod retry_after;
