//! Helpers that several test modules share.

pub mod capture;
#[cfg(feature = "collect")]
pub mod collect;
pub mod over_duplex;
pub(crate) mod pages;
pub mod script;
