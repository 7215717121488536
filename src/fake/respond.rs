//! From a request to its response: recorded, ordinary or scripted, and broken if the script says
//! so.

use std::{future::pending, io, sync::Arc};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::sleep;
use tower::BoxError;

use super::{
    Shared,
    body::FakeBody,
    connection::Connection,
    endpoints,
    faults::{self, Broken},
    gzip,
    request::RecordedRequest,
    script::{Content, ScriptedResponse},
};

/// Requests beyond this many are served but no longer recorded, so that a server can run for days.
const MAX_RECORDED: usize = 100_000;
/// A request's body beyond this is refused with 413. Slack's requests have none.
const MAX_BODY: usize = 64 << 10;

pub(super) async fn respond<B: Body<Error: Into<BoxError>>>(
    shared: &Shared,
    request: Request<B>,
    connection: Option<&Arc<Connection>>,
) -> Result<Response<FakeBody>, BoxError> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let refused = with_status(StatusCode::PAYLOAD_TOO_LARGE, Vec::new());
            return Ok(framed(refused));
        }
        Err(error) => return Err(error),
    };
    let in_use = connection.map(Connection::begin);
    let (request, scripted, number) = {
        let mut state = shared.state();
        let number = connection.map(|connection| connection.number);
        let request = RecordedRequest::new(&parts, body, state.clock.now(), number);
        let reused = connection.is_some_and(|connection| connection.is_reused());
        let scripted = state.script.take(&request, reused);
        state.request_count = state.request_count.saturating_add(1);
        if state.requests.len() < MAX_RECORDED {
            state.requests.push(request.clone());
        }
        (request, scripted, state.request_count)
    };
    let scripted = scripted.unwrap_or_else(ScriptedResponse::ordinary);
    let delay = scripted.delay.saturating_add(shared.config.latency);
    if !delay.is_zero() {
        sleep(delay).await;
    }
    let mut response = {
        let mut state = shared.state();
        let mut response = match &scripted.content {
            Content::Ordinary => endpoints::respond(&mut state, &shared.config, &request),
            Content::EmptyPage => endpoints::empty_page(&shared.config, &request, number),
            Content::Given(status, body) => with_status(*status, body.to_vec()),
        };
        if let Some(date) = state.clock.date_header(scripted.date) {
            response.headers_mut().insert(header::DATE, date);
        }
        response
    };
    let compressible = scripted.fault.is_none() && response.body().len() >= gzip::WORTHWHILE;
    if shared.config.gzip && compressible && accepts_gzip(&request.headers) {
        *response.body_mut() = gzip::compress(response.body());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    let headers = response.headers_mut();
    headers.extend(scripted.headers);
    // The framing follows from the body; lies about it are faults.
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    let Some(fault) = scripted.fault else {
        return Ok(framed(response).map(|body| body.keep(in_use)));
    };
    let connection = connection.filter(|_| parts.version < Version::HTTP_2);
    match faults::apply(fault, response, connection.is_some(), &shared.faults) {
        Broken::Response(response) => Ok(response.map(|body| body.keep(in_use))),
        Broken::Error(kind) => Err(io::Error::from(kind).into()),
        Broken::Silence => pending().await,
        Broken::Connection(instructions) => {
            // A connection that is gone needs no breaking.
            let _ = connection.map(|connection| connection.take_over.send(instructions));
            pending().await
        }
    }
}

pub(super) fn with_status(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn framed(response: Response<Vec<u8>>) -> Response<FakeBody> {
    let (mut head, body) = response.into_parts();
    head.headers
        .insert(header::CONTENT_LENGTH, body.len().into());
    Response::from_parts(head, FakeBody::full(body))
}

/// Whether gzip is listed without a weight of zero (RFC 9110, 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let named = name == "*" || name.eq_ignore_ascii_case("gzip");
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}
