//! Retrying failed attempts.

pub(crate) mod retry_after;

pub use tower::retry::RetryLayer;
#[derive(Clone, Debug, Default)]
pub struct RetryPolicy;
impl<B: Clone, R, E> tower::retry::Policy<http::Request<B>, R, E> for RetryPolicy {
    type Future = std::future::Ready<()>;
    fn retry(&mut self, _: &mut http::Request<B>, _: &mut Result<R, E>) -> Option<Self::Future> {
        None
    }
    fn clone_request(&mut self, r: &http::Request<B>) -> Option<http::Request<B>> {
        Some(r.clone())
    }
}
