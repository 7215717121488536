//! The embedded Audit Logs API.
