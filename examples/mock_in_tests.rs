//! A user's code, unit-tested over `tower-test`: no socket, no runtime tricks, every response chosen
//! by the test. Code that takes any `AuditLogs<S>` is tested over HTTP, code that takes a service of
//! one endpoint with typed requests and pages.
//!
//! `cargo test --example mock_in_tests` runs the tests; `cargo run --example mock_in_tests` the
//! code, over the embedded API.

use slack_audit_logs::{
    AuditLogs, AuditLogsResponse, Error, HttpService, LogsRequest,
    fake::FakeApi,
    model::{LogsResponse, action},
};
use tower::{BoxError, Service, ServiceExt};

/// The code under test: who failed to log in, and how often. It takes any `AuditLogs<S>`: the real
/// client's stack or a mock.
async fn failed_logins<S>(audit_logs: &AuditLogs<S>) -> Result<Vec<(String, usize)>, Error>
where
    S: HttpService + Clone,
{
    let page = audit_logs
        .logs(LogsRequest::new().action(action::user::USER_LOGIN_FAILED))
        .await?
        .typed_body()?;
    let mut counts: Vec<(String, usize)> = Vec::new();
    for entry in &page.entries {
        let name = entry
            .actor()
            .and_then(|actor| actor.user()?.name())
            .unwrap_or("unknown");
        match counts.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name.to_owned(), 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(counts)
}

/// More code under test: how many events the newest page has. It takes any service of `/logs`: the
/// client's `endpoint::<LogsRequest>()`, with any layers around it, or a mock.
async fn newest<S>(mut logs: S) -> Result<usize, BoxError>
where
    S: Service<LogsRequest, Response = AuditLogsResponse<LogsResponse>, Error: Into<BoxError>>,
{
    let request = LogsRequest::new().limit(100);
    let page = logs.ready().await.map_err(Into::into)?.call(request);
    Ok(page.await.map_err(Into::into)?.typed_body()?.entries.len())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let api = FakeApi::builder().entries(20_000).build();
    let client = slack_audit_logs::AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()?;
    for (name, count) in failed_logins(client.service()).await?.into_iter().take(5) {
        println!("{count:>4}  {name}");
    }
    let logs = client.endpoint::<LogsRequest>();
    println!("{:>4}  events on the newest page", newest(logs).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use slack_audit_logs::{Body, ErrorCode, http};
    use tower_test::mock;

    use super::*;

    type Mock = mock::Mock<http::Request<Body>, http::Response<Bytes>>;
    type Handle = mock::Handle<http::Request<Body>, http::Response<Bytes>>;

    fn mocked() -> (AuditLogs<Mock>, Handle) {
        let (mock, handle) = mock::pair();
        (AuditLogs::new(mock), handle)
    }

    #[tokio::test]
    async fn counts_by_name_most_first() {
        let (audit_logs, mut handle) = mocked();
        let slack = async {
            let (request, respond) = handle.next_request().await.expect("one request");
            assert_eq!(request.uri(), "/logs?action=user_login_failed");
            respond.send_response(http::Response::new(Bytes::from_static(
                br#"{"entries":[
                    {"id":"1","actor":{"user":{"name":"Ada"}}},
                    {"id":"2","actor":{"user":{"name":"Bob"}}},
                    {"id":"3","actor":{"user":{"name":"Bob"}}},
                    {"id":"4","actor":"somebody"}
                ]}"#,
            )));
        };
        let (counts, ()) = tokio::join!(failed_logins(&audit_logs), slack);
        let counts = counts.expect("a page");
        assert_eq!(
            counts,
            [
                ("Bob".to_owned(), 2),
                ("Ada".to_owned(), 1),
                ("unknown".to_owned(), 1)
            ]
        );
    }

    #[tokio::test]
    async fn a_refusal_reaches_the_caller() {
        let (audit_logs, mut handle) = mocked();
        let slack = async {
            let (_, respond) = handle.next_request().await.expect("one request");
            let body = Bytes::from_static(
                br#"{"ok":false,"error":"missing_scope","needed":"auditlogs:read"}"#,
            );
            respond.send_response(
                http::Response::builder()
                    .status(403)
                    .body(body)
                    .expect("valid"),
            );
        };
        let (result, ()) = tokio::join!(failed_logins(&audit_logs), slack);
        let error = result.expect_err("refused");
        assert!(error.is_auth());
        assert_eq!(error.needed(), Some("auditlogs:read"));
    }

    #[tokio::test]
    async fn typed_requests_and_pages() {
        let (logs, mut handle) = mock::pair::<LogsRequest, AuditLogsResponse<LogsResponse>>();
        let slack = async {
            let (request, respond) = handle.next_request().await.expect("one request");
            assert_eq!(request, LogsRequest::new().limit(100));
            let entries = [
                serde_json::json!({"id": "1"}),
                serde_json::json!({"id": "2"}),
            ];
            respond.send_response(AuditLogsResponse::from_entries(entries, None).expect("valid"));
            let (_, respond) = handle.next_request().await.expect("another");
            respond.send_error(Error::refusal(
                http::StatusCode::FORBIDDEN,
                ErrorCode::MissingScope,
            ));
        };
        let calls = async {
            assert_eq!(newest(logs.clone()).await.expect("a page"), 2);
            let error = newest(logs).await.expect_err("refused");
            let error = error.downcast::<Error>().expect("the crate's own");
            assert!(error.is_auth());
        };
        tokio::join!(calls, slack);
    }
}
