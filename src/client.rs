//! `AuditLogsClient`: the ready-made stack.

mod builder;
mod erased;
mod stack;

use std::{
    env, fmt,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tower::{BoxError, Service};

pub use self::{
    builder::AuditLogsClientBuilder,
    erased::{HttpLayer, HttpService},
};
use crate::{
    endpoint::{ApiRequest, Endpoint, LogsRequest},
    error::{Error, InvalidConfig},
    model::{ActionsResponse, LogsResponse, SchemasResponse},
    response::AuditLogsResponse,
    service::{AuditLogs, ResponseFuture},
};

/// A client of the Audit Logs API, ready to use: the layers of this crate in their [order](crate::layers) over a pooled HTTP client.
///
/// It is cheap to clone, and all clones share one connection pool and one rate limit. It is itself a `tower::Service` for every
/// [`Endpoint`], so it fits below more layers.
///
/// ```no_run
/// use slack_audit_logs::{AuditLogsClient, LogsRequest};
///
/// # async fn example() -> Result<(), slack_audit_logs::Error> {
/// let client = AuditLogsClient::from_env()?;
/// let response = client.logs(LogsRequest::new().action("user_login").limit(10)).await?;
/// for entry in &response.typed_body()?.entries {
///     println!("{entry:?}");
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AuditLogsClient {
    service: AuditLogs<HttpService>,
}

impl AuditLogsClient {
    /// The environment variable that [`from_env`](Self::from_env) reads; the Python SDK's examples use the same.
    pub const TOKEN_VARIABLE: &'static str = "SLACK_ORG_ADMIN_USER_TOKEN";

    /// A client with every default and this token.
    ///
    /// # Errors
    /// The token is none, or the system's certificates cannot be read: see [`Error::is_build`].
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder().token(token).build()
    }

    /// A client with every default and the token in `SLACK_ORG_ADMIN_USER_TOKEN`.
    ///
    /// # Errors
    /// As [`new`](Self::new), or the variable is not set.
    pub fn from_env() -> Result<Self, Error> {
        match env::var(Self::TOKEN_VARIABLE) {
            Ok(token) => Self::new(token),
            Err(env::VarError::NotPresent) => Err(InvalidConfig::new(format!(
                "token: {} is not set; set it to a user token (xoxp-…) of an organization owner",
                Self::TOKEN_VARIABLE
            ))
            .into()),
            Err(env::VarError::NotUnicode(_)) => Err(InvalidConfig::new(format!(
                "token: {} is not text",
                Self::TOKEN_VARIABLE
            ))
            .into()),
        }
    }

    /// Begins a client whose parts are chosen one by one.
    pub fn builder() -> AuditLogsClientBuilder {
        AuditLogsClientBuilder::new()
    }

    /// Asks `/logs` for a page of events.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub async fn logs(
        &self,
        request: LogsRequest,
    ) -> Result<AuditLogsResponse<LogsResponse>, Error> {
        self.service.logs(request).await
    }

    /// Asks `/schemas` for the kinds of object. Needs no token.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub async fn schemas(&self) -> Result<AuditLogsResponse<SchemasResponse>, Error> {
        self.service.schemas().await
    }

    /// Asks `/actions` for the names of all actions. Needs no token.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub async fn actions(&self) -> Result<AuditLogsResponse<ActionsResponse>, Error> {
        self.service.actions().await
    }

    /// Makes any call.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub async fn api_call(
        &self,
        request: ApiRequest,
    ) -> Result<AuditLogsResponse<serde_json::Value>, Error> {
        self.service.api_call(request).await
    }

    /// Sends any [`Endpoint`].
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub async fn send<E: Endpoint>(
        &self,
        request: E,
    ) -> Result<AuditLogsResponse<E::Response>, Error> {
        self.service.send(request).await
    }

    /// The stack, with its type erased: what the streams and the collector take.
    pub fn service(&self) -> &AuditLogs<HttpService> {
        &self.service
    }

    /// The stack, with its type erased.
    pub fn into_service(self) -> AuditLogs<HttpService> {
        self.service
    }
}

impl<E: Endpoint> Service<E> for AuditLogsClient {
    type Response = AuditLogsResponse<E::Response>;
    type Error = Error;
    type Future =
        ResponseFuture<BoxFuture<'static, Result<http::Response<Bytes>, BoxError>>, E::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::<E>::poll_ready(&mut self.service, cx)
    }

    fn call(&mut self, request: E) -> Self::Future {
        self.service.call(request)
    }
}

impl fmt::Debug for AuditLogsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLogsClient").finish_non_exhaustive()
    }
}
