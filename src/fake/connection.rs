//! One connection: what its requests know of it, and its stream, which is taken away from hyper
//! when a fault wants wrong bytes on it.

use std::{
    future::pending,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use super::body::Instruction;

/// What a request knows of its connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    usage: Mutex<Usage>,
    /// Where instructions go that take the stream over.
    pub(super) take_over: mpsc::UnboundedSender<Vec<Instruction>>,
}

#[derive(Debug)]
struct Usage {
    /// Requests that have come whole.
    requests: u64,
    /// Of these, how many have no whole response yet.
    running: u32,
    /// When that last changed.
    changed: Instant,
}

impl Connection {
    pub(super) fn new(
        number: u64,
        take_over: mpsc::UnboundedSender<Vec<Instruction>>,
    ) -> Arc<Self> {
        let usage = Usage {
            requests: 0,
            running: 0,
            changed: Instant::now(),
        };
        Arc::new(Self {
            number,
            usage: Mutex::new(usage),
            take_over,
        })
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that has come whole, until its response is gone.
    pub(super) fn begin(self: &Arc<Self>) -> InUse {
        let mut usage = self.usage();
        usage.requests += 1;
        usage.running += 1;
        usage.changed = Instant::now();
        InUse(Arc::clone(self))
    }

    /// Whether the connection has brought a request before the one that runs.
    pub(super) fn is_reused(&self) -> bool {
        self.usage().requests > 1
    }

    /// Returns when there was no response for this long: half a request is none either.
    pub(super) async fn idle(&self, timeout: Option<Duration>) {
        let Some(timeout) = timeout else {
            return pending().await;
        };
        loop {
            let until = {
                let usage = self.usage();
                let idle_since = (usage.running == 0).then_some(usage.changed);
                idle_since.and_then(|since| since.checked_add(timeout))
            };
            match until {
                Some(until) if until <= Instant::now() => return,
                Some(until) => sleep_until(until).await,
                // Looked at again soon, but not all the time.
                None => sleep(timeout.max(Duration::from_millis(1))).await,
            }
        }
    }
}

/// A request without its whole response.
#[derive(Debug)]
pub(super) struct InUse(Arc<Connection>);

impl Drop for InUse {
    fn drop(&mut self) {
        let mut usage = self.0.usage();
        usage.running = usage.running.saturating_sub(1);
        usage.changed = Instant::now();
    }
}

/// A stream with two owners: hyper, and whoever ends the connection against its will.
pub(super) struct SharedStream<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for SharedStream<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> SharedStream<T> {
    pub(super) fn new(stream: T) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the instructions; at their end the stream is dropped. `reset` prepares it for a
    /// hard end.
    pub(super) async fn take_over(mut self, instructions: Vec<Instruction>, reset: impl Fn(&T)) {
        for instruction in instructions {
            match instruction {
                Instruction::Write(bytes) => {
                    // The other side may be gone already.
                    if self.write_all(&bytes).await.is_err() || self.flush().await.is_err() {
                        break;
                    }
                }
                Instruction::Pause(pause) => sleep(pause).await,
                Instruction::Fired(fault, log) => log.add(fault),
                Instruction::Fail(io::ErrorKind::ConnectionReset) => {
                    if let Some(stream) = self.lock().as_ref() {
                        reset(stream);
                    }
                }
                _ => {
                    let _ = self.shutdown().await;
                }
            }
        }
        drop(self.lock().take());
    }

    fn poll<R>(
        &self,
        poll: impl FnOnce(Pin<&mut T>) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        match self.lock().as_mut() {
            Some(stream) => poll(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for SharedStream<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_read(cx, buf))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for SharedStream<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_shutdown(cx))
    }
}
