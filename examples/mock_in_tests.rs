//! A user's code, unit-tested over `tower-test`: no socket, no runtime tricks, every answer chosen
//! by the test.
//!
//! `cargo test --example mock_in_tests` runs the tests; `cargo run --example mock_in_tests` the
//! code, over the embedded API.

use bytes::Bytes;
use slack_audit_logs::{AuditLogs, Body, Error, LogsRequest, fake::FakeApi, http, model::action};
use tower::{BoxError, Service};

/// The code under test: who failed to log in, and how often. It takes any `AuditLogs<S>`: the real
/// client's stack or a mock.
async fn failed_logins<S>(audit_logs: &AuditLogs<S>) -> Result<Vec<(String, usize)>, Error>
where
    S: Service<http::Request<Body>, Response = http::Response<Bytes>> + Clone,
    S::Error: Into<BoxError>,
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let api = FakeApi::builder().entries(20_000).build();
    let client = slack_audit_logs::AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api)
        .build()?;
    for (name, count) in failed_logins(client.service()).await?.into_iter().take(5) {
        println!("{count:>4}  {name}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
            let (request, answer) = handle.next_request().await.expect("one request");
            assert_eq!(request.uri(), "/logs?action=user_login_failed");
            answer.send_response(http::Response::new(Bytes::from_static(
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
    async fn a_refusal_is_handed_on() {
        let (audit_logs, mut handle) = mocked();
        let slack = async {
            let (_, answer) = handle.next_request().await.expect("one request");
            let body = Bytes::from_static(
                br#"{"ok":false,"error":"missing_scope","needed":"auditlogs:read"}"#,
            );
            answer.send_response(
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
}
