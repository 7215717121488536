//! The Slack Audit Logs API as typed `tower` services, composable layers, streams and an exactly-once collector.

#[cfg(feature = "fake")]
pub mod fake;
pub mod model;
