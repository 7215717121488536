//! `CollectBodyLayer`: the whole body as [`Bytes`], up to a limit.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, BufMut, Bytes};
use http::{Response, response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{BoxError, Layer, Service};

use crate::error::{Failure, FailureKind};

/// How long the body of a response that is no success is waited for: it only explains the status.
const ERROR_BODY_PATIENCE: Duration = Duration::from_secs(5);

/// Collects response bodies; see the [order of the stack](crate::layers).
///
/// It stands above the decompression, so the limit counts what a body becomes, not what came over
/// the wire. A body that breaks is the attempt's failure: nobody above ever sees a part of one. A
/// larger one, or one whose `Content-Length` says so, is refused as [`FailureKind::BodyTooLarge`]
/// without being read to its end. The buffer doubles as the body comes: with what is moved
/// meanwhile that is less than three times the body, and less than twice the limit. It goes up as
/// it is, with room for less than twice the body.
///
/// A response that is no success is told by its head: if its body breaks, is over the limit or
/// takes longer than five seconds, the response goes up without a body, with its status and its
/// headers (`Retry-After` among them).
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use slack_audit_logs::{FailureKind, http, layers::CollectBodyLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower::BoxError> {
/// let service = ServiceBuilder::new()
///     .layer(CollectBodyLayer::new(4))
///     .service_fn(|body: &'static str| async move {
///         Ok::<_, std::io::Error>(http::Response::new(Full::<Bytes>::from(body)))
///     });
/// assert_eq!(service.clone().oneshot("1234").await?.into_body(), Bytes::from("1234"));
/// let error = service.oneshot("12345").await.unwrap_err();
/// assert_eq!(FailureKind::of(&*error), FailureKind::BodyTooLarge);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CollectBodyLayer {
    limit: usize,
}

impl CollectBodyLayer {
    /// The default limit: 64 MiB, some eight times the largest page seen.
    pub const DEFAULT_LIMIT: usize = 64 << 20;

    /// Bodies may have this many bytes after decompression.
    pub const fn new(limit: usize) -> Self {
        Self { limit }
    }
}

impl Default for CollectBodyLayer {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

impl<S> Layer<S> for CollectBodyLayer {
    type Service = CollectBody<S>;

    fn layer(&self, inner: S) -> CollectBody<S> {
        CollectBody {
            inner,
            limit: self.limit,
        }
    }
}

/// The service of [`CollectBodyLayer`].
#[derive(Clone, Copy, Debug)]
pub struct CollectBody<S> {
    inner: S,
    limit: usize,
}

impl<S, R, B> Service<R> for CollectBody<S>
where
    S: Service<R, Response = Response<B>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    type Response = Response<Bytes>;
    type Error = BoxError;
    type Future = CollectBodyFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        CollectBodyFuture {
            state: CollectState::Head {
                future: self.inner.call(request),
            },
            limit: self.limit,
        }
    }
}

pin_project! {
    /// The response of [`CollectBody`].
    #[must_use = "futures do nothing unless polled"]
    pub struct CollectBodyFuture<F, B> {
        #[pin]
        state: CollectState<F, B>,
        limit: usize,
    }
}

pin_project! {
    #[project = CollectStateProj]
    enum CollectState<F, B> {
        Head { #[pin] future: F },
        Body {
            parts: Option<response::Parts>,
            #[pin] body: B,
            collected: Vec<u8>,
            // Only for a response that is told by its head.
            #[pin] patience: Option<Sleep>,
        },
    }
}

impl<F, B, E> Future for CollectBodyFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<Bytes>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let limit = *this.limit;
        loop {
            match this.state.as_mut().project() {
                CollectStateProj::Head { future } => {
                    let (parts, body) = ready!(future.poll(cx)).map_err(Into::into)?.into_parts();
                    let patience = (!parts.status.is_success() && !body.is_end_stream())
                        .then(|| sleep(ERROR_BODY_PATIENCE));
                    this.state.set(CollectState::Body {
                        parts: Some(parts),
                        body,
                        collected: Vec::new(),
                        patience,
                    });
                }
                CollectStateProj::Body {
                    parts,
                    body,
                    collected,
                    patience,
                } => {
                    let body = match poll_collect(collected, body, limit, cx) {
                        Poll::Ready(body) => body,
                        Poll::Pending => {
                            match patience.as_pin_mut() {
                                Some(patience) => ready!(patience.poll(cx)),
                                None => return Poll::Pending,
                            }
                            Ok(Bytes::new())
                        }
                    };
                    let Some(parts) = parts.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(match body {
                        Ok(body) => Ok(Response::from_parts(parts, body)),
                        Err(error) if parts.status.is_success() => Err(error),
                        Err(error) => {
                            tracing::debug!(
                                error.type = FailureKind::of(&*error).name(),
                                "the body of a response that is no success was lost",
                            );
                            Ok(Response::from_parts(parts, Bytes::new()))
                        }
                    });
                }
            }
        }
    }
}

fn too_large(limit: usize) -> BoxError {
    let message = format!("the response's body has more than {limit} bytes");
    Failure::new(FailureKind::BodyTooLarge, message).into()
}

/// What breaks a body is the body's failure, unless something below says it better.
fn broken(error: impl Into<BoxError>) -> BoxError {
    let error = error.into();
    let kind = match error.downcast_ref::<io::Error>() {
        // Compressed data that ends too early, in valid HTTP: where a connection does, the
        // transport says so below it.
        Some(io) if io.kind() == io::ErrorKind::UnexpectedEof => match io.get_ref() {
            Some(inner) => FailureKind::of(inner),
            None => FailureKind::Body,
        },
        _ => FailureKind::of(&*error as &(dyn StdError + 'static)),
    };
    let failure = match kind {
        FailureKind::Other | FailureKind::Body => {
            Failure::new(FailureKind::Body, "the response's body is broken")
        }
        kind => Failure::new(kind, "the response's body broke off"),
    };
    failure.with_source(error).into()
}

impl<F, B> fmt::Debug for CollectBodyFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectBodyFuture")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Made ready for a body that declares so much, and no more before it comes.
const MOST_AT_FIRST: usize = 128 << 10;

/// Reads to the end of a body, or to the first thing that is wrong with it.
fn poll_collect<B: Body<Error: Into<BoxError>>>(
    buffer: &mut Vec<u8>,
    mut body: Pin<&mut B>,
    limit: usize,
    cx: &mut Context<'_>,
) -> Poll<Result<Bytes, BoxError>> {
    if buffer.is_empty() {
        // What a Content-Length declares is refused before a byte of it is read.
        let declared = body.size_hint().lower();
        if declared > limit as u64 {
            return Poll::Ready(Err(too_large(limit)));
        }
        let declared = usize::try_from(declared).unwrap_or(usize::MAX);
        buffer.reserve(declared.min(MOST_AT_FIRST));
    }
    while let Some(frame) = ready!(body.as_mut().poll_frame(cx)) {
        // Trailers have no place in a collected body.
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            if data.remaining() > limit - buffer.len() {
                return Poll::Ready(Err(too_large(limit)));
            }
            push(buffer, data, limit);
        }
    }
    // Only where far more was declared than came. glibc asks the system for memory from the
    // size on that it last got back: of a buffer that is cut, each time for all of it.
    if buffer.len() < buffer.capacity() / 2 {
        buffer.shrink_to_fit();
    }
    Poll::Ready(Ok(std::mem::take(buffer).into()))
}

/// Takes data that is within the limit, as the buffer is, which doubles.
///
/// The data is copied out of the frames: a frame of one byte may keep a whole read buffer alive,
/// and a body of such frames would cost many times its length.
fn push(buffer: &mut Vec<u8>, data: impl Buf, limit: usize) {
    let (length, capacity) = (buffer.len(), buffer.capacity());
    let needed = length + data.remaining();
    if needed > capacity {
        let capacity = needed.max(2 * capacity).min(limit);
        buffer.reserve_exact(capacity - length);
    }
    buffer.put(data);
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body::{Frame, SizeHint};

    use super::*;

    /// A body that declares more than it has.
    struct Declared(u64, Option<Bytes>);

    impl Body for Declared {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Ready(self.1.take().map(|data| Ok(Frame::data(data))))
        }

        fn size_hint(&self) -> SizeHint {
            let mut hint = SizeHint::new();
            hint.set_lower(self.0);
            hint
        }
    }

    #[test]
    fn memory_follows_what_comes_and_not_what_is_declared() {
        for (declared, length, capacity) in [
            (0, 10, 10),
            (1_000, 1_000, 1_000),
            (1_000, 500, 1_000),
            (1_000, 499, 499),
            (1 << 30, 100_000, 128 << 10),
            (1 << 30, 1_000, 1_000),
        ] {
            let mut collected = Vec::new();
            let mut body = Declared(declared, Some(Bytes::from(vec![7; length])));
            let collect = std::future::poll_fn(|cx| {
                poll_collect(&mut collected, Pin::new(&mut body), 2 << 30, cx)
            });
            let bytes = collect.now_or_never().expect("ready").expect("whole");
            assert_eq!(bytes.len(), length);
            let buffer = bytes.try_into_mut().expect("nobody else has it");
            assert_eq!(buffer.capacity(), capacity, "{declared} {length}");
        }
    }

    #[test]
    fn a_buffer_doubles_and_never_beyond_the_limit() {
        let mut collected = Vec::new();
        let steps = [
            (100, 100),
            (1, 200),
            (99, 200),
            (1, 400),
            (700, 901),
            (99, 1_000),
        ];
        for (length, capacity) in steps {
            push(&mut collected, &vec![7; length][..], 1_000);
            assert_eq!(collected.capacity(), capacity, "{length}");
        }
        assert_eq!(collected.len(), 1_000);
    }
}
