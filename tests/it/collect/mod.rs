//! The collector: every event exactly once, oldest first.

mod counts;
mod simulation;
