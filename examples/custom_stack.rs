//! The default stack built by hand, layer by layer, with one layer swapped: a rate limit of the
//! user's own.
//!
//! What is left is the same client as `AuditLogsClient::builder()` makes, with its whole type
//! visible.

use std::time::Duration;

use slack_audit_logs::{
    AuditLogsLayer, LogsRequest, Token,
    fake::FakeApi,
    layers::{
        AttemptTraceLayer, AuthorizationLayer, BaseUrlLayer, CollectBodyLayer, DeadlineLayer,
        DecompressionLayer, DefaultHeadersLayer, TimeoutLayer, TraceLayer,
    },
    retry::{RetryLayer, RetryPolicy},
    transport::HttpTransport,
};
use tower::{ServiceBuilder, ServiceExt, buffer::BufferLayer, limit::RateLimitLayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    eprintln!("*** this example always asks the embedded API ***\n");
    let server = FakeApi::builder().entries(1_000).build().serve().await?;
    let base_url = server.base_url();

    let audit_logs = ServiceBuilder::new()
        // LogsRequest in, AuditLogsResponse or Error out; begins the record of the call that the
        // layers below write into.
        .layer(AuditLogsLayer)
        // "/logs?limit=3" becomes absolute, and nothing below can be sent to another host.
        .layer(BaseUrlLayer::new(&base_url)?)
        // User agent and Accept, once per call, so that every attempt sends the same.
        .layer(DefaultHeadersLayer::new().user_agent_prefix("custom-stack/1.0")?)
        // One span per call.
        .layer(TraceLayer::new())
        // Around the retry: bounds all attempts and the waits between them.
        .layer(DeadlineLayer::new(Duration::from_secs(120)))
        // tower's own retry layer with this crate's policy; any tower policy fits here.
        .layer(RetryLayer::new(RetryPolicy::all_builtin()))
        // Swapped: tower's rate limit in the place of this crate's. It is not Clone, and a retry
        // needs a clone, so a buffer stands before it. What it cannot do is to pause after a 429 or
        // to let calls with a deadline fail early.
        .layer(BufferLayer::new(16))
        .layer(RateLimitLayer::new(50, Duration::from_secs(60)))
        // Bounds token, connect, head and body of one attempt.
        .layer(TimeoutLayer::new(Duration::from_secs(30)))
        // The token, only to the origin of the base URL.
        .layer(AuthorizationLayer::new(
            Token::new(FakeApi::TOKEN)?,
            &base_url,
        )?)
        // A child span per attempt; counts them.
        .layer(AttemptTraceLayer::new())
        // The whole body, at most 64 MiB of it after decompression: a body that breaks is a failed
        // attempt.
        .layer(CollectBodyLayer::default())
        // gzip, taken away here.
        .layer(DecompressionLayer::new())
        // The pooled HTTP client; any Service<http::Request<_>> fits here.
        .service(HttpTransport::builder().build()?);

    let response = audit_logs
        .clone()
        .oneshot(LogsRequest::new().limit(3))
        .await?;
    println!(
        "{} {} after {} attempt(s)",
        response.status(),
        response.url(),
        response.attempts()
    );
    for entry in &response.typed_body()?.entries {
        let action = entry
            .action()
            .map_or("-".into(), |action| action.to_string());
        println!("{}  {action}", entry.date_create().unwrap_or_default());
    }
    Ok(())
}
