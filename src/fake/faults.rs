//! Faults on the wire, one per request: their names, and what each does to a response.

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use tower::BoxError;

use super::{
    body::{FakeBody, Instruction},
    gzip,
};

/// A way in which the connection or the response's bytes break.
///
/// Over a socket or any other stream the bytes really are wrong, and a reset is a TCP reset. Over
/// HTTP/2 and without a socket, what breaks HTTP/1.1's framing becomes the error that a transport
/// would report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireFault {
    /// The connection is reset before a byte of the response.
    ResetBeforeHead,
    /// The connection is reset within the response's headers.
    ResetInHead,
    /// The connection is reset in the middle of the body.
    ResetInBody,
    /// The connection is closed in good order before a byte of the response.
    CloseBeforeHead,
    /// The connection is closed in good order within the response's headers.
    CloseInHead,
    /// The connection is closed in good order in the middle of the body, short of its
    /// `Content-Length`.
    CloseInBody,
    /// `Content-Length` is smaller than what is sent.
    ShortLength,
    /// `Content-Length` claims this many bytes; the body is sent, then the connection is closed.
    LongLength(u64),
    /// A chunked body is closed in the middle of a chunk.
    CutChunk,
    /// A chunked body has a chunk size that is not a number.
    BadChunk,
    /// A chunked body is closed between two chunks, without the last one.
    NoLastChunk,
    /// The response's head is not HTTP.
    GarbageHead,
    /// The body comes one byte at a time, with this pause before each.
    Drip(Duration),
    /// No response, ever; the connection stays open.
    Silence,
    /// The head and then nothing; the connection stays open.
    SilenceAfterHead,
    /// The body claims to be gzip and is not.
    BadGzip,
    /// The gzip body ends early, in valid HTTP.
    CutGzip,
    /// The gzip body has a wrong checksum.
    BadGzipChecksum,
    /// A small gzip body that becomes this many bytes of JSON, 1 TiB at most.
    GzipBomb(u64),
    /// A request on a connection that has already served one finds it closed. Waits for such a
    /// request.
    CloseOnReuse,
    /// The response is whole; this long after it the connection is closed, whatever the client
    /// sends.
    CloseIdle(Duration),
}

impl WireFault {
    /// The faults without a value, by their names in a script.
    pub(super) const NAMES: [(&str, Self); 17] = [
        ("reset-before-head", Self::ResetBeforeHead),
        ("reset-in-head", Self::ResetInHead),
        ("reset-in-body", Self::ResetInBody),
        ("close-before-head", Self::CloseBeforeHead),
        ("close-in-head", Self::CloseInHead),
        ("close-in-body", Self::CloseInBody),
        ("short-length", Self::ShortLength),
        ("cut-chunk", Self::CutChunk),
        ("bad-chunk", Self::BadChunk),
        ("no-last-chunk", Self::NoLastChunk),
        ("garbage-head", Self::GarbageHead),
        ("silence", Self::Silence),
        ("silence-after-head", Self::SilenceAfterHead),
        ("bad-gzip", Self::BadGzip),
        ("cut-gzip", Self::CutGzip),
        ("bad-gzip-checksum", Self::BadGzipChecksum),
        ("close-on-reuse", Self::CloseOnReuse),
    ];
}

/// The faults that took effect, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultLog(Arc<Mutex<Vec<WireFault>>>);

impl FaultLog {
    fn lock(&self) -> MutexGuard<'_, Vec<WireFault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn list(&self) -> Vec<WireFault> {
        self.lock().clone()
    }

    pub(super) fn add(&self, fault: WireFault) {
        self.lock().push(fault);
    }
}

/// A response after its fault.
pub(super) enum Broken {
    /// Valid HTTP, whatever its body does.
    Response(Response<FakeBody>),
    /// What a transport would report.
    Error(ErrorKind),
    Silence,
    /// What is done to the connection instead.
    Connection(Vec<Instruction>),
}

/// Time for the other side to read what came before a reset, which may overtake it.
const BEFORE_RESET: Duration = Duration::from_millis(20);

const GARBAGE: &[u8] = b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n";

/// Breaks a response. `raw` says that wrong bytes can be written, because there is a stream and it
/// speaks HTTP/1.1.
pub(super) fn apply(
    fault: WireFault,
    response: Response<Vec<u8>>,
    raw: bool,
    log: &FaultLog,
) -> Broken {
    let (mut head, body) = response.into_parts();
    let body = Bytes::from(body);
    let length = body.len() as u64;
    let fired = || Instruction::Fired(fault, log.clone());
    let mut gzipped = |instructions: Vec<Instruction>| {
        let gzip = HeaderValue::from_static("gzip");
        head.headers.insert(header::CONTENT_ENCODING, gzip);
        let length = instructions.iter().map(Instruction::length).sum();
        (instructions, length)
    };
    // Where HTTP stays valid, all transports are alike.
    let (instructions, claimed) = match fault {
        WireFault::Silence => {
            log.add(fault);
            return Broken::Silence;
        }
        WireFault::SilenceAfterHead => (vec![Instruction::Stall], length.max(1)),
        WireFault::Drip(pause) => (vec![Instruction::Drip(body, pause)], length.max(1)),
        WireFault::BadGzip => gzipped(vec![Instruction::Write(body)]),
        WireFault::CutGzip => {
            let mut gzip = gzip::compress(&body);
            gzip.truncate(gzip.len() / 2);
            gzipped(vec![Instruction::Write(gzip.into())])
        }
        WireFault::BadGzipChecksum => {
            let gzip = gzip::with_bad_checksum(&body).into();
            gzipped(vec![Instruction::Write(gzip)])
        }
        WireFault::GzipBomb(size) => gzipped(gzip::bomb(size)),
        _ => {
            let broken = framing(fault, &body);
            let response = Response::from_parts(head, body);
            return if raw {
                Broken::Connection(broken.on_the_wire(&response, fired()))
            } else {
                broken.without_a_wire(response, fault, log)
            };
        }
    };
    let instructions = [fired()].into_iter().chain(instructions);
    let body = FakeBody::new(instructions, claimed);
    Broken::Response(Response::from_parts(head, body))
}

/// A response that breaks HTTP/1.1's framing.
struct BrokenFraming {
    head: Head,
    /// The body as it is written on the wire, framing included.
    wire: Vec<u8>,
    /// What a transport would make of it.
    data: Bytes,
    /// Between the response and its end.
    pause: Duration,
    /// How it ends; without a wire some faults end well.
    end: ErrorKind,
    ends_well: bool,
}

enum Head {
    Nothing,
    Garbage,
    Half,
    Length(u64),
    Chunked,
}

fn framing(fault: WireFault, body: &Bytes) -> BrokenFraming {
    let (first, second) = body.split_at(body.len() / 2);
    // At least one byte is always missing, even from an empty body.
    let whole = body.len() as u64;
    let length = whole.max(1);
    let half = body.slice(..first.len());
    // An empty chunk would be the last one.
    let chunk = |bytes: &[u8]| match bytes.len() {
        0 => Vec::new(),
        length => [format!("{length:x}\r\n").as_bytes(), bytes, b"\r\n"].concat(),
    };
    let (reset, closed) = (ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof);
    let (head, wire, data, end) = match fault {
        WireFault::ResetBeforeHead => (Head::Nothing, vec![], Bytes::new(), reset),
        WireFault::ResetInHead => (Head::Half, vec![], Bytes::new(), reset),
        WireFault::CloseInHead => (Head::Half, vec![], Bytes::new(), closed),
        WireFault::GarbageHead => (Head::Garbage, vec![], Bytes::new(), ErrorKind::InvalidData),
        WireFault::ResetInBody => (Head::Length(length), first.to_vec(), half, reset),
        WireFault::CloseInBody => (Head::Length(length), first.to_vec(), half, closed),
        WireFault::ShortLength => (Head::Length(length / 2), body.to_vec(), half, closed),
        WireFault::LongLength(n) => (Head::Length(n), body.to_vec(), body.clone(), closed),
        WireFault::CutChunk => {
            let promised = format!("{:x}\r\n", second.len() + 2);
            let wire = [&chunk(first), promised.as_bytes(), second].concat();
            (Head::Chunked, wire, half, closed)
        }
        WireFault::BadChunk => {
            let wire = [&chunk(first), &b"zz\r\n"[..], second].concat();
            (Head::Chunked, wire, half, ErrorKind::InvalidData)
        }
        WireFault::NoLastChunk => (Head::Chunked, chunk(body), half, closed),
        WireFault::CloseIdle(_) => (Head::Length(whole), body.to_vec(), body.clone(), closed),
        // What is left is a close before the head; the other faults never come here.
        _ => (Head::Nothing, vec![], Bytes::new(), closed),
    };
    BrokenFraming {
        pause: match fault {
            WireFault::CloseIdle(after) => after,
            _ if end == reset => BEFORE_RESET,
            _ => Duration::ZERO,
        },
        ends_well: matches!(fault, WireFault::ShortLength | WireFault::CloseIdle(_)),
        head,
        wire,
        data,
        end,
    }
}

impl BrokenFraming {
    fn on_the_wire(self, response: &Response<Bytes>, fired: Instruction) -> Vec<Instruction> {
        let mut head = match self.head {
            Head::Nothing => Vec::new(),
            Head::Garbage => GARBAGE.to_vec(),
            Head::Chunked => head(response, "transfer-encoding: chunked"),
            Head::Length(length) => head(response, &format!("content-length: {length}")),
            Head::Half => head(response, "content-length: 1"),
        };
        if matches!(self.head, Head::Half) {
            head.truncate(head.len() / 2);
        }
        head.extend_from_slice(&self.wire);
        let write = Instruction::Write(head.into());
        let fail = Instruction::Fail(self.end);
        if self.pause.is_zero() {
            // Noted before a client can see it.
            vec![fired, write, fail]
        } else {
            vec![write, Instruction::Pause(self.pause), fired, fail]
        }
    }

    fn without_a_wire(self, response: Response<Bytes>, fault: WireFault, log: &FaultLog) -> Broken {
        let claimed = match self.head {
            Head::Length(length) => length,
            Head::Chunked => (response.body().len() as u64).max(1),
            Head::Nothing | Head::Garbage | Head::Half => {
                log.add(fault);
                return Broken::Error(self.end);
            }
        };
        let (mut head, _) = response.into_parts();
        head.headers.insert(header::CONTENT_LENGTH, claimed.into());
        let mut instructions = vec![Instruction::Write(self.data)];
        if !self.ends_well {
            // Over HTTP/2 an error would otherwise overtake the head.
            instructions.push(Instruction::Pause(BEFORE_RESET));
        }
        instructions.push(Instruction::Fired(fault, log.clone()));
        if !self.ends_well {
            instructions.push(Instruction::Fail(self.end));
        }
        let body = FakeBody::new(instructions, claimed);
        Broken::Response(Response::from_parts(head, body))
    }
}

/// How a whole connection ends when one exchange failed with this error.
pub(super) fn end_of_connection(error: &BoxError) -> Vec<Instruction> {
    let error = error.downcast_ref::<std::io::Error>();
    match error.map_or(ErrorKind::ConnectionReset, std::io::Error::kind) {
        ErrorKind::InvalidData => vec![
            Instruction::Write(GARBAGE.into()),
            Instruction::Fail(ErrorKind::UnexpectedEof),
        ],
        kind => vec![Instruction::Fail(kind)],
    }
}

/// A response's head as HTTP/1.1 writes it, with this line for the framing.
fn head(response: &Response<Bytes>, framing: &str) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        out.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    out.extend_from_slice(framing.as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    out
}
