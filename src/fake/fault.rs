//! Faults on the wire, one per request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
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
    /// A chunked body has a chunk size that is no number.
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
    /// The gzip body ends early, in sound HTTP.
    CutGzip,
    /// The gzip body has a wrong checksum.
    BadGzipChecksum,
    /// A small gzip body that becomes this many bytes of JSON.
    GzipBomb(u64),
    /// A request on a connection that has already served one finds it closed. Waits for such a
    /// request.
    CloseOnReuse,
    /// The response is whole; this long after it the connection is closed, whatever the client sends.
    CloseIdle(Duration),
}

/// The list of faults that took effect.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultLog(Arc<Mutex<Vec<WireFault>>>);

impl FaultLog {
    pub(crate) fn witness(&self, fault: WireFault) -> Witness {
        Witness {
            fault,
            log: self.clone(),
        }
    }

    pub(crate) fn list(&self) -> Vec<WireFault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Notes down a fault at the moment in which it takes effect.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    fault: WireFault,
    log: FaultLog,
}

impl Witness {
    pub(crate) fn fired(&self) {
        self.log
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self.fault);
    }
}
