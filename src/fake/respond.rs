//! From a request to its response: recorded, scripted or real, and broken if the script says so.

use std::{future::pending, io, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version, header, request::Parts};
use tokio::time::sleep;
use tower::BoxError;

use super::body::FakeBody;
use super::breakage::{self, Broken};
use super::real::{self, Plain};
use super::request::RecordedRequest;
use super::wire::Link;
use super::{Shared, State, gzip};

/// Requests beyond this many are answered but no longer recorded, so that a server can run for
/// days.
const RECORD_LIMIT: usize = 100_000;

pub(crate) async fn respond(
    shared: &Shared,
    parts: &Parts,
    body: Bytes,
    link: Option<&Link>,
) -> Result<Response<FakeBody>, BoxError> {
    let (request, answer) = {
        let mut state = shared.state();
        let at = Duration::from_millis(u64::try_from(state.clock.now_ms()).unwrap_or(0));
        let request = RecordedRequest::new(parts, body, at, link.map(|link| link.number));
        let reused = link.is_some_and(Link::is_reused);
        let answer = state.script.take(&request, reused);
        if state.requests.len() < RECORD_LIMIT {
            state.requests.push(request.clone());
        }
        (request, answer)
    };
    let delay = answer
        .as_ref()
        .map_or(Duration::ZERO, |answer| answer.delay)
        + shared.config.latency;
    if !delay.is_zero() {
        sleep(delay).await;
    }
    let mut plain = {
        let mut state = shared.state();
        let scripted = answer
            .as_ref()
            .filter(|answer| answer.status.is_some() || answer.body.is_some());
        let mut plain = match scripted {
            Some(answer) => Plain {
                status: answer.status.unwrap_or(StatusCode::OK),
                headers: HeaderMap::new(),
                body: answer.body.as_deref().unwrap_or_default().to_vec(),
            },
            None => real::answer(&mut state, &shared.config, &request),
        };
        add_date(&state, &mut plain.headers);
        plain
    };
    let fault = answer.as_ref().and_then(|answer| answer.fault);
    if shared.config.gzip
        && fault.is_none()
        && accepts_gzip(&request.headers)
        && plain.body.len() >= gzip::WORTHWHILE
    {
        plain.body = gzip::compress(&plain.body);
        plain
            .headers
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        plain
            .headers
            .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Some(answer) = &answer {
        for name in answer.headers.keys() {
            plain.headers.remove(name);
        }
        plain.headers.extend(answer.headers.clone());
        // The framing follows from the body; lies about it are faults.
        plain.headers.remove(header::CONTENT_LENGTH);
        plain.headers.remove(header::TRANSFER_ENCODING);
    }
    let Some(fault) = fault else {
        return Ok(whole(plain));
    };
    let link = link.filter(|_| parts.version < Version::HTTP_2);
    match breakage::apply(fault, plain, link.is_some(), shared.faults.witness(fault)) {
        Broken::Response(response) => Ok(response),
        Broken::Error(kind, text) => Err(io::Error::new(kind, text).into()),
        Broken::Silence => pending().await,
        Broken::Wire(steps) => {
            // A connection that is gone needs no breaking.
            let _ = link.map(|link| link.plan.send(steps));
            pending().await
        }
    }
}

fn whole(plain: Plain) -> Response<FakeBody> {
    let length = HeaderValue::from(plain.body.len());
    let mut response = Response::new(FakeBody::full(plain.body));
    *response.status_mut() = plain.status;
    *response.headers_mut() = plain.headers;
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    response
}

fn add_date(state: &State, headers: &mut HeaderMap) {
    if let Some(Ok(date)) = state.clock.date_header().map(HeaderValue::try_from) {
        headers.insert(header::DATE, date);
    }
}

/// Whether gzip is listed without a weight of zero (RFC 9110, 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}
