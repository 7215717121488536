//! `TraceLayer` and `AttemptTraceLayer`: what they tell, and what never.

use http::{Request, Response, StatusCode};
use slack_audit_logs::{
    CallRecord, Failure, FailureKind,
    layers::{AttemptTraceLayer, TraceLayer},
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::support::capture::Capture;

/// A call that makes two attempts and ends with this result.
async fn traced(result: fn() -> Result<Response<()>, BoxError>) -> String {
    let capture = Capture::start();
    let attempts = ServiceBuilder::new()
        .layer(AttemptTraceLayer::new())
        .service_fn(move |_: Request<()>| async move { result() });
    let service =
        ServiceBuilder::new()
            .layer(TraceLayer::new())
            .service_fn(move |request: Request<()>| {
                let mut attempts = attempts; // a copy for each call
                async move {
                    let _ = attempts.ready().await?.call(request.clone()).await;
                    attempts.ready().await?.call(request).await
                }
            });
    let request = Request::get("https://user:CANARY@api.slack.com/audit/v1/logs?actor=CANARY")
        .header("authorization", "Bearer CANARY")
        .body(())
        .expect("valid");
    let _ = service.oneshot(request).await;
    capture.text()
}

/// The line of a closed span.
fn closed<'a>(text: &'a str, span: &str) -> Vec<&'a str> {
    text.lines()
        .filter(|line| {
            line.contains("close")
                && line
                    .split('{')
                    .next()
                    .is_some_and(|name| name.ends_with(span))
        })
        .collect()
}

#[tokio::test]
async fn one_span_per_call_and_a_child_per_attempt() {
    let text = traced(|| Ok(Response::new(()))).await;
    let calls = closed(&text, "slack_audit_logs.call");
    let call = calls
        .iter()
        .find(|line| !line.contains("slack_audit_logs.attempt{"))
        .expect("the call's span");
    for field in [
        "http.request.method=GET",
        "server.address=\"api.slack.com\"",
        "server.port=443",
        "url.scheme=\"https\"",
        "url.path=\"/audit/v1/logs\"",
        "http.response.status_code=200",
        "slack_audit_logs.attempts=2",
        "otel.kind=\"internal\"",
    ] {
        assert!(call.contains(field), "{field} in {call}");
    }
    assert!(!call.contains("error.type"), "{call}");
    let attempts: Vec<_> = text
        .lines()
        .filter(|line| line.contains("close") && line.contains(":slack_audit_logs.attempt{"))
        .collect();
    let resends: Vec<_> = attempts
        .iter()
        .filter(|line| line.contains("resend_count"))
        .collect();
    assert!(
        attempts.len() == 2 && resends.len() == 1 && resends[0].contains("resend_count=1"),
        "{attempts:?}"
    );
    for attempt in attempts {
        assert!(
            attempt.contains("slack_audit_logs.call{")
                && attempt.contains(":slack_audit_logs.attempt{")
                && attempt.contains("otel.kind=\"client\""),
            "a child: {attempt}"
        );
    }
    assert!(!text.contains("CANARY"), "{text}");
}

#[tokio::test]
async fn errors_are_told_by_status_or_kind() {
    let refused = traced(|| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        Ok(response)
    })
    .await;
    assert!(
        refused.contains("error.type=\"503\"") && refused.contains("otel.status_code=\"ERROR\""),
        "{refused}"
    );
    let failed = traced(|| Err(Failure::new(FailureKind::Tls, "CANARY").into())).await;
    assert!(failed.contains("error.type=\"tls\""), "{failed}");
    assert!(!failed.contains("CANARY"), "{failed}");
}

#[tokio::test]
async fn attempts_are_counted_in_the_record() {
    let mut service = ServiceBuilder::new()
        .layer(AttemptTraceLayer::new())
        .service_fn(|_: Request<()>| async { Ok::<_, BoxError>(Response::new(())) });
    let mut request = super::get("/");
    let record = CallRecord::ensure(&mut request).clone();
    for attempt in 1..=3 {
        service
            .ready()
            .await
            .expect("ready")
            .call(request.clone())
            .await
            .expect("a response");
        assert_eq!(record.attempts(), attempt);
    }
}
