//! The embedded Audit Logs API, for tests and demonstrations.
//!
//! [`FakeApi`] plays Slack's Audit Logs API inside your process: seeded, plausible data over every entity type,
//! newest first, inclusive bounds, every filter, cursors, the token check, the error codes of the
//! reference, the Tier 3 rate limit with `Retry-After`, a `Date` by its own clock, events that keep
//! arriving (some of them late), and whatever goes wrong by [script](ScriptedResponse). It is meant for your
//! own tests as much as for those of this crate.
//!
//! It can be used in two ways:
//!
//! * as a transport without any socket: [`FakeApi`] is a [`tower::Service`] for [`http::Request`]s;
//! * over real HTTP/1.1 or HTTP/2 (prior knowledge): [`FakeApi::serve`] listens on the loopback
//!   interface,
//!   [`FakeApi::serve_connection`] speaks over any stream, such as [`tokio::io::duplex`] in a test with a paused clock.
//!
//! ```
//! use slack_audit_logs::fake::{ScriptedResponse, FakeApi};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tower::BoxError> {
//! let api = FakeApi::builder().entries(1_000).seed(7).build();
//! api.script(ScriptedResponse::status(503));
//!
//! let request = || {
//!     http::Request::get("https://api.slack.com/audit/v1/logs?action=user_login&limit=10")
//!         .header("authorization", format!("Bearer {}", FakeApi::TOKEN))
//!         .body(String::new())
//! };
//! assert_eq!(api.clone().oneshot(request()?).await?.status(), 503); // as scripted
//! assert_eq!(api.clone().oneshot(request()?).await?.status(), 200); // the ordinary response
//! assert_eq!(api.requests()[1].param("limit"), Some("10"));
//! # Ok(())
//! # }
//! ```
//!
//! # Where Slack documents nothing
//!
//! Statuses: 404 for `bad_endpoint`, 405 for `method_not_allowed`, 401 for `missing_authentication`
//! and `invalid_authentication`, 429 for `ratelimited`, 400 for `invalid_range`, `invalid_action`,
//! `invalid_cursor`, and for `invalid_arguments` (a `limit` outside 1 to 9999, more than 30
//! actions). A bound that is no integer is an `invalid_range`. The default `limit` is 100. Calls to
//! `/schemas` and `/actions` count against the rate limit. The `entity` filter finds a message by
//! its channel. Other codes come [by script](ScriptedResponse::slack_error).
//!
//! # Time
//!
//! The API's time is its [start](FakeApiBuilder::start_time) plus what tokio's clock has measured
//! since. Under `#[tokio::test(start_paused = true)]` it stands still but for sleeps. Use
//! [`FakeApi::serve_connection`] over a duplex there: the paused clock runs ahead of real sockets.
//!
//! Nothing here is hardened: it is no server for a network.

// In tests a failed unwrap is a failed test; the lint still sees the code outside them.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod body;
mod breakage;
mod builder;
mod clock;
mod endpoints;
mod event;
mod fault;
mod gzip;
mod limiter;
mod request;
mod respond;
mod rng;
mod samples;
mod script;
mod server;
mod store;
mod template;
mod wire;

pub use api::FakeApi;
pub use body::FakeBody;
pub use builder::FakeApiBuilder;
pub use event::{Event, RecordedEvent};
pub use fault::WireFault;
pub use request::RecordedRequest;
pub use script::{ParseScriptError, ScriptedResponse};
pub use server::FakeServer;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Where the API lives on its host, as on `api.slack.com`.
const BASE_PATH: &str = "/audit/v1/";

/// What never changes after building.
#[derive(Clone)]
struct Config {
    token: String,
    latency: Duration,
    default_limit: usize,
    gzip: bool,
    idle_timeout: Option<Duration>,
    seed: u64,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("seed", &self.seed)
            .field("gzip", &self.gzip)
            .finish_non_exhaustive()
    }
}

struct State {
    clock: clock::Clock,
    store: store::Store,
    limiter: Option<limiter::Limiter>,
    script: script::Script,
    requests: Vec<RecordedRequest>,
    request_count: usize,
    token: String,
    connections: u64,
}

/// What all clones of an API have in common.
struct Shared {
    config: Config,
    state: Mutex<State>,
    faults: fault::FaultLog,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
