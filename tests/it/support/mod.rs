//! Helpers that several test modules share.

pub mod capture;
pub(crate) mod pages;
pub mod over_duplex;
pub mod script;
