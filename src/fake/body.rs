//! Response bodies that play a script: data, pauses, and an end that may be an error.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tower::BoxError;

use super::fault::Witness;

#[derive(Debug)]
pub(crate) enum Step {
    Data(Bytes),
    /// The body breaks off with an error.
    Fail(io::ErrorKind, &'static str),
    Pause(Duration),
    /// One byte at a time, with a pause before each.
    Drip(Bytes, Duration),
    /// Nothing more, ever.
    Stall,
    /// The fault has taken effect.
    Witness(Witness),
}

/// The body of the embedded API's responses. It is whole in memory; a scripted fault makes it slow
/// or fail.
#[derive(Debug)]
pub struct FakeBody {
    steps: VecDeque<Step>,
    /// What `Content-Length` should say; `None` means chunks.
    length: Option<u64>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl FakeBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let length = u64::try_from(bytes.len()).ok();
        Self::scripted([Step::Data(bytes)], length)
    }

    pub(crate) fn scripted(steps: impl IntoIterator<Item = Step>, length: Option<u64>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            length,
            sleep: None,
        }
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
                std::task::ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Data(bytes)) if bytes.is_empty() => {}
                Some(Step::Data(bytes)) => {
                    let sent = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    self.length = self.length.map(|length| length.saturating_sub(sent));
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Pause(pause)) => self.sleep = Some(Box::pin(sleep(pause))),
                Some(Step::Drip(mut bytes, pause)) => {
                    if !bytes.is_empty() {
                        let byte = bytes.split_to(1);
                        self.steps.push_front(Step::Drip(bytes, pause));
                        self.steps.push_front(Step::Data(byte));
                        self.sleep = Some(Box::pin(sleep(pause)));
                    }
                }
                Some(Step::Fail(kind, text)) => {
                    return Poll::Ready(Some(Err(io::Error::new(kind, text).into())));
                }
                Some(Step::Stall) => {
                    self.steps.push_front(Step::Stall);
                    return Poll::Pending;
                }
                Some(Step::Witness(witness)) => witness.fired(),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.sleep.is_none()
            && self
                .steps
                .iter()
                .all(|step| matches!(step, Step::Data(bytes) if bytes.is_empty()))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
