//! `reqwest::Client` as the transport, in the place of the crate's own. Whatever else sends HTTP
//! fits in the same way.

use reqwest::redirect::Policy;
use slack_audit_logs::{AuditLogsClient, Body, LogsRequest, fake::FakeApi, http};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    eprintln!("*** this example always asks the embedded API ***\n");
    let server = FakeApi::builder().entries(1_000).build().serve().await?;

    // The stack above bounds attempts in time, takes compression away and decides about retries.
    // What reqwest must not do is to follow redirects: the token would go along.
    let sender = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy() // the embedded API is on this machine
        .build()?;
    let transport = tower::service_fn(move |request: http::Request<Body>| {
        let sender = sender.clone();
        async move {
            let request = request.map(reqwest::Body::wrap).try_into()?;
            sender.execute(request).await.map(http::Response::from)
        }
    });

    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .base_url(server.base_url())
        .transport(transport)
        .build()?;
    let response = client.logs(LogsRequest::new().limit(5)).await?;
    println!("{} {}", response.status(), response.url());
    for entry in &response.typed_body()?.entries {
        let action = entry
            .action()
            .map_or("-".into(), |action| action.to_string());
        println!("{}  {action}", entry.date_create().unwrap_or_default());
    }
    Ok(())
}
