//! `Body`: the request body, held whole so that a retry can send it again.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;

/// A request body that is held in memory and cheap to clone.
///
/// The Audit Logs API is read-only, so most bodies are empty;
/// [`ApiRequest::json`](crate::ApiRequest::json) fills one. Every attempt of a call sends the same
/// bytes.
#[derive(Clone, Default)]
pub struct Body(Full<Bytes>);

impl Body {
    /// A body without bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether the body has no bytes.
    pub fn is_empty(&self) -> bool {
        http_body::Body::is_end_stream(&self.0)
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(Full::new(bytes.into()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Shows the length only: a body may hold what must not be logged.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = http_body::Body::size_hint(&self.0).lower();
        write!(f, "Body({length} bytes)")
    }
}

/// Marks a request whose `Content-Type` comes from the kind of its body, so that a client's default
/// header may replace it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImpliedContentType;
