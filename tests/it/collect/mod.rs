//! The collector: every event exactly once, oldest first.

mod counts;
mod ends;
mod metrics;
mod output;
mod simulation;
mod troubles;
