//! `ApiRequest`: any call.

use http::{
    HeaderValue, Method, Request,
    header::{CONTENT_TYPE, Entry},
};
use serde::Serialize;

use super::{Endpoint, Extra, extra_setters};
use crate::{
    body::{Body, ImpliedContentType},
    error::InvalidRequest,
};

/// Any call of the API: any verb, path, query, JSON body and headers.
///
/// ```
/// use slack_audit_logs::ApiRequest;
///
/// let request = ApiRequest::get("logs").query("limit", 1);
/// ```
///
/// The path is relative to the base URL; the host is always the base URL's.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "requests do nothing until they are sent"]
pub struct ApiRequest {
    pub(super) extra: Extra,
    method: Method,
    path: String,
    json: Option<Result<Body, InvalidRequest>>,
}

impl ApiRequest {
    /// A call with any verb.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            extra: Extra::default(),
            method,
            path: path.into(),
            json: None,
        }
    }

    /// A GET call, which is all that the Audit Logs API takes today.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST call.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// Adds a JSON body; a value that cannot be JSON is an error before anything is sent.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        // serde's error may quote the value, so it is not passed on.
        let body = serde_json::to_vec(value)
            .map_err(|_| InvalidRequest::new("json: the value cannot be written as JSON"));
        self.json = Some(body.map(Body::from));
        self
    }
}

extra_setters!(ApiRequest);

impl Endpoint for ApiRequest {
    type Response = serde_json::Value;

    fn into_request(self) -> Result<Request<Body>, InvalidRequest> {
        let has_body = self.json.is_some();
        let body = self.json.transpose()?.unwrap_or_default();
        let extra = self.extra;
        let mut request = extra.into_request(self.method, &self.path, body, |_| ())?;
        if has_body && let Entry::Vacant(vacant) = request.headers_mut().entry(CONTENT_TYPE) {
            vacant.insert(HeaderValue::from_static("application/json;charset=utf-8"));
            request.extensions_mut().insert(ImpliedContentType);
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_comes_with_a_body_only_and_gives_way() {
        let sent = |request: ApiRequest| request.into_request().expect("valid");
        let plain = sent(ApiRequest::get("logs").query("limit", 1));
        assert_eq!(plain.uri(), "/logs?limit=1");
        assert!(plain.body().is_empty() && plain.headers().is_empty());

        let post = ApiRequest::post("x").json(&[1]);
        let implied = sent(post.clone()).headers()[CONTENT_TYPE].clone();
        assert_eq!(implied, "application/json;charset=utf-8");

        let own = post.header(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert_eq!(sent(own).headers()[CONTENT_TYPE], "text/plain");
    }

    #[test]
    fn requests_are_compared_by_all_they_send() {
        let request = || ApiRequest::post("x").query("a", 1).json(&[1]);
        assert_eq!(request(), request());
        for other in [
            ApiRequest::get("x").query("a", 1).json(&[1]),
            request().query("a", 2),
            request().json(&[2]),
            request().header(CONTENT_TYPE, HeaderValue::from_static("text/plain")),
        ] {
            assert_ne!(request(), other);
        }
    }

    #[test]
    fn a_value_that_is_no_json_is_refused_unseen() {
        let map = std::collections::HashMap::from([((1, 2), "secret")]);
        let request = ApiRequest::post("x").json(&map).into_request();
        let error = request.expect_err("no string keys");
        assert!(!error.to_string().contains("secret"));
    }
}
