//! Helpers that several test modules share.

pub mod capture;
pub mod over_duplex;
pub(crate) mod pages;
#[cfg(feature = "client")]
pub mod proxy;
pub mod script;
pub(crate) mod model;
pub(crate) mod model_probes;
#[cfg(feature = "client")]
pub mod tls;
