//! `DefaultHeadersLayer`.

use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use slack_audit_logs::{ApiRequest, AuditLogs, Body, layers::DefaultHeadersLayer};
use tower::{Layer, ServiceExt, service_fn};

async fn sent<B: Send + 'static>(layer: DefaultHeadersLayer, request: Request<B>) -> HeaderMap {
    let echo = service_fn(|request: Request<B>| async move {
        Ok::<_, std::convert::Infallible>(request.headers().clone())
    });
    layer
        .layer(echo)
        .oneshot(request)
        .await
        .expect("infallible")
}

fn value(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

#[tokio::test]
async fn a_requests_own_header_wins_whatever_its_case() {
    let layer = DefaultHeadersLayer::new()
        .header(HeaderName::from_static("x-team"), value("default"))
        .header(header::ACCEPT, value("text/plain"));
    let request = Request::get("/")
        .header("X-TEAM", "own")
        .body(())
        .expect("valid");
    let headers = sent(layer, request).await;
    assert_eq!(
        headers.get_all("x-team").iter().collect::<Vec<_>>(),
        ["own"]
    );
    assert_eq!(
        headers[header::ACCEPT],
        "text/plain",
        "a default of the user replaces the layer's"
    );
}

#[tokio::test]
async fn the_user_agent_names_crate_language_and_system() {
    let layer = DefaultHeadersLayer::new()
        .user_agent_prefix("a/1")
        .expect("valid")
        .user_agent_suffix("z/2")
        .expect("valid");
    let agent = sent(layer.clone(), Request::new(())).await[header::USER_AGENT]
        .to_str()
        .expect("text")
        .to_owned();
    let parts: Vec<_> = agent.split(' ').collect();
    assert_eq!((parts[0], parts.len()), ("a/1", 5), "{agent}");
    assert!(
        parts[1].starts_with("slack-audit-logs/") && parts[2].starts_with("rust/"),
        "{agent}"
    );
    assert_eq!(
        (parts[3].split('/').next(), parts[4]),
        (Some(std::env::consts::OS), "z/2"),
        "{agent}"
    );

    let own = layer.header(header::USER_AGENT, value("mine"));
    assert_eq!(
        sent(own, Request::new(())).await[header::USER_AGENT],
        "mine"
    );
    assert!(
        DefaultHeadersLayer::new()
            .user_agent_prefix("a\nb")
            .is_err()
    );
}

#[tokio::test]
async fn an_implied_content_type_gives_way_to_a_default_but_an_own_one_does_not() {
    let layer =
        DefaultHeadersLayer::new().header(header::CONTENT_TYPE, value("application/vnd.mine+json"));
    let content_type = |request: ApiRequest| {
        let layer = layer.clone();
        async move {
            let echo = service_fn(|request: Request<Body>| async move {
                let seen = request.headers()[header::CONTENT_TYPE]
                    .to_str()
                    .expect("text")
                    .to_owned();
                Ok::<_, std::convert::Infallible>(http::Response::new(bytes::Bytes::from(format!(
                    "[{seen:?}]"
                ))))
            });
            let response = AuditLogs::new(layer.layer(echo))
                .api_call(request)
                .await
                .expect("a response");
            response.body().expect("JSON")[0]
                .as_str()
                .expect("text")
                .to_owned()
        }
    };
    assert_eq!(
        content_type(ApiRequest::post("x").json(&1)).await,
        "application/vnd.mine+json"
    );
    let own = ApiRequest::post("x")
        .json(&1)
        .header(header::CONTENT_TYPE, value("text/json"));
    assert_eq!(content_type(own).await, "text/json");
}

#[test]
fn debug_shows_no_values() {
    let layer = DefaultHeadersLayer::new().header(header::COOKIE, value("d=xoxd-CANARY"));
    let service = layer.layer(());
    assert!(!format!("{layer:?} {service:?}").contains("CANARY"));
}
