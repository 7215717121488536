//! Response bodies that follow instructions: data, pauses, and an end that may be an error.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tower::BoxError;

use super::{
    connection::InUse,
    faults::{FaultLog, WireFault},
};

/// Data leaves in pieces of this size, so that a body is not done before the client has read most
/// of it.
const PIECE: usize = 64 << 10;

/// What a body does, or a connection that is taken away from HTTP.
#[derive(Debug)]
pub(super) enum Instruction {
    Write(Bytes),
    /// The same so many times.
    Repeat(Bytes, u64),
    /// One byte at a time, with a pause before each.
    Drip(Bytes, Duration),
    Pause(Duration),
    /// Nothing more, ever.
    Stall,
    /// The fault takes effect here.
    Fired(WireFault, FaultLog),
    /// A body breaks off with this error; a connection ends accordingly.
    Fail(io::ErrorKind),
}

impl Instruction {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Write(bytes) | Self::Drip(bytes, _) => bytes.len() as u64,
            Self::Repeat(bytes, times) => (bytes.len() as u64).saturating_mul(*times),
            _ => 0,
        }
    }
}

/// The body of the embedded API's responses. It is whole in memory; a scripted fault makes it slow
/// or fail.
#[derive(Debug)]
pub struct FakeBody {
    instructions: VecDeque<Instruction>,
    /// What `Content-Length` says, less what has left.
    length: u64,
    sleep: Option<Pin<Box<Sleep>>>,
    in_use: Option<InUse>,
}

impl FakeBody {
    pub(super) fn new(instructions: impl IntoIterator<Item = Instruction>, length: u64) -> Self {
        Self {
            instructions: instructions.into_iter().collect(),
            length,
            sleep: None,
            in_use: None,
        }
    }

    pub(super) fn full(bytes: Vec<u8>) -> Self {
        let write = Instruction::Write(bytes.into());
        let length = write.length();
        Self::new([write], length)
    }

    /// Keeps the connection in use until the body is dropped.
    pub(super) fn keep(mut self, in_use: Option<InUse>) -> Self {
        self.in_use = in_use;
        self
    }
}

impl http_body::Body for FakeBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if let Some(sleep) = self.sleep.as_mut() {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            let Some(instruction) = self.instructions.pop_front() else {
                return Poll::Ready(None);
            };
            match instruction {
                Instruction::Write(bytes) if bytes.is_empty() => {}
                Instruction::Write(mut bytes) => {
                    let piece = bytes.split_to(bytes.len().min(PIECE));
                    self.instructions.push_front(Instruction::Write(bytes));
                    self.length = self.length.saturating_sub(piece.len() as u64);
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                Instruction::Repeat(_, 0) => {}
                Instruction::Repeat(bytes, times) => {
                    let rest = Instruction::Repeat(bytes.clone(), times - 1);
                    self.instructions.push_front(rest);
                    self.instructions.push_front(Instruction::Write(bytes));
                }
                Instruction::Drip(bytes, _) if bytes.is_empty() => {}
                Instruction::Drip(mut bytes, pause) => {
                    let byte = bytes.split_to(1);
                    let rest = Instruction::Drip(bytes, pause);
                    self.instructions.push_front(rest);
                    self.instructions.push_front(Instruction::Write(byte));
                    self.sleep = Some(Box::pin(sleep(pause)));
                }
                Instruction::Pause(pause) => self.sleep = Some(Box::pin(sleep(pause))),
                Instruction::Fail(kind) => {
                    return Poll::Ready(Some(Err(io::Error::from(kind).into())));
                }
                Instruction::Stall => {
                    self.instructions.push_front(Instruction::Stall);
                    return Poll::Pending;
                }
                Instruction::Fired(fault, log) => log.add(fault),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let is_empty = |next: &_| matches!(next, Instruction::Write(bytes) if bytes.is_empty());
        self.sleep.is_none() && self.instructions.iter().all(is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
