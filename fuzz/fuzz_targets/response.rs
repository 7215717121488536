//! A whole response: three header values and a body, as a call would read them.
#![no_main]

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use slack_audit_logs::{AuditLogs, Body, LogsRequest, http};
use tower::{ServiceExt as _, service_fn};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let status = match parts.next().and_then(|part| part.first()) {
        Some(b'4') => 429,
        Some(b'5') => 503,
        Some(b'f') => 403,
        _ => 200,
    };
    let mut response = http::Response::builder().status(status);
    for name in ["retry-after", "date"] {
        let Some(part) = parts.next() else { return };
        let Ok(value) = http::HeaderValue::from_bytes(part) else {
            return;
        };
        response = response.header(name, value);
    }
    let body = Bytes::copy_from_slice(parts.next().unwrap_or_default());
    let response = response.body(body.clone()).expect("valid parts");
    let transport = service_fn(move |_: http::Request<Body>| {
        let response = response.clone();
        async move { Ok::<_, Infallible>(response) }
    });
    let call = AuditLogs::new(transport).oneshot(LogsRequest::new());
    match call.now_or_never().expect("nothing to wait for") {
        Ok(response) => {
            assert_eq!(status, 200);
            if let Ok(page) = response.typed_body() {
                assert_ne!(page.ok(), Some(false));
            }
            let _ = response.body();
        }
        Err(error) => {
            let _ = (error.retry_after(), error.code(), error.needed());
            let text = format!("{error} {error:?}");
            assert!(text.len() < 8192, "{}", text.len());
        }
    }
});
