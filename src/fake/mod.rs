//! The embedded Audit Logs API, for tests and demonstrations.
//!
//! [`FakeApi`] plays Slack's Audit Logs API inside your process. It is meant for your own tests as
//! much as for those of this crate, and it is used in three ways.
//!
//! **As a transport without a socket**: it is a [`tower::Service`] for [`http::Request`]s, so it
//! stands in for the HTTP client below any stack of layers.
//!
//! ```
//! use slack_audit_logs::fake::FakeApi;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tower::BoxError> {
//! let api = FakeApi::builder().entries(1_000).seed(7).build();
//! let request = http::Request::get("https://api.slack.com/audit/v1/logs?limit=10")
//!     .header("authorization", format!("Bearer {}", FakeApi::TOKEN))
//!     .body(String::new())?;
//! assert_eq!(api.clone().oneshot(request).await?.status(), 200);
//! assert_eq!(api.requests()[0].param("limit"), Some("10"));
//! # Ok(())
//! # }
//! ```
//!
//! **On a loopback port**, over HTTP/1.1 or HTTP/2 (prior knowledge), for clients in any language:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use slack_audit_logs::fake::FakeApi;
//!
//! let server = FakeApi::new().serve().await?;
//! println!("{} with the token {}", server.base_url(), FakeApi::TOKEN);
//! # Ok(())
//! # }
//! ```
//!
//! **With a script of what goes wrong**, in either way; [`ScriptedResponse`] has the list:
//!
//! ```
//! use std::time::Duration;
//! use slack_audit_logs::fake::{Event, FakeApi, ScriptedResponse, WireFault};
//!
//! const NOW: i64 = 1_700_000_000;
//! let api = FakeApi::builder().start_time(NOW).entries(0).without_rate_limit().build();
//! // An event of ten minutes ago that only appears in an hour.
//! api.push(Event::new("late", NOW - 600, "user_login"), NOW + 3600);
//! api.script(ScriptedResponse::rate_limited(30));                        // the first request
//! api.script(ScriptedResponse::fault(WireFault::ResetInBody));           // the second
//! api.script(ScriptedResponse::json(&serde_json::json!({})));            // JSON, but not a page
//! api.script(ScriptedResponse::status(403).body("<html>blocked</html>"));
//! api.script(ScriptedResponse::ordinary().date_offset(-86_400).times(5)); // a clock that is wrong
//! api.script(ScriptedResponse::ordinary().delay(Duration::from_secs(90)));
//! api.script(ScriptedResponse::empty_page().forever());
//! // Afterwards: what was asked and when, what went wrong, and all events there are.
//! let (_, _, _) = (api.requests(), api.faults_fired(), api.record());
//! ```
//!
//! # What it does as Slack does
//!
//! * `/logs`, newest first, whole seconds, `oldest` and `latest` inclusive, every filter, up to 30
//!   actions and a `limit` up to 9999 that is optimistic: a page may be shorter, or longer.
//! * A cursor that remembers a position and nothing else, in characters that need escaping.
//! * `/schemas` and `/actions`, without a token; the token check; the error codes of the reference.
//! * Tier 3's rate limit with `Retry-After`; `Date`; gzip for those who accept it.
//! * Events of every kind of entity and every known action, seeded, in a plausible mix, with the
//!   types that change from event to event; [new ones arrive](FakeApiBuilder::arrivals), and some
//!   are visible late. They are made from a file of samples, and cost 40 bytes each until they are
//!   read: a million take 40 MB.
//!
//! # What it does not
//!
//! * No OAuth, no scopes, no plans, one organization. Such errors come by
//!   [script](ScriptedResponse::slack_error).
//! * Events never vanish or change, and cursors never grow old.
//! * No TLS; [`FakeApi::serve_connection`] serves over a stream of yours that has it.
//! * Where Slack documents nothing it decides: 404 for `bad_endpoint`, 405 for
//!   `method_not_allowed`, 401 for `missing_authentication` and `invalid_authentication`, 429 for
//!   `ratelimited`, 400 for the others; `invalid_range` for a bound that is not an integer; a
//!   default `limit` of 100; `/schemas` and `/actions` count against the rate limit; the `entity`
//!   filter finds a message by its channel.
//!
//! # Time
//!
//! The API's time is its [start](FakeApiBuilder::start_time) plus what tokio's clock has measured
//! since. Under `#[tokio::test(start_paused = true)]` it stands still but for sleeps. Use the
//! service, or [`FakeApi::serve_connection`] over [`tokio::io::duplex`], there: the paused clock
//! runs ahead of real sockets.
//!
//! # Limits
//!
//! It is not a server for a network, but no client can make it panic or grow without bound: 1,024
//! connections at once, a request body of 64 KiB, a page of 9999 entries for each request, 100,000
//! requests recorded. A client that sends half a request or reads slowly keeps its connection, the
//! former until the [idle timeout](FakeApiBuilder::idle_timeout) if there is one.

// In tests a failed unwrap is a failed test; the lint still sees the code outside them.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod body;
mod builder;
mod clock;
mod connection;
mod endpoints;
mod event;
mod faults;
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

pub use api::FakeApi;
pub use body::FakeBody;
pub use builder::FakeApiBuilder;
pub use event::{Event, RecordedEvent};
pub use faults::WireFault;
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

struct FakeState {
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
    state: Mutex<FakeState>,
    faults: faults::FaultLog,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
