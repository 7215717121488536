//! The client as state of an axum app, with a route of its own and a graceful shutdown.
//!
//! `cargo run --example axum_service -- --serve` serves until Ctrl-C; without the flag it asks
//! itself once and shuts down.

use std::{collections::BTreeMap, env};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::get,
};
use slack_audit_logs::{AuditLogsClient, Error, LogsRequest, fake::FakeApi, model::Entry};
use tokio::{net::TcpListener, sync::oneshot};

/// How often each action occurs among the latest events of a user.
async fn actions_of(
    State(client): State<AuditLogsClient>,
    Path(user): Path<String>,
) -> Result<Json<BTreeMap<String, usize>>, Failed> {
    let page = client
        .logs(LogsRequest::new().actor(user).limit(500))
        .await?
        .typed_body()?;
    let mut counts = BTreeMap::new();
    for action in page.entries.iter().filter_map(Entry::action) {
        *counts.entry(action.as_str().to_owned()).or_default() += 1;
    }
    Ok(Json(counts))
}

/// What a failed call becomes for those who asked this app.
struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let Self(error) = self;
        // Display holds no token and no query, so it is fit for the log.
        eprintln!("{error}");
        match error.retry_after() {
            _ if error.is_invalid_request() => {
                (StatusCode::BAD_REQUEST, "no such user").into_response()
            }
            Some(wait) => (
                StatusCode::SERVICE_UNAVAILABLE,
                [(RETRY_AFTER, wait.as_secs().to_string())],
                "busy",
            )
                .into_response(),
            None if error.is_timeout() => {
                (StatusCode::GATEWAY_TIMEOUT, "Slack took too long").into_response()
            }
            None => (StatusCode::BAD_GATEWAY, "Slack could not be asked").into_response(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    eprintln!("*** this example always asks the embedded API ***\n");
    let api = FakeApi::builder().entries(5_000).build();
    // The embedded API is a tower service, so it plugs in as the transport: no socket between
    // client and API.
    let client = AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()?;
    let somebody = client
        .logs(LogsRequest::new().action("user_login").limit(1))
        .await?
        .typed_body()?;
    let somebody = somebody
        .entries
        .first()
        .and_then(|entry| entry.actor()?.user()?.id())
        .unwrap_or("W0")
        .to_owned();

    let app = Router::new()
        .route("/users/{user}/actions", get(actions_of))
        .with_state(client);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/users/{somebody}/actions", listener.local_addr()?);

    let (stop, stopped) = oneshot::channel::<()>();
    let serving = env::args().any(|argument| argument == "--serve");
    let server = tokio::spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(async move {
                if serving {
                    let _ = tokio::signal::ctrl_c().await;
                } else {
                    let _ = stopped.await;
                }
            })
            .await
    });

    println!("serving {url}");
    if !serving {
        println!("{}", ask(&url).await?);
        let _ = stop.send(());
    }
    server.await??;
    println!("shut down");
    Ok(())
}

/// A plain GET.
async fn ask(url: &str) -> Result<String, Box<dyn std::error::Error>> {
    use http_body_util::{BodyExt, Empty};
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let body = client
        .get(url.parse()?)
        .await?
        .into_body()
        .collect()
        .await?
        .to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}
