//! `TransportBody`: a response's body as it comes, with errors in the crate's own words.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use super::failure;
use crate::error::Failure;

pin_project! {
    /// The body of a response of [`HttpTransport`](super::HttpTransport).
    ///
    /// It ends without an error only if the whole of it was there. Otherwise the [`Failure`] says
    /// what happened: [`Closed`](FailureKind::Closed) for a connection that was lost or reset,
    /// [`Body`](FailureKind::Body) for broken framing, [`Timeout`](FailureKind::Timeout) for a peer
    /// that no longer answers.
    ///
    /// [`FailureKind`]: crate::FailureKind
    pub struct TransportBody {
        #[pin]
        incoming: Incoming,
    }
}

impl TransportBody {
    pub(super) fn new(incoming: Incoming) -> Self {
        Self { incoming }
    }
}

impl Body for TransportBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let frame = self.project().incoming.poll_frame(cx);
        frame.map_err(|error| failure::of_body(&error))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for TransportBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBody")
            .field("size", &self.size_hint())
            .finish_non_exhaustive()
    }
}
