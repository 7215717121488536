//! `BaseUrlLayer`: makes the relative URL of a request absolute, and fixes its origin.

use std::fmt;

use http::{
    Request, Uri,
    uri::{InvalidUri, PathAndQuery},
};
use tower::{
    BoxError, Layer,
    filter::{Filter, Predicate},
};

use crate::{
    call_record::CallRecord,
    error::{Failure, FailureKind, InvalidConfig},
    url::{DisplayUrl, Origin, parse_base_url},
};

/// Makes relative URLs absolute; see the [order of the stack](crate::layers).
///
/// It is the [`Predicate`] of a tower [`Filter`].
///
/// `/logs?limit=1` under `https://api.slack.com/audit/v1/` becomes
/// `https://api.slack.com/audit/v1/logs?limit=1`; whether the base ends with a slash makes no
/// difference. A request that is absolute already passes if it has the base's origin and is refused
/// otherwise, so nothing above can send a request elsewhere. The absolute URL is noted in the
/// [`CallRecord`].
///
/// ```
/// use slack_audit_logs::{http, layers::BaseUrlLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
/// let service = ServiceBuilder::new()
///     .layer(BaseUrlLayer::new("https://api.slack-gov.com/audit/v1")?)
///     .service_fn(|request: http::Request<()>| async move {
///         Ok::<_, std::io::Error>(request.uri().to_string())
///     });
/// let request = http::Request::get("/logs?limit=1").body(())?;
/// assert_eq!(
///     service.oneshot(request).await?,
///     "https://api.slack-gov.com/audit/v1/logs?limit=1"
/// );
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct BaseUrlLayer {
    base: Uri,
}

impl BaseUrlLayer {
    /// The base URL of Slack's commercial service (Slack's reference, "Audit Logs API methods &
    /// actions").
    pub const SLACK: &'static str = "https://api.slack.com/audit/v1/";

    /// A layer for this base URL, with or without a slash at its end.
    ///
    /// # Errors
    /// It is not an absolute `http` or `https` URL, or has credentials, a query or a fragment.
    pub fn new(url: impl AsRef<str>) -> Result<Self, InvalidConfig> {
        let (base, _) = parse_base_url(url.as_ref()).map_err(InvalidConfig::new)?;
        Ok(Self { base })
    }

    /// Whether all requests stay on this machine, without TLS.
    #[cfg(feature = "client")]
    pub(crate) fn is_plain_loopback(&self) -> bool {
        Origin::of(&self.base).is_some_and(|origin| origin.is_plain_loopback())
    }

    /// The URL that a request goes to.
    fn resolve(&self, uri: &Uri) -> Result<Uri, Failure> {
        if uri.authority().is_some() {
            if Origin::of(uri) == Origin::of(&self.base) {
                return Ok(uri.clone());
            }
            let message = "the request's URL has another origin than the base URL";
            return Err(Failure::new(FailureKind::Refused, message));
        }
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let base = self.base.path().trim_end_matches('/');
        let joined = [base, "/", path.trim_start_matches('/')].concat();
        let mut parts = self.base.clone().into_parts();
        let no_url = |error: http::Error| {
            Failure::new(FailureKind::Refused, "the request's path makes no URL").with_source(error)
        };
        // Takes the bytes as they are, without a copy.
        let joined = PathAndQuery::from_maybe_shared(bytes::Bytes::from(joined));
        parts.path_and_query = Some(joined.map_err(|error: InvalidUri| no_url(error.into()))?);
        Uri::from_parts(parts).map_err(|error| no_url(error.into()))
    }
}

impl<B> Predicate<Request<B>> for BaseUrlLayer {
    type Request = Request<B>;

    fn check(&mut self, mut request: Request<B>) -> Result<Request<B>, BoxError> {
        let url = self.resolve(request.uri())?;
        if let Some(record) = CallRecord::of(&request) {
            record.set_url(url.clone());
        }
        *request.uri_mut() = url;
        Ok(request)
    }
}

impl<S> Layer<S> for BaseUrlLayer {
    type Service = Filter<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        Filter::new(inner, self.clone())
    }
}

impl fmt::Debug for BaseUrlLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseUrlLayer")
            .field("base", &DisplayUrl(&self.base))
            .finish()
    }
}
