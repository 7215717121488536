//! The truthful answers: who may ask what, and what they get.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::cursor::Position;
use super::data::{catalog, schemas_json};
use super::request::RecordedRequest;
use super::store::Query;
use super::{Config, State};

/// Slack's reference: "limit … 9999 max".
const MAX_LIMIT: usize = 9999;
/// Slack's reference: "up to 30 actions, comma separated".
const MAX_ACTIONS: usize = 30;
/// 2018-03-01: Slack's reference says that nothing exists before March 2018.
const FIRST_DAY: i64 = 1_519_862_400;

#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Plain {
    fn json(status: StatusCode, value: &Value) -> Self {
        Self::bytes(status, value.to_string().into_bytes())
    }

    fn bytes(status: StatusCode, body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        Self {
            status,
            headers,
            body,
        }
    }
}

/// A refusal with its status. Slack says "standard HTTP statuses" without a table, so the pairs are
/// this API's own.
struct Refusal(StatusCode, &'static str);

const BAD_ENDPOINT: Refusal = Refusal(StatusCode::NOT_FOUND, "bad_endpoint");
const METHOD_NOT_ALLOWED: Refusal = Refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
const MISSING_AUTHENTICATION: Refusal = Refusal(StatusCode::UNAUTHORIZED, "missing_authentication");
const INVALID_AUTHENTICATION: Refusal = Refusal(StatusCode::UNAUTHORIZED, "invalid_authentication");
const INVALID_ARGUMENTS: Refusal = Refusal(StatusCode::BAD_REQUEST, "invalid_arguments");
const INVALID_ACTION: Refusal = Refusal(StatusCode::BAD_REQUEST, "invalid_action");
const INVALID_RANGE: Refusal = Refusal(StatusCode::BAD_REQUEST, "invalid_range");
const INVALID_CURSOR: Refusal = Refusal(StatusCode::BAD_REQUEST, "invalid_cursor");

/// Answers one request.
pub(crate) fn answer(state: &mut State, config: &Config, request: &RecordedRequest) -> Plain {
    match try_answer(state, config, request) {
        Ok(plain) => plain,
        Err(Refusal(status, code)) => Plain::json(status, &json!({ "ok": false, "error": code })),
    }
}

fn try_answer(
    state: &mut State,
    config: &Config,
    request: &RecordedRequest,
) -> Result<Plain, Refusal> {
    let endpoint = request.endpoint().unwrap_or_default();
    if !matches!(endpoint, "logs" | "schemas" | "actions") {
        return Err(BAD_ENDPOINT);
    }
    if request.method != Method::GET {
        return Err(METHOD_NOT_ALLOWED);
    }
    if endpoint == "logs" {
        check_token(&state.token, &request.headers)?;
    }
    if let Some(Err(wait)) = state
        .limiter
        .as_mut()
        .map(|limiter| limiter.take(Instant::now()))
    {
        let body = json!({ "ok": false, "error": "ratelimited" });
        let mut plain = Plain::json(StatusCode::TOO_MANY_REQUESTS, &body);
        plain
            .headers
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
        return Ok(plain);
    }
    match endpoint {
        "schemas" => Ok(Plain::json(StatusCode::OK, &schemas_json())),
        "actions" => Ok(Plain::json(StatusCode::OK, &catalog().actions_json())),
        _ => logs(state, config, request),
    }
}

fn check_token(token: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let given = given
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(MISSING_AUTHENTICATION)?;
    if given.is_empty() {
        return Err(MISSING_AUTHENTICATION);
    }
    if given == token {
        Ok(())
    } else {
        Err(INVALID_AUTHENTICATION)
    }
}

fn logs(state: &mut State, config: &Config, request: &RecordedRequest) -> Result<Plain, Refusal> {
    let now_ms = state.clock.now_ms();
    state.store.catch_up(now_ms);
    let query = parse(state, config, request, now_ms.div_euclid(1000))?;
    let mut body = b"{\"entries\":[".to_vec();
    let next = state.store.page(&query, now_ms, &mut body);
    let next = next
        .map(|position| position.cursor(config.seed))
        .unwrap_or_default();
    body.extend_from_slice(b"],\"response_metadata\":{\"next_cursor\":\"");
    // PHP escapes the slash.
    body.extend_from_slice(next.replace('/', "\\/").as_bytes());
    body.extend_from_slice(b"\"}}");
    Ok(Plain::bytes(StatusCode::OK, body))
}

fn parse(
    state: &State,
    config: &Config,
    request: &RecordedRequest,
    now: i64,
) -> Result<Query, Refusal> {
    // An empty parameter is as good as none.
    let given = |name| request.param(name).filter(|value| !value.is_empty());
    let second = |name| {
        given(name)
            .map(|value| value.parse::<i64>().map_err(|_| INVALID_RANGE))
            .transpose()
    };
    let (oldest, latest) = (second("oldest")?, second("latest")?);
    let outside =
        |second: Option<i64>| second.is_some_and(|second| second < FIRST_DAY || second > now);
    if outside(oldest)
        || outside(latest)
        || oldest
            .zip(latest)
            .is_some_and(|(oldest, latest)| oldest > latest)
    {
        return Err(INVALID_RANGE);
    }
    let limit = match given("limit") {
        None => config.default_limit.min(MAX_LIMIT),
        Some(value) => match value.parse::<usize>() {
            Ok(limit @ 1..=MAX_LIMIT) => limit,
            _ => return Err(INVALID_ARGUMENTS),
        },
    };
    let actions: Vec<String> = given("action").map_or_else(Vec::new, |list| {
        list.split(',')
            .map(|action| action.trim().to_owned())
            .collect()
    });
    if actions.len() > MAX_ACTIONS {
        return Err(INVALID_ARGUMENTS);
    }
    let known = |action: &String| catalog().is_known(action) || state.store.knows_action(action);
    if !actions.iter().all(known) {
        return Err(INVALID_ACTION);
    }
    let after = match given("cursor") {
        None => None,
        Some(cursor) => Some(Position::parse(cursor, config.seed).ok_or(INVALID_CURSOR)?),
    };
    let owned = |name| given(name).map(str::to_owned);
    Ok(Query {
        oldest,
        latest,
        limit,
        actions,
        actor: owned("actor"),
        entity: owned("entity"),
        after,
    })
}
