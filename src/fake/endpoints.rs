//! The ordinary responses: who may ask what, and what they get.

use std::str::FromStr;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Config, FakeState,
    request::RecordedRequest,
    respond::with_status,
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

/// The response to a request, complete but for `Date` and the framing.
pub(super) fn respond(
    state: &mut FakeState,
    config: &Config,
    request: &RecordedRequest,
) -> Response<Vec<u8>> {
    try_respond(state, config, request).unwrap_or_else(error_response)
}

fn error_response((status, code): ErrorResponse) -> Response<Vec<u8>> {
    let body = json!({ "ok": false, "error": code }).to_string();
    json_response(status, body.into_bytes())
}

/// A page without entries, whose cursor stands for the place where the request already is.
pub(super) fn empty_page(
    config: &Config,
    request: &RecordedRequest,
    nonce: usize,
) -> Response<Vec<u8>> {
    let cursor = request.param("cursor");
    let position = cursor.and_then(|cursor| Position::parse(cursor, config.seed));
    let latest = request.param("latest").map(str::parse);
    let position = position.unwrap_or(Position {
        date: latest.and_then(Result::ok).unwrap_or(i64::MAX),
        order: u64::MAX,
    });
    page(b"", &position.cursor(config.seed, nonce))
}

fn try_respond(
    state: &mut FakeState,
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
        let mut response = error_response((StatusCode::TOO_MANY_REQUESTS, "ratelimited"));
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, wait.into());
        return Ok(response);
    }
    match endpoint {
        "schemas" => Ok(json(&samples::schemas_json())),
        "actions" => Ok(json(&samples::actions_json())),
        _ => logs(state, config, request),
    }
}

fn check_token(token: &str, headers: &HeaderMap) -> Result<(), ErrorResponse> {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match given {
        None | Some("") => Err((StatusCode::UNAUTHORIZED, "missing_authentication")),
        Some(given) if given == token => Ok(()),
        Some(_) => Err((StatusCode::UNAUTHORIZED, "invalid_authentication")),
    }
}

fn logs(
    state: &mut FakeState,
    config: &Config,
    request: &RecordedRequest,
) -> Result<Response<Vec<u8>>, ErrorResponse> {
    let now_ms = state.clock.now_ms();
    state.store.catch_up(now_ms);
    let query = parse(state, config, request, now_ms.div_euclid(1000))?;
    let mut entries = Vec::new();
    let next = state.store.page(&query, now_ms, &mut entries);
    let cursor = next.map_or_else(String::new, |next| next.cursor(config.seed, 0));
    Ok(page(&entries, &cursor))
}

fn page(entries: &[u8], cursor: &str) -> Response<Vec<u8>> {
    // PHP escapes the slash.
    let cursor = cursor.replace('/', "\\/");
    let end = format!(r#"],"response_metadata":{{"next_cursor":"{cursor}"}}}}"#);
    let body = [br#"{"entries":["#, entries, end.as_bytes()].concat();
    json_response(StatusCode::OK, body)
}

fn parse(
    state: &FakeState,
    config: &Config,
    request: &RecordedRequest,
    now: i64,
) -> Result<Query, ErrorResponse> {
    // An empty parameter is as good as none.
    let given = |name| request.param(name).filter(|value| !value.is_empty());
    let oldest = number(given("oldest"), INVALID_RANGE)?;
    let latest = number(given("latest"), INVALID_RANGE)?;
    let within = |second: &i64| (FIRST_DAY..=now).contains(second);
    let both = oldest.zip(latest);
    let crossed = both.is_some_and(|(oldest, latest)| oldest > latest);
    if crossed || ![oldest, latest].iter().flatten().all(within) {
        return Err(INVALID_RANGE);
    }
    let limit = number(given("limit"), INVALID_ARGUMENTS)?.unwrap_or(config.default_limit);
    let list = given("action").into_iter().flat_map(|list| list.split(','));
    let actions: Vec<_> = list.map(|action| action.trim().to_owned()).collect();
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
    let number = value.map(|value| value.parse().map_err(|_| wrong));
    number.transpose()
}

fn json(value: &Value) -> Response<Vec<u8>> {
    json_response(StatusCode::OK, value.to_string().into_bytes())
}

fn json_response(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = with_status(status, body);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
