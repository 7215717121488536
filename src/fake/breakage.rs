//! What each fault does to a response.

use std::{io, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use tower::BoxError;

use super::body::{FakeBody, Step};
use super::fault::{WireFault, Witness};
use super::gzip;
use super::wire::WireStep;

/// A response after its fault.
pub(crate) enum Broken {
    Response(Response<FakeBody>),
    Error(io::ErrorKind, &'static str),
    Silence,
    Wire(Vec<WireStep>),
}

/// Time for the other side to read what came before a reset, which may overtake it.
const BEFORE_RESET: Duration = Duration::from_millis(20);

const RESET: &str = "connection reset by the embedded API";
const GARBAGE: &[u8] = b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n";
const CLOSED: &str = "connection closed by the embedded API";

/// Breaks a response; `raw` says that wrong bytes can be written, because there is a stream and it
/// is HTTP/1.1.
pub(crate) fn apply(
    fault: WireFault,
    plain: Response<Vec<u8>>,
    raw: bool,
    witness: Witness,
) -> Broken {
    if let Some(broken) = in_sound_http(fault, &plain, &witness) {
        return broken;
    }
    if raw {
        return Broken::Wire(on_the_wire(fault, &plain, witness));
    }
    instead(fault, plain, witness)
}

/// Faults that need no wrong framing are alike over every transport.
fn in_sound_http(fault: WireFault, plain: &Response<Vec<u8>>, witness: &Witness) -> Option<Broken> {
    let body = || Bytes::from(plain.body().clone());
    let length = u64::try_from(plain.body().len()).unwrap_or(0).max(1);
    let steps = match fault {
        WireFault::Silence => {
            witness.fired();
            return Some(Broken::Silence);
        }
        WireFault::SilenceAfterHead => (vec![Step::Witness(witness.clone()), Step::Stall], length),
        WireFault::Drip(pause) => (
            vec![Step::Witness(witness.clone()), Step::Drip(body(), pause)],
            length,
        ),
        WireFault::BadGzip => return Some(gzipped(plain, vec![Step::Data(body())], witness)),
        WireFault::CutGzip => {
            let whole = gzip::compress(plain.body());
            let half = whole.get(..whole.len() / 2).unwrap_or_default().to_vec();
            return Some(gzipped(plain, vec![Step::Data(half.into())], witness));
        }
        WireFault::BadGzipChecksum => {
            let wrong = gzip::with_bad_checksum(plain.body());
            return Some(gzipped(plain, vec![Step::Data(wrong.into())], witness));
        }
        WireFault::GzipBomb(size) => return Some(gzipped(plain, gzip::bomb(size), witness)),
        _ => return None,
    };
    let body = FakeBody::scripted(steps.0, Some(steps.1));
    Some(Broken::Response(with_body(plain, body)))
}

fn gzipped(plain: &Response<Vec<u8>>, mut steps: Vec<Step>, witness: &Witness) -> Broken {
    let lengths = steps.iter().map(|step| match step {
        Step::Data(bytes) => u64::try_from(bytes.len()).unwrap_or(0),
        _ => 0,
    });
    let length = lengths.sum();
    steps.insert(0, Step::Witness(witness.clone()));
    let mut response = with_body(plain, FakeBody::scripted(steps, Some(length)));
    let gzip = HeaderValue::from_static("gzip");
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, gzip);
    Broken::Response(response)
}

/// The bytes that really go over an HTTP/1.1 connection, and how it ends.
fn on_the_wire(fault: WireFault, plain: &Response<Vec<u8>>, witness: Witness) -> Vec<WireStep> {
    let body = plain.body().as_slice();
    let (first, second) = body.split_at(body.len() / 2);
    // At least one byte is always missing, even from an empty body.
    let claimed = u64::try_from(body.len()).unwrap_or(0).max(1);
    let sized = |length: u64| head(plain, &format!("content-length: {length}"));
    let chunked = || head(plain, "transfer-encoding: chunked");
    let chunk =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let (writes, reset): (Vec<Vec<u8>>, bool) = match fault {
        WireFault::ResetBeforeHead => (vec![], true),
        WireFault::ResetInHead => (vec![cut(&sized(claimed))], true),
        WireFault::ResetInBody => (vec![sized(claimed), first.to_vec()], true),
        WireFault::CloseInHead => (vec![cut(&sized(claimed))], false),
        WireFault::CloseInBody => (vec![sized(claimed), first.to_vec()], false),
        WireFault::ShortLength => (vec![sized(claimed / 2), body.to_vec()], false),
        WireFault::LongLength(length) => (vec![sized(length), body.to_vec()], false),
        WireFault::CutChunk => {
            let promised = format!("{:x}\r\n", second.len().max(1) + 1);
            (
                vec![
                    chunked(),
                    non_empty(chunk(first), first),
                    [promised.as_bytes(), second].concat(),
                ],
                false,
            )
        }
        WireFault::BadChunk => (
            vec![
                chunked(),
                non_empty(chunk(first), first),
                [b"zz\r\n", second].concat(),
            ],
            false,
        ),
        WireFault::NoLastChunk => (vec![chunked(), non_empty(chunk(body), body)], false),
        WireFault::GarbageHead => (vec![GARBAGE.to_vec()], false),
        WireFault::CloseIdle(after) => {
            let answer = [sized(u64::try_from(body.len()).unwrap_or(0)), body.to_vec()].concat();
            return vec![
                WireStep::Write(answer.into()),
                WireStep::Pause(after),
                WireStep::Witness(witness),
                WireStep::Close,
            ];
        }
        // What is left is a close before the head; the other faults never come here.
        _ => (vec![], false),
    };
    let mut steps: Vec<WireStep> = writes
        .into_iter()
        .map(|bytes| WireStep::Write(bytes.into()))
        .collect();
    if reset && !steps.is_empty() {
        steps.push(WireStep::Pause(BEFORE_RESET));
    }
    steps.push(WireStep::Witness(witness));
    steps.push(if reset {
        WireStep::Reset
    } else {
        WireStep::Close
    });
    steps
}

/// What a transport would make of the wire's fault, where there is no HTTP/1.1 wire.
fn instead(fault: WireFault, plain: Response<Vec<u8>>, witness: Witness) -> Broken {
    let (mut head, body) = plain.into_parts();
    let length = u64::try_from(body.len()).unwrap_or(0);
    let whole = Bytes::from(body);
    let half = whole.slice(..whole.len() / 2);
    let closed = Step::Fail(io::ErrorKind::UnexpectedEof, CLOSED);
    let (data, end, claimed) = match fault {
        WireFault::ResetInBody => (
            half,
            Some(Step::Fail(io::ErrorKind::ConnectionReset, RESET)),
            length.max(1),
        ),
        WireFault::CloseInBody | WireFault::CutChunk | WireFault::NoLastChunk => {
            (half, Some(closed), length.max(1))
        }
        WireFault::BadChunk => (
            half,
            Some(Step::Fail(io::ErrorKind::InvalidData, "invalid chunk size")),
            length.max(1),
        ),
        WireFault::LongLength(claimed) => (whole, Some(closed), claimed),
        WireFault::ShortLength => (half, None, length / 2),
        // Without a connection of one's own there is none to close afterwards.
        WireFault::CloseIdle(_) => (whole, None, length),
        WireFault::ResetBeforeHead | WireFault::ResetInHead => {
            witness.fired();
            return Broken::Error(io::ErrorKind::ConnectionReset, RESET);
        }
        WireFault::GarbageHead => {
            witness.fired();
            return Broken::Error(io::ErrorKind::InvalidData, "the response is not HTTP");
        }
        _ => {
            witness.fired();
            return Broken::Error(io::ErrorKind::UnexpectedEof, CLOSED);
        }
    };
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(claimed));
    // Over HTTP/2 an error would otherwise overtake the head.
    let pause = end.is_some().then_some(Step::Pause(BEFORE_RESET));
    let steps = [Step::Data(data)]
        .into_iter()
        .chain(pause)
        .chain([Step::Witness(witness)])
        .chain(end);
    let body = FakeBody::scripted(steps, Some(claimed));
    Broken::Response(Response::from_parts(head, body))
}

/// How a whole connection ends when one exchange failed with this error.
pub(crate) fn of_connection(error: &BoxError) -> Vec<WireStep> {
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::UnexpectedEof) => vec![WireStep::Close],
        Some(io::ErrorKind::InvalidData) => {
            vec![WireStep::Write(GARBAGE.into()), WireStep::Close]
        }
        _ => vec![WireStep::Reset],
    }
}

fn with_body(plain: &Response<Vec<u8>>, body: FakeBody) -> Response<FakeBody> {
    let mut response = Response::new(body);
    *response.status_mut() = plain.status();
    response.headers_mut().clone_from(plain.headers());
    response
}

/// A response's head as HTTP/1.1 writes it, with this line for the framing.
fn head(plain: &Response<Vec<u8>>, framing: &str) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {}\r\n", plain.status()).into_bytes();
    for (name, value) in plain.headers() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(framing.as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    out
}

/// An empty chunk would be the last one.
fn non_empty(chunk: Vec<u8>, bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() { Vec::new() } else { chunk }
}

fn cut(bytes: &[u8]) -> Vec<u8> {
    bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec()
}
