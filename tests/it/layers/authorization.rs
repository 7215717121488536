//! `AuthorizationLayer`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use http::{HeaderValue, Request, header::AUTHORIZATION};
use slack_audit_logs::{FailureKind, Token, layers::AuthorizationLayer};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{BoxError, Layer, ServiceExt, service_fn};
use tower_test::mock;

use super::get;

const BASE: &str = "https://api.slack.com/audit/v1/";

fn token() -> Token {
    Token::new("xoxp-CANARY").expect("a token")
}

/// The `Authorization` that a request is sent with.
async fn sent(layer: AuthorizationLayer, request: Request<()>) -> Option<HeaderValue> {
    let echo = service_fn(|request: Request<()>| async move {
        Ok::<_, BoxError>(request.headers().get(AUTHORIZATION).cloned())
    });
    layer
        .layer(echo)
        .oneshot(request)
        .await
        .expect("a response")
}

#[tokio::test]
async fn the_token_goes_to_its_origin_only() {
    let layer = AuthorizationLayer::new(token(), BASE).expect("https");
    let value = sent(layer.clone(), get("https://api.slack.com/anything"))
        .await
        .expect("the token");
    assert_eq!(value, "Bearer xoxp-CANARY");
    assert!(value.is_sensitive());
    for elsewhere in [
        "https://evil.test/",
        "http://api.slack.com/",
        "https://api.slack.com:8443/",
        "https://api.slack.com.evil.test/",
        "/logs",
    ] {
        assert_eq!(
            sent(layer.clone(), get(elsewhere)).await,
            None,
            "{elsewhere}"
        );
    }
}

#[tokio::test]
async fn a_requests_own_authorization_is_kept() {
    let layer = AuthorizationLayer::new(token(), BASE).expect("https");
    let mut request = get("https://api.slack.com/");
    request
        .headers_mut()
        .insert(AUTHORIZATION, HeaderValue::from_static("Bearer own"));
    let value = sent(layer, request).await.expect("the own one");
    assert_eq!(value, "Bearer own");
    assert!(value.is_sensitive());
}

#[test]
fn plain_http_is_refused_unless_it_is_loopback_or_allowed() {
    for (base, fine) in [
        ("http://api.slack.com/", false),
        ("http://127.0.0.1:1/", true),
        ("http://localhost/", true),
        (BASE, true),
    ] {
        let built = AuthorizationLayer::new(token(), base);
        assert_eq!(built.is_ok(), fine, "{base}");
        if let Err(error) = built {
            let shown = format!("{error} {error:?}");
            assert!(
                shown.contains("https") && !shown.contains("CANARY"),
                "{shown}"
            );
        }
    }
    assert!(AuthorizationLayer::allow_plain_http(token(), "http://api.slack.com/").is_ok());
}

#[tokio::test]
async fn a_provider_is_asked_for_every_request() {
    let asked = Arc::new(AtomicU32::new(0));
    let provider = {
        let asked = Arc::clone(&asked);
        move || {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            async move { Ok(Token::new(format!("xoxp-{number}"))?) }
        }
    };
    let layer = AuthorizationLayer::provider(provider, BASE).expect("https");
    for number in 0..3 {
        let value = sent(layer.clone(), get("https://api.slack.com/"))
            .await
            .expect("a token");
        assert_eq!(value, format!("Bearer xoxp-{number}"));
    }
    assert_eq!(sent(layer, get("https://evil.test/")).await, None);
    assert_eq!(
        asked.load(Ordering::Relaxed),
        3,
        "nobody asks for a token that is not sent"
    );
}

#[tokio::test]
async fn a_failing_provider_fails_the_request_unsent() {
    let layer =
        AuthorizationLayer::provider(|| async { Err("vault sealed".into()) }, BASE).expect("https");
    let never = service_fn(|_: Request<()>| async {
        panic!("sent without a token") as Result<(), BoxError>
    });
    let error = layer
        .layer(never)
        .oneshot(get("https://api.slack.com/"))
        .await
        .expect_err("no token");
    assert_eq!(FailureKind::of(&*error), FailureKind::Token);
    assert_eq!(
        error.source().map(ToString::to_string).as_deref(),
        Some("vault sealed")
    );
}

#[test]
fn waiting_for_a_token_holds_the_readied_service_and_dropping_gives_it_back() {
    let layer = AuthorizationLayer::provider(std::future::pending::<Result<Token, BoxError>>, BASE)
        .expect("https");
    let (mut service, mut handle) = mock::spawn_with(|mock: mock::Mock<Request<()>, ()>| {
        layer.layer(tower::limit::ConcurrencyLimit::new(mock, 1))
    });
    handle.allow(9);
    assert_ready_ok!(service.poll_ready());
    let mut waiting = task::spawn(service.call(get("https://api.slack.com/")));
    assert_pending!(waiting.poll());
    assert_pending!(
        service.poll_ready(),
        "the one permit is held by the waiting call"
    );
    drop(waiting);
    assert_ready_ok!(service.poll_ready());
}
