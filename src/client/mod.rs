//! `AuditLogsClient`: the ready-made stack.

mod builder;
mod http_layer;
mod stack;

use std::{
    env,
    task::{Context, Poll},
};

use tower::Service;

pub use self::{
    builder::AuditLogsClientBuilder,
    http_layer::{HttpLayer, Transport},
};
use crate::{
    endpoint::{ActionsRequest, ApiRequest, Endpoint, LogsRequest, SchemasRequest},
    error::{Error, InvalidConfig},
    paginate::{Entries, Pages, RawEntries},
    response::AuditLogsResponse,
    service::{AuditLogs, Call, ClientService, EndpointService, ResponseFuture},
};

/// A client of the Audit Logs API, ready to use: the layers of this crate in their
/// [order](crate::layers) over a pooled HTTP client.
///
/// It is cheap to clone, and all clones share one connection pool and one rate limit. It is itself
/// a `tower::Service` for every
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
#[derive(Clone, Debug)]
pub struct AuditLogsClient {
    service: AuditLogs<ClientService>,
}

impl AuditLogsClient {
    /// The environment variable that [`from_env`](Self::from_env) reads; the Python SDK's examples
    /// use the same.
    pub const TOKEN_VARIABLE: &'static str = "SLACK_ORG_ADMIN_USER_TOKEN";

    /// A client with every default and this token.
    ///
    /// # Errors
    /// The token is not valid, or the system's certificates cannot be read: see
    /// [`Error::is_build`].
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder().token(token).build()
    }

    /// A client with every default and the token in `SLACK_ORG_ADMIN_USER_TOKEN`.
    ///
    /// # Errors
    /// As [`new`](Self::new), or the variable is not set.
    pub fn from_env() -> Result<Self, Error> {
        let token = env::var(Self::TOKEN_VARIABLE).map_err(|error| {
            let what = match error {
                env::VarError::NotPresent => {
                    "is not set; set it to a user token (xoxp-…) of an organization owner"
                }
                env::VarError::NotUnicode(_) => "is not text",
            };
            InvalidConfig::new(format!("token: {} {what}", Self::TOKEN_VARIABLE))
        })?;
        Self::new(token)
    }

    /// Begins a client whose parts are chosen one by one.
    pub fn builder() -> AuditLogsClientBuilder {
        AuditLogsClientBuilder::new()
    }

    /// Asks `/logs` for a page of events.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn logs(&self, request: LogsRequest) -> Call<ClientService, LogsRequest> {
        self.service.logs(request)
    }

    /// Asks `/schemas` for the kinds of object. Needs no token.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn schemas(&self) -> Call<ClientService, SchemasRequest> {
        self.service.schemas()
    }

    /// Asks `/actions` for the names of all actions. Needs no token.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn actions(&self) -> Call<ClientService, ActionsRequest> {
        self.service.actions()
    }

    /// Makes any call.
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn api_call(&self, request: ApiRequest) -> Call<ClientService, ApiRequest> {
        self.service.api_call(request)
    }

    /// Sends any [`Endpoint`].
    ///
    /// # Errors
    /// See [`Error`]'s predicates.
    pub fn send<E: Endpoint>(&self, request: E) -> Call<ClientService, E> {
        self.service.send(request)
    }

    /// This client as a service of one endpoint only, for combinators that cannot know which is
    /// meant: see [`EndpointService`].
    pub fn endpoint<E: Endpoint>(&self) -> EndpointService<ClientService, E> {
        self.service.clone().endpoint()
    }

    /// A stream of whole pages: see [`AuditLogs::pages`].
    pub fn pages(&self, request: LogsRequest) -> Pages<ClientService> {
        self.service.pages(request)
    }

    /// A stream of typed entries over all pages: see [`AuditLogs::entries`].
    pub fn entries(&self, request: LogsRequest) -> Entries<ClientService> {
        self.service.entries(request)
    }

    /// A stream of entries as they came, over all pages: see [`AuditLogs::raw_entries`].
    pub fn raw_entries(&self, request: LogsRequest) -> RawEntries<ClientService> {
        self.service.raw_entries(request)
    }

    /// The stack, with its type erased: what the streams and the collector take.
    pub fn service(&self) -> &AuditLogs<ClientService> {
        &self.service
    }

    /// The stack, with its type erased.
    pub fn into_service(self) -> AuditLogs<ClientService> {
        self.service
    }
}

impl<E: Endpoint> Service<E> for AuditLogsClient {
    type Response = AuditLogsResponse<E::Response>;
    type Error = Error;
    type Future = ResponseFuture<ClientService, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::<E>::poll_ready(&mut self.service, cx)
    }

    fn call(&mut self, request: E) -> Self::Future {
        self.service.call(request)
    }
}
