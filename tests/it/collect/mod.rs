//! The collector: every event exactly once, oldest first, whatever fails.

mod cursor;
mod late;
mod output;
mod place;
mod rounds;
mod running;
mod simulation;
mod state;
