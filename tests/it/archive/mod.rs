//! The archive: every event exactly once on object storage, whatever fails and whoever writes.

mod opening;
mod simulation;
mod support;
