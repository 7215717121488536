//! `BaseUrlLayer`.

use slack_audit_logs::{CallRecord, FailureKind, layers::BaseUrlLayer};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower_test::{assert_request_eq, mock};

use super::get;

/// What the layer makes of a URL, by what the service below sees.
fn resolved(base: &str, url: &str) -> Result<String, FailureKind> {
    let layer = BaseUrlLayer::new(base).expect("a base URL");
    let (mut service, mut handle) = mock::spawn_layer::<http::Request<()>, (), _>(layer);
    assert_ready_ok!(service.poll_ready());
    let mut request = get(url);
    let record = CallRecord::ensure(&mut request).clone();
    let mut response = task::spawn(service.call(request));
    let mut next = task::spawn(handle.next_request());
    match next.poll() {
        std::task::Poll::Ready(Some((request, send))) => {
            assert_eq!(
                record.url().as_ref(),
                Some(request.uri()),
                "the record knows the absolute URL"
            );
            send.send_response(());
            assert_ready_ok!(response.poll());
            Ok(request.uri().to_string())
        }
        _ => Err(FailureKind::of(&*assert_ready_err!(response.poll()))),
    }
}

#[test]
fn relative_urls_are_joined_with_or_without_slashes() {
    for base in [
        "https://api.slack.com/audit/v1",
        "https://api.slack.com/audit/v1/",
    ] {
        assert_eq!(
            resolved(base, "/logs?limit=1").as_deref(),
            Ok("https://api.slack.com/audit/v1/logs?limit=1")
        );
    }
    assert_eq!(
        resolved("http://127.0.0.1:8080", "/actions").as_deref(),
        Ok("http://127.0.0.1:8080/actions")
    );
    assert_eq!(
        resolved("http://[::1]:1/x", "/a%2Fb").as_deref(),
        Ok("http://[::1]:1/x/a%2Fb")
    );
}

#[test]
fn absolute_urls_pass_only_to_the_same_origin() {
    let base = "https://api.slack.com/audit/v1";
    assert_eq!(
        resolved(base, "https://api.slack.com/other").as_deref(),
        Ok("https://api.slack.com/other")
    );
    assert_eq!(
        resolved(base, "https://API.slack.com:443/x").as_deref(),
        Ok("https://API.slack.com:443/x")
    );
    for elsewhere in [
        "http://api.slack.com/x",
        "https://api.slack.com:444/x",
        "https://evil.test/x",
        "https://api.slack.com@evil.test/x",
    ] {
        assert_eq!(
            resolved(base, elsewhere),
            Err(FailureKind::Refused),
            "{elsewhere}"
        );
    }
}

#[test]
fn nothing_is_sent_to_another_origin() {
    let layer = BaseUrlLayer::new("https://api.slack.com").expect("a base URL");
    let (mut service, mut handle) = mock::spawn_layer::<http::Request<()>, (), _>(layer);
    assert_ready_ok!(service.poll_ready());
    let mut response = task::spawn(service.call(get("https://evil.test/")));
    assert_ready_err!(response.poll());
    assert_pending!(
        task::spawn(handle.next_request()).poll(),
        "the service below was not called"
    );
}

#[tokio::test]
async fn readiness_is_the_inner_services() {
    let layer = BaseUrlLayer::new("https://api.slack.com").expect("a base URL");
    let (mut service, mut handle) =
        mock::spawn_layer::<String, (), _>(tower::layer::util::Stack::new(
            tower::util::MapRequestLayer::new(|request: http::Request<()>| {
                request.uri().path().to_owned()
            }),
            layer,
        ));
    handle.allow(0);
    assert_pending!(service.poll_ready::<http::Request<()>>());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready::<http::Request<()>>());
    let response = tokio::spawn(service.call(get("/logs")));
    assert_request_eq!(handle, "/logs").send_response(());
    response.await.expect("no panic").expect("a response");
}
