//! Helpers that several test modules share.

pub mod capture;
#[cfg(feature = "collect")]
pub mod chaos;
#[cfg(feature = "collect")]
pub mod collect;
pub mod over_duplex;
pub(crate) mod pages;
#[cfg(feature = "client")]
pub mod proxy;
#[cfg(feature = "client")]
pub mod raw_http2;
pub mod script;
#[cfg(feature = "collect")]
pub mod slack;
#[cfg(feature = "client")]
pub mod tls;
