//! Below HTTP: the stream of a connection, taken away from hyper when a fault wants wrong bytes on
//! it.

use std::{
    future::pending,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::fault::Witness;

/// When a connection last began or ended a request, and how many it is answering.
#[derive(Debug)]
struct Activity {
    last: Instant,
    running: u32,
}

/// What is done to a stream.
#[derive(Debug)]
pub(crate) enum WireStep {
    Write(Bytes),
    Pause(Duration),
    Witness(Witness),
    /// Closed in good order.
    Close,
    /// Reset, where the stream can be.
    Reset,
}

/// What a request knows of its connection.
#[derive(Debug)]
pub(crate) struct Link {
    number: u64,
    /// How many requests the connection has brought before.
    served: AtomicU64,
    activity: Mutex<Activity>,
    /// Where a plan goes that takes the stream over.
    pub(crate) plan: mpsc::UnboundedSender<Vec<WireStep>>,
}

impl Link {
    pub(crate) fn new(number: u64, plan: mpsc::UnboundedSender<Vec<WireStep>>) -> Self {
        let activity = Activity {
            last: Instant::now(),
            running: 0,
        };
        Self {
            number,
            served: AtomicU64::new(0),
            activity: Mutex::new(activity),
            plan,
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begins(&self) {
        self.activity().running += 1;
    }

    pub(crate) fn ends(&self) {
        let mut activity = self.activity();
        activity.running = activity.running.saturating_sub(1);
        activity.last = Instant::now();
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the connection has brought a request before the one that runs.
    pub(crate) fn is_reused(&self) -> bool {
        self.served.load(Ordering::Relaxed) > 0
    }

    /// Returns when the connection has been idle for this long.
    pub(crate) async fn idle(&self, timeout: Option<Duration>) {
        let Some(timeout) = timeout else {
            return pending().await;
        };
        loop {
            let until = self.activity().last + timeout;
            if until > Instant::now() {
                sleep_until(until).await;
            } else if self.activity().running == 0 {
                return;
            } else {
                sleep_until(Instant::now() + timeout).await;
            }
        }
    }
}

/// A stream with two owners: hyper, and whoever ends the connection against its will.
pub(crate) struct SharedIo<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for SharedIo<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> SharedIo<T> {
    pub(crate) fn new(io: T) -> Self {
        Self(Arc::new(Mutex::new(Some(io))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> SharedIo<T> {
    /// Carries out a plan; at its end the stream is dropped. `reset` prepares it for a hard end.
    pub(crate) async fn play(mut self, plan: Vec<WireStep>, reset: impl Fn(&T)) {
        for step in plan {
            match step {
                WireStep::Write(bytes) => {
                    if self.write_all(&bytes).await.is_err() || self.flush().await.is_err() {
                        break;
                    }
                }
                WireStep::Pause(pause) => tokio::time::sleep(pause).await,
                WireStep::Witness(witness) => witness.fired(),
                WireStep::Close => {
                    // The other side may be gone already.
                    let _ = self.shutdown().await;
                }
                WireStep::Reset => {
                    if let Some(io) = self.lock().as_ref() {
                        reset(io);
                    }
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
            Some(io) => poll(Pin::new(io)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for SharedIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(|io| io.poll_read(cx, buf))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for SharedIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|io| io.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|io| io.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|io| io.poll_shutdown(cx))
    }
}
