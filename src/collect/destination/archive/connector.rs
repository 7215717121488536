//! `Connector`: `object_store` over this crate's transport.
//!
//! Proxies, TLS, connect timeouts and words are the transport's. `object_store` repeats requests by
//! the kind of their error: a kind that means "never sent" is repeated whatever the request does,
//! so only what surely was not sent has it.

use std::{fmt, net::IpAddr, time::Duration};

use async_trait::async_trait;
use http::{Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Limited};
use object_store::{
    ClientConfigKey, ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use tower::{BoxError, ServiceExt};
use tower_http::timeout::TimeoutBody;

use super::failure::LastingStatus;
use crate::{
    body::Body,
    error::{Failure, FailureKind, InvalidConfig},
    transport::HttpTransport,
    url::is_loopback,
};

/// How long a store may take to begin its response: `object_store`'s own default for a request.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// What an upload is given in addition: the slowest line that is waited for, 64 KiB a second.
const SLOWEST_UPLOAD: u64 = 64 << 10;

/// How long a store may be silent inside a response's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a list may be, in bytes: its 1,000 keys of at most 1,024 bytes are some 2 MB of XML.
const MAX_PAGE: usize = 16 << 20;

/// How long a metadata service may take to accept a connection: it is on the same machine, so where
/// there is none, that is known at once.
const METADATA_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Makes clients for `object_store`.
#[derive(Clone)]
pub(super) struct Connector {
    transport: HttpTransport,
    /// Without proxies, for the metadata services of cloud machines: they are reached from the
    /// machine itself only, and a proxy that responded for them would give out credentials.
    direct: HttpTransport,
}

impl Connector {
    pub(super) fn new(transport: HttpTransport) -> Result<Self, InvalidConfig> {
        let direct = HttpTransport::builder()
            .no_proxy()
            .plain_http_only()
            .connect_timeout(METADATA_CONNECT_TIMEOUT)
            .build()?;
        Ok(Self { transport, direct })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allow_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        Ok(HttpClient::new(Client {
            connector: self.clone(),
            allow_http: allow_http.is_some_and(|value| value == "true"),
        }))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// One client of `object_store`.
#[derive(Debug)]
struct Client {
    connector: Connector,
    /// Whether plain HTTP may be spoken with another machine.
    allow_http: bool,
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let metadata = is_metadata_service(request.uri().host().unwrap_or_default());
        if is_exposed(request.uri()) && !self.allow_http {
            return Err(error(Failure::new(
                FailureKind::Refused,
                "plain HTTP to a store is not allowed (set AWS_ALLOW_HTTP, GOOGLE_ALLOW_HTTP or \
                 AZURE_ALLOW_HTTP to true if it is meant)",
            )));
        }
        let transport = if metadata {
            &self.connector.direct
        } else {
            &self.connector.transport
        };
        // Not `HttpRequestBody::is_empty`: object_store 0.14.2 says the opposite for payloads.
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let timeout = timeout_for(body.len());
        let request = http::Request::from_parts(parts, Body::from(body));
        let response = tokio::time::timeout(timeout, transport.clone().oneshot(request))
            .await
            .unwrap_or_else(|_| {
                Err(Failure::new(
                    FailureKind::Timeout,
                    "the store did not respond in time",
                ))
            })
            .map_err(error)?;
        if let Some(refusal) = LastingStatus::of(response.status()) {
            return Err(HttpError::new(HttpErrorKind::Unknown, refusal));
        }
        let response = response.map(|body| {
            let body = TimeoutBody::new(BODY_TIMEOUT, body).map_err(|source: BoxError| {
                error(match source.downcast() {
                    Ok(failure) => *failure,
                    Err(_) => Failure::new(
                        FailureKind::Timeout,
                        "the store fell silent inside a response",
                    ),
                })
            });
            HttpResponseBody::new(body)
        });
        without_foreign_page(response).await
    }
}

/// A response that is none of the store's, though its status says so: a gateway's page, or an error
/// document. Taken for a list it would be an empty one, taken for an object a damaged one.
async fn without_foreign_page(response: HttpResponse) -> Result<HttpResponse, HttpError> {
    let media_type = response.headers().get(CONTENT_TYPE);
    let media_type = media_type.map_or(&[][..], |value| value.as_bytes());
    let media_type = media_type.split(|byte| *byte == b';').next();
    let media_type = media_type.unwrap_or_default().trim_ascii();
    let is = |name: &str| media_type.eq_ignore_ascii_case(name.as_bytes());
    let is_html = is("text/html");
    // An object has neither type; lists and pages are short.
    if !response.status().is_success() || !(is_html || is("application/xml") || is("text/xml")) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MAX_PAGE).collect().await;
    let body = body.map_err(|source| match source.downcast::<HttpError>() {
        Ok(source) => *source,
        Err(_) => foreign(),
    })?;
    let body = body.to_bytes();
    // Google calls its empty responses HTML.
    if is_html && !body.is_empty() || is_error_document(&body) {
        return Err(foreign());
    }
    Ok(HttpResponse::from_parts(parts, body.into()))
}

/// Whether XML is an `Error`, as S3 and Azure write it.
fn is_error_document(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    let root = match body.strip_prefix(b"<?xml") {
        Some(rest) => {
            let end = rest.windows(2).position(|end| end == b"?>");
            end.map_or(rest, |end| rest[end + 2..].trim_ascii_start())
        }
        None => body,
    };
    root.strip_prefix(b"<Error")
        .is_some_and(|rest| matches!(rest.first(), Some(b'>' | b' ')))
}

fn foreign() -> HttpError {
    error(Failure::new(
        FailureKind::Other,
        "a page or an error came where the store's response should be",
    ))
}

fn timeout_for(upload: usize) -> Duration {
    RESPONSE_TIMEOUT + Duration::from_secs(upload as u64 / SLOWEST_UPLOAD)
}

/// Whether it would be plain HTTP over a network.
fn is_exposed(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    uri.scheme_str() == Some("http") && !is_loopback(host) && !is_metadata_service(host)
}

/// A failure with the kind that has `object_store` repeat what may be repeated.
fn error(failure: Failure) -> HttpError {
    let kind = match failure.kind() {
        // Another attempt would be refused as this one was; a proxy may lock the account.
        FailureKind::Tls | FailureKind::Refused | FailureKind::ProxyAuth => HttpErrorKind::Unknown,
        kind if kind.is_before_send() => HttpErrorKind::Connect,
        _ => HttpErrorKind::Interrupted,
    };
    HttpError::new(kind, failure)
}

/// Whether a host is the metadata or credentials service of a cloud machine: link-local addresses
/// (169.254.0.0/16 of AWS, Azure and Google), AWS's `fd00:ec2::/32`, and Google's name for it.
fn is_metadata_service(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.segments().starts_with(&[0xfd00, 0xec2]),
        Err(_) => bare.eq_ignore_ascii_case("metadata.google.internal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_services_are_known_by_their_address() {
        for (host, is_metadata) in [
            ("169.254.169.254", true),
            ("169.254.170.2", true),
            ("[fd00:ec2::254]", true),
            ("metadata.google.internal", true),
            ("s3.us-east-1.amazonaws.com", false),
            ("metadata.google.internal.evil.example", false),
            ("169.254.169.254.evil.example", false),
            ("[fd00:ec3::1]", false),
            ("127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_metadata_service(host), is_metadata, "{host}");
        }
    }

    #[test]
    fn plain_http_over_a_network_is_exposed() {
        for (url, exposed) in [
            ("http://s3.example", true),
            ("https://s3.example", false),
            ("http://127.0.0.1:9000", false),
            ("http://localhost:9000", false),
            ("http://169.254.169.254", false),
        ] {
            assert_eq!(is_exposed(&url.parse().expect("a URL")), exposed, "{url}");
        }
    }

    #[tokio::test]
    async fn plain_http_over_a_network_is_refused_unless_it_is_allowed() {
        let transport = HttpTransport::builder().plain_http_only().build();
        let connector = Connector::new(transport.expect("no roots")).expect("no roots");
        for allow_http in [false, true] {
            let options = ClientOptions::new().with_allow_http(allow_http);
            let client = connector.connect(&options).expect("a client");
            let shown = format!("{client:?}");
            let expected = format!("allow_http: {allow_http}");
            assert!(
                shown.contains(&expected) && shown.contains("Connector"),
                "{shown}"
            );
        }
        let client = connector.connect(&ClientOptions::new()).expect("a client");
        let request = http::Request::get("http://s3.example/").body(Vec::new().into());
        let error = client.execute(request.expect("a request")).await;
        let error = error.expect_err("refused");
        assert_eq!(error.kind(), HttpErrorKind::Unknown, "{error:?}");
        assert!(format!("{error:?}").contains("AWS_ALLOW_HTTP"), "{error:?}");
    }

    #[test]
    fn an_upload_has_a_second_more_for_each_64_kib() {
        for (bytes, seconds) in [(0, 30), (65_535, 30), (65_536, 31), (64 << 20, 1_054)] {
            assert_eq!(timeout_for(bytes), Duration::from_secs(seconds), "{bytes}");
        }
    }

    #[test]
    fn only_what_was_never_sent_is_repeated_whatever_it_does() {
        use FailureKind as F;

        let refused = [F::ProxyAuth, F::Tls, F::Refused];
        let maybe_sent = [F::Closed, F::Timeout, F::Protocol, F::Body, F::Other];
        for (kinds, expected) in [
            (&[F::Dns, F::Connect, F::Proxy][..], HttpErrorKind::Connect),
            (&refused, HttpErrorKind::Unknown),
            (&maybe_sent, HttpErrorKind::Interrupted),
        ] {
            for kind in kinds {
                assert_eq!(error(Failure::new(*kind, "")).kind(), expected, "{kind:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_a_gateway_sends_is_no_response_of_the_store() {
        let list = "<?xml version=\"1.0\"?>\n<ListBucketResult><Key>Error</Key></ListBucketResult>";
        let html = "<html>Please log in</html>";
        let (xml, xml_too) = ("application/xml", "Text/XML; charset=utf-8");
        let failed =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code></Error>";
        for (status, media_type, body, is_whole) in [
            (200, xml, list, true),
            (200, xml, failed, false),
            (200, xml_too, "<Error xmlns=\"x\"></Error>", false),
            (200, xml, "<Errors></Errors>", true),
            (200, xml, "", true),
            (200, "text/html; charset=UTF-8", html, false),
            (206, "text/html", html, false),
            (200, "text/html; charset=UTF-8", "", true),
            (200, "application/octet-stream", html, true),
            (503, xml, failed, true),
            (502, "text/html", html, true),
        ] {
            let response = http::Response::builder()
                .status(status)
                .header(CONTENT_TYPE, media_type)
                .body(bytes::Bytes::from_static(body.as_bytes()).into())
                .expect("a response");
            match without_foreign_page(response).await {
                Ok(response) => {
                    assert!(is_whole, "{media_type} {body}");
                    let read = response.into_body().collect().await.expect("a body");
                    assert_eq!(read.to_bytes(), body);
                }
                Err(error) => {
                    assert!(!is_whole, "{status} {media_type} {body}");
                    assert_eq!(error.kind(), HttpErrorKind::Interrupted);
                }
            }
        }
    }
}
