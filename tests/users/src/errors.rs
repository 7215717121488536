//! What an error says: alone, with its causes, and in a program that ends with it.

use std::{error::Error as _, future, io};

use slack_audit_logs::{
    AuditLogsClient, Body, Error, FailureKind, LogsRequest, http,
    retry::{Attempt, RetryHandler, RetryState},
    tower::{
        BoxError, Service, filter::FilterLayer, limit::ConcurrencyLimitLayer,
        load_shed::LoadShedLayer, service_fn,
    },
};

use crate::stack::{client, transport};

/// What stands on the terminal after `fn main() -> Result<(), Error>`.
fn on_the_terminal(error: &Error) -> String {
    format!("Error: {error:?}")
}

#[tokio::test]
async fn display_alone_tells_the_cause_where_there_is_no_other() {
    let error = AuditLogsClient::new("").expect_err("no token");
    assert!(error.is_build() && error.source().is_none());
    assert_eq!(
        error.to_string(),
        "the client cannot be built: token: it is empty; give a user token (xoxp-…) of an \
         organization owner"
    );
    let error = client().logs(LogsRequest::new().limit(0)).await;
    let error = error.expect_err("no such limit");
    assert!(error.is_invalid_request() && error.source().is_none());
    assert_eq!(
        error.to_string(),
        "not sent, the request is invalid: limit: 0 is not between 1 and 9999"
    );
    assert_eq!(
        on_the_terminal(&error),
        "Error: not sent, the request is invalid: limit: 0 is not between 1 and 9999"
    );
}

/// Asks a transport that is the user's own, and tells what becomes of it.
async fn error_of<E>(error: fn() -> E) -> Error
where
    E: Into<BoxError> + Send + 'static,
{
    let transport = service_fn(move |_: http::Request<Body>| {
        future::ready(Err::<http::Response<Body>, E>(error()))
    });
    let client = AuditLogsClient::builder().transport(transport);
    let client = client.build().expect("a client");
    client.actions().await.expect_err("it never works")
}

#[tokio::test]
async fn debug_is_read_by_people() {
    let error = error_of(|| io::Error::from(io::ErrorKind::ConnectionReset)).await;
    assert_eq!(
        on_the_terminal(&error),
        "Error: GET https://api.slack.com/audit/v1/actions: the connection was closed before the \
         response was complete, after 2 attempts\n  because: connection reset"
    );
    let fields = format!("{error:#?}");
    assert!(
        fields.starts_with("Error {") && fields.contains("attempts: 2"),
        "{fields}"
    );
}

#[tokio::test]
async fn an_error_of_a_users_own_layer_is_told_as_such() {
    let filter = FilterLayer::new(|_: http::Request<Body>| {
        Err::<http::Request<Body>, _>(BoxError::from("the quota of my team is used up"))
    });
    let client = AuditLogsClient::builder()
        .layer(filter)
        .transport(transport());
    let client = client.build().expect("a client");
    let error = client.actions().await.expect_err("refused by the layer");
    assert_eq!(error.failure_kind(), Some(FailureKind::Other));
    assert_eq!(error.attempts(), 0);
    assert_eq!(
        on_the_terminal(&error),
        "Error: GET https://api.slack.com/audit/v1/actions: the transport, or a layer \
         above it, failed\n  because: the quota of my team is used up"
    );
}

/// The causes are there for those who know them: errors of the user's own, of tower, of io.
#[tokio::test]
async fn causes_can_be_downcast() {
    use slack_audit_logs::tower::load_shed::error::Overloaded;

    let error = error_of(|| io::Error::from(io::ErrorKind::BrokenPipe)).await;
    let mut causes = std::iter::successors(error.source(), |error| (*error).source());
    assert!(causes.any(|cause| cause.is::<io::Error>()), "{error:?}");

    // Of two calls at once, the second finds no place.
    let client = AuditLogsClient::builder()
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(1))
        .transport(service_fn(|_: http::Request<Body>| {
            future::pending::<Result<http::Response<Body>, io::Error>>()
        }))
        .build()
        .expect("a client");
    let mut first = client.endpoint::<LogsRequest>();
    future::poll_fn(|cx| first.poll_ready(cx))
        .await
        .expect("ready");
    let _first = first.call(LogsRequest::new());
    let error = client.logs(LogsRequest::new()).await.expect_err("no place");
    let mut causes = std::iter::successors(error.source(), |error| (*error).source());
    assert!(causes.any(|cause| cause.is::<Overloaded>()), "{error:?}");
}

/// The crate's own transport tells causes in its own words: a handler goes by their kind.
#[tokio::test]
async fn a_handler_goes_by_kind() {
    struct OnRefusedConnection;
    impl RetryHandler for OnRefusedConnection {
        fn can_retry(&self, _: &mut RetryState, attempt: &Attempt<'_>) -> bool {
            assert!(!attempt.sources().any(|error| error.is::<io::Error>()));
            attempt.failure_kind() == Some(FailureKind::Connect)
        }
        fn wait(&self, _: &RetryState, _: &Attempt<'_>) -> std::time::Duration {
            std::time::Duration::ZERO
        }
    }
    // A port that nobody listens on any more.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let client = AuditLogsClient::builder()
        .base_url(url)
        .retry_handlers([])
        .retry_handler(OnRefusedConnection)
        .build()
        .expect("a client");
    let error = client.actions().await.expect_err("nobody is there");
    assert!(error.is_connect() && error.attempts() == 2, "{error:?}");
}
