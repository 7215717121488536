//! All integration tests in one binary: one module per promise, helpers in `support`.
#![allow(unreachable_pub)] // a test binary has no callers outside; `pub` says what modules share

#[cfg(feature = "archive")]
mod archive;
#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "collect")]
mod collect;
#[cfg(feature = "collect")]
mod every_event_once;
mod fake;
#[cfg(feature = "client")]
mod http2;
mod layers;
mod model;
#[cfg(feature = "client")]
mod odd_responses;
#[cfg(feature = "client")]
mod pool;
#[cfg(feature = "client")]
mod proxy;
mod retry;
#[cfg(feature = "client")]
mod stalls;
mod stream;
mod stream_faults;
mod support;
mod testing_page;
#[cfg(feature = "client")]
mod tls;
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "client")]
mod wire;
