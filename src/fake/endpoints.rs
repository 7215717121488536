//! The ordinary responses: who may ask what, and what they get.

use std::str::FromStr;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Config, State,
    request::RecordedRequest,
    samples,
    store::{Position, Query},
};
use crate::model::action::Action;

/// Slack's reference: "limit … 9999 max".
const MAX_LIMIT: usize = 9999;
/// Slack's reference: "up to 30 actions, comma separated".
const MAX_ACTIONS: usize = 30;
/// 2018-03-01: Slack's reference says that nothing exists before March 2018.
const FIRST_DAY: i64 = 1_519_862_400;

/// A status and Slack's code. Slack says "standard HTTP statuses" without a table, so the pairs
/// are this API's own.
type ErrorResponse = (StatusCode, &'static str);

const INVALID_ARGUMENTS: ErrorResponse = (StatusCode::BAD_REQUEST, "invalid_arguments");
const INVALID_RANGE: ErrorResponse = (StatusCode::BAD_REQUEST, "invalid_range");
const MISSING_TOKEN: ErrorResponse = (StatusCode::UNAUTHORIZED, "missing_authentication");

/// The response to a request, complete but for `Date` and the framing.
pub(super) fn respond(
    state: &mut State,
    config: &Config,
    request: &RecordedRequest,
) -> Response<Vec<u8>> {
    try_respond(state, config, request).unwrap_or_else(|(status, code)| {
        json_response(status, &json!({ "ok": false, "error": code }))
    })
}

/// A page without entries, whose cursor stands for the place where the request already is.
pub(super) fn empty_page(config: &Config, request: &RecordedRequest, nonce: usize) -> Vec<u8> {
    let asked = request
        .param("cursor")
        .and_then(|cursor| Position::parse(cursor, config.seed));
    let latest = || {
        request
            .param("latest")
            .and_then(|latest| latest.parse().ok())
    };
    let position = asked.unwrap_or_else(|| Position {
        date: latest().unwrap_or(i64::MAX),
        order: u64::MAX,
    });
    page(b"", &position.cursor(config.seed, nonce))
}

fn try_respond(
    state: &mut State,
    config: &Config,
    request: &RecordedRequest,
) -> Result<Response<Vec<u8>>, ErrorResponse> {
    let endpoint = request.endpoint().unwrap_or_default();
    if !matches!(endpoint, "logs" | "schemas" | "actions") {
        return Err((StatusCode::NOT_FOUND, "bad_endpoint"));
    }
    if request.method != Method::GET {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    }
    if endpoint == "logs" {
        check_token(&state.token, &request.headers)?;
    }
    if let Some(limiter) = &mut state.limiter
        && let Err(wait) = limiter.take(Instant::now())
    {
        let body = json!({ "ok": false, "error": "ratelimited" });
        let mut response = json_response(StatusCode::TOO_MANY_REQUESTS, &body);
        let wait = HeaderValue::from(wait);
        response.headers_mut().insert(header::RETRY_AFTER, wait);
        return Ok(response);
    }
    match endpoint {
        "schemas" => Ok(json_response(StatusCode::OK, &samples::schemas_json())),
        "actions" => Ok(json_response(StatusCode::OK, &samples::actions_json())),
        _ => logs(state, config, request),
    }
}

fn check_token(token: &str, headers: &HeaderMap) -> Result<(), ErrorResponse> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .filter(|given| !given.is_empty())
        .ok_or(MISSING_TOKEN)?;
    if given == token {
        Ok(())
    } else {
        Err((StatusCode::UNAUTHORIZED, "invalid_authentication"))
    }
}

fn logs(
    state: &mut State,
    config: &Config,
    request: &RecordedRequest,
) -> Result<Response<Vec<u8>>, ErrorResponse> {
    let now_ms = state.clock.now_ms();
    state.store.catch_up(now_ms);
    let query = parse(state, config, request, now_ms.div_euclid(1000))?;
    let mut entries = Vec::new();
    let next = state.store.page(&query, now_ms, &mut entries);
    let cursor = next.map_or_else(String::new, |next| next.cursor(config.seed, 0));
    Ok(json_bytes(StatusCode::OK, page(&entries, &cursor)))
}

fn page(entries: &[u8], cursor: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(entries.len() + 128);
    body.extend_from_slice(b"{\"entries\":[");
    body.extend_from_slice(entries);
    body.extend_from_slice(b"],\"response_metadata\":{\"next_cursor\":\"");
    // PHP escapes the slash.
    body.extend_from_slice(cursor.replace('/', "\\/").as_bytes());
    body.extend_from_slice(b"\"}}");
    body
}

fn parse(
    state: &State,
    config: &Config,
    request: &RecordedRequest,
    now: i64,
) -> Result<Query, ErrorResponse> {
    // An empty parameter is as good as none.
    let given = |name| request.param(name).filter(|value| !value.is_empty());
    let (oldest, latest) = (
        number(given("oldest"), INVALID_RANGE)?,
        number(given("latest"), INVALID_RANGE)?,
    );
    let within =
        |second: Option<i64>| second.is_none_or(|second| (FIRST_DAY..=now).contains(&second));
    let crossed = oldest
        .zip(latest)
        .is_some_and(|(oldest, latest)| oldest > latest);
    if !within(oldest) || !within(latest) || crossed {
        return Err(INVALID_RANGE);
    }
    let limit = number(given("limit"), INVALID_ARGUMENTS)?.unwrap_or(config.default_limit);
    let actions: Vec<String> = given("action").map_or_else(Vec::new, |list| {
        list.split(',')
            .map(|action| action.trim().to_owned())
            .collect()
    });
    if !(1..=MAX_LIMIT).contains(&limit) || actions.len() > MAX_ACTIONS {
        return Err(INVALID_ARGUMENTS);
    }
    let known = |action: &String| {
        Action::from(action.as_str()).is_known() || state.store.knows_action(action)
    };
    if !actions.iter().all(known) {
        return Err((StatusCode::BAD_REQUEST, "invalid_action"));
    }
    let after = given("cursor").map(|cursor| {
        Position::parse(cursor, config.seed).ok_or((StatusCode::BAD_REQUEST, "invalid_cursor"))
    });
    Ok(Query {
        oldest,
        latest,
        limit,
        actions,
        actor: given("actor").map(str::to_owned),
        entity: given("entity").map(str::to_owned),
        after: after.transpose()?,
    })
}

fn number<T: FromStr>(
    value: Option<&str>,
    wrong: ErrorResponse,
) -> Result<Option<T>, ErrorResponse> {
    value
        .map(|value| value.parse().map_err(|_| wrong))
        .transpose()
}

fn json_response(status: StatusCode, value: &Value) -> Response<Vec<u8>> {
    json_bytes(status, value.to_string().into_bytes())
}

/// A response of JSON that is written already.
pub(super) fn json_bytes(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}
