//! `Endpoint` and the four requests: what may be asked of the API.

mod api;
mod logs;
mod query;

use http::{HeaderMap, Method, Request};

pub use self::{
    api::ApiRequest,
    logs::{LogsRequest, UnixSeconds},
};
use crate::{
    body::Body,
    error::InvalidRequest,
    model::{ActionsResponse, FromBody, SchemasResponse},
};
use query::{Query, RelativeUri};

/// A request of the API together with what its response is.
///
/// [`AuditLogs`](crate::AuditLogs) is a `tower::Service` for every `Endpoint`: the four of this
/// crate, and any that a user adds.
///
/// ```
/// use slack_audit_logs::{Body, Endpoint, InvalidRequest, http, model::LogsResponse};
///
/// /// Everything that one user did last.
/// struct Latest<'a>(&'a str);
///
/// impl Endpoint for Latest<'_> {
///     type Response = LogsResponse;
///
///     fn into_request(self) -> Result<http::Request<Body>, InvalidRequest> {
///         slack_audit_logs::LogsRequest::new().actor(self.0).limit(1).into_request()
///     }
/// }
/// ```
pub trait Endpoint {
    /// What the response's body is read as by [`typed_body`](crate::AuditLogsResponse::typed_body).
    type Response: FromBody;

    /// The HTTP request: its URI is the path below the base URL, beginning with `/`, and the query.
    ///
    /// # Errors
    /// A value that the API does not take, so that nothing is sent.
    fn into_request(self) -> Result<Request<Body>, InvalidRequest>;
}

/// Asks `/schemas` for the kinds of object that entries speak of. Needs no token.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "requests do nothing until they are sent"]
pub struct SchemasRequest {
    extra: Extra,
}

/// Asks `/actions` for the names of all actions, by category. Needs no token.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "requests do nothing until they are sent"]
pub struct ActionsRequest {
    extra: Extra,
}

macro_rules! plain_endpoint {
    ($request:ident, $response:ident, $path:literal) => {
        impl $request {
            /// The plain request.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl Endpoint for $request {
            type Response = $response;

            fn into_request(self) -> Result<Request<Body>, InvalidRequest> {
                self.extra
                    .into_request(Method::GET, $path, Body::empty(), |_| ())
            }
        }

        extra_setters!($request);
    };
}

/// The setters for what every request can carry beside its own parameters.
macro_rules! extra_setters {
    ($request:ident) => {
        impl $request {
            /// Adds a query parameter. It wins over a named one of the same key, and the last of
            /// several holds.
            pub fn query(mut self, key: impl Into<String>, value: impl ToString) -> Self {
                self.extra.query.set(key.into(), value.to_string());
                self
            }

            /// Adds a header for this call. It wins over the client's default headers and over the
            /// token.
            pub fn header(mut self, name: http::HeaderName, value: http::HeaderValue) -> Self {
                self.extra.headers.insert(name, value);
                self
            }
        }
    };
}
use extra_setters;

plain_endpoint!(SchemasRequest, SchemasResponse, "schemas");
plain_endpoint!(ActionsRequest, ActionsResponse, "actions");

/// Query parameters and headers beside an endpoint's own.
#[derive(Clone, Default, PartialEq)]
struct Extra {
    query: Query,
    headers: HeaderMap,
}

impl Extra {
    /// A request with the query parameters that `named` adds and these.
    fn into_request(
        self,
        method: Method,
        path: &str,
        body: Body,
        named: impl FnOnce(&mut RelativeUri),
    ) -> Result<Request<Body>, InvalidRequest> {
        let mut uri = RelativeUri::new(path, self.query)?;
        named(&mut uri);
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri.finish()?;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}

/// Shows names only: values may be personal data or credentials.
impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extra")
            .field("query", &self.query.keys().collect::<Vec<_>>())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}
