//! `DecompressionLayer`: asks for compressed bodies and takes the compression away.

use std::{
    fmt,
    io::{self, BufRead, Read},
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use futures_util::{TryFutureExt, future::MapOk};
use http::{HeaderMap, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{BoxError, Layer, Service};
use tower_http::decompression;

/// How much is decoded for a frame, where so much is there: what a body can grow by between two
/// looks at its limit.
const FRAME: usize = 32 << 10;

/// Asks for compressed responses and decodes them; see the [order of the stack](crate::layers).
///
/// It is tower-http's, but for gzip, of which that reads one member under one name: here `gzip` and
/// `x-gzip` are decoded (RFC 9110, section 8.4.1.3), of one member or of several (RFC 1952, section
/// 2.2). The features `brotli`, `deflate` and `zstd` add their encodings.
///
/// What decoding makes of a body is not bounded here: [`CollectBodyLayer`](super::CollectBodyLayer)
/// above it does that.
#[derive(Clone, Debug, Default)]
pub struct DecompressionLayer {
    others: decompression::DecompressionLayer,
}

impl DecompressionLayer {
    /// Every encoding that is built in.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for DecompressionLayer {
    type Service = decompression::Decompression<Gunzip<S>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.others.layer(Gunzip { inner })
    }
}

/// The part of [`DecompressionLayer`] that decodes gzip.
#[derive(Clone, Debug)]
pub struct Gunzip<S> {
    inner: S,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Gunzip<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<GunzipBody<ResBody>>;
    type Error = S::Error;
    type Future = MapOk<S::Future, fn(Response<ResBody>) -> Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        self.inner.call(request).map_ok(decoded)
    }
}

fn decoded<B>(response: Response<B>) -> Response<GunzipBody<B>> {
    let (mut head, body) = response.into_parts();
    let coding = if is_gzip(&head.headers) {
        head.headers.remove(header::CONTENT_ENCODING);
        head.headers.remove(header::CONTENT_LENGTH);
        Coding::Gzip {
            decoder: Box::new(MultiGzDecoder::new(Compressed::default())),
            buffer: Vec::new(),
        }
    } else {
        Coding::Other
    };
    Response::from_parts(head, GunzipBody { body, coding })
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, second) = (codings.next(), codings.next());
    first.filter(|_| second.is_none()).is_some_and(|coding| {
        let coding = coding.as_bytes().trim_ascii();
        coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip")
    })
}

pin_project! {
    /// A response's body without gzip.
    pub struct GunzipBody<B> {
        #[pin]
        body: B,
        coding: Coding,
    }
}

enum Coding {
    /// None, or one that is not decoded here.
    Other,
    Gzip {
        decoder: Box<MultiGzDecoder<Compressed>>,
        /// Where it decodes to: a whole frame in length, or empty.
        buffer: Vec<u8>,
    },
    Ended,
}

/// What has come and is not decoded yet.
#[derive(Default)]
struct Compressed {
    data: Bytes,
    /// An empty body is none that was compressed: a response to HEAD may have the header.
    begun: bool,
    ended: bool,
}

/// Until its end it would block where nothing is left.
impl BufRead for Compressed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.data.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.data)
    }

    fn consume(&mut self, amount: usize) {
        self.data.advance(amount.min(self.data.len()));
    }
}

impl Read for Compressed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(to)?;
        self.consume(read);
        Ok(read)
    }
}

/// The next piece of a body, or `WouldBlock`.
fn decode(
    decoder: &mut MultiGzDecoder<Compressed>,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Bytes>> {
    if decoder.get_mut().fill_buf()?.is_empty() && !decoder.get_ref().begun {
        return Ok(None);
    }
    buffer.resize(FRAME, 0);
    let length = decoder.read(buffer)?;
    let data = buffer.get(..length).unwrap_or_default();
    Ok(match length {
        0 => None,
        // Nobody is to keep a whole buffer for a few bytes.
        length if length < FRAME / 2 => Some(Bytes::copy_from_slice(data)),
        _ => {
            buffer.truncate(length);
            Some(mem::take(buffer).into())
        }
    })
}

/// The next frame of a body that is gzip.
fn poll_decoded<B: Body<Error: Into<BoxError>>>(
    decoder: &mut MultiGzDecoder<Compressed>,
    buffer: &mut Vec<u8>,
    mut body: Pin<&mut B>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
    loop {
        match decode(decoder, buffer) {
            Ok(data) => return Poll::Ready(data.map(|data| Ok(Frame::data(data)))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Some(Err(error.into()))),
        }
        let compressed = decoder.get_mut();
        match ready!(body.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    compressed.data = in_one(data);
                    compressed.begun |= !compressed.data.is_empty();
                }
                Err(trailers) => return Poll::Ready(Some(Ok(trailers.map_data(in_one)))),
            },
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => compressed.ended = true,
        }
    }
}

fn in_one(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl<B: Body<Error: Into<BoxError>>> Body for GunzipBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let frame = match this.coding {
            Coding::Ended => None,
            Coding::Other => {
                let frame = ready!(this.body.poll_frame(cx)).transpose();
                let frame = frame.map_err(Into::into)?;
                return Poll::Ready(frame.map(|frame| Ok(frame.map_data(in_one))));
            }
            Coding::Gzip { decoder, buffer } => {
                ready!(poll_decoded(decoder, buffer, this.body, cx))
            }
        };
        if !matches!(frame, Some(Ok(_))) {
            *this.coding = Coding::Ended;
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        match self.coding {
            Coding::Other => self.body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl<B> fmt::Debug for GunzipBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GunzipBody").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use futures_util::FutureExt;
    use http_body_util::{BodyExt, Full};

    use super::*;

    /// The capacities of the pieces that so many bytes come in.
    fn capacities(length: usize) -> Vec<usize> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&vec![7; length]).expect("in memory");
        let body = Full::new(Bytes::from(gzip.finish().expect("in memory")));
        let response = Response::builder().header("content-encoding", "gzip");
        let mut body = decoded(response.body(body).expect("a response")).into_body();
        let mut capacities = Vec::new();
        while let Some(frame) = body.frame().now_or_never().expect("ready") {
            let data = frame.expect("whole").into_data().expect("data");
            capacities.push(data.try_into_mut().expect("nobody else has it").capacity());
        }
        capacities
    }

    #[test]
    fn a_few_bytes_keep_no_whole_buffer() {
        let half = FRAME / 2;
        for (length, expected) in [
            (0, &[][..]),
            (10, &[10]),
            (half - 1, &[half - 1]),
            (half, &[FRAME]),
            (FRAME, &[FRAME]),
            (FRAME + 10, &[FRAME, 10]),
            (2 * FRAME + half, &[FRAME; 3]),
        ] {
            assert_eq!(capacities(length), expected, "{length}");
        }
    }
}
