//! `Stream`: an open connection, and the note on whether it has answered before.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use http::Extensions;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::{
    client::legacy::{
        self,
        connect::{Connected, Connection},
    },
    rt::TokioIo,
};
use pin_project_lite::pin_project;
use tokio::net::TcpStream;

/// The way to the host: TCP, or TLS to an `https` proxy.
pub(super) type Way = MaybeHttpsStream<TokioIo<TcpStream>>;

pin_project! {
    /// A connection to the host, on which HTTP is spoken.
    pub(super) struct Stream {
        #[pin]
        inner: MaybeHttpsStream<Way>,
        served: Served,
    }
}

impl Stream {
    pub(super) fn new(inner: MaybeHttpsStream<Way>) -> Self {
        Self {
            inner,
            served: Served::default(),
        }
    }
}

/// Whether a connection has answered a request before. hyper-util hands it back with each response
/// and error of the connection.
#[derive(Clone, Default)]
pub(super) struct Served(Arc<AtomicBool>);

impl Served {
    /// Notes that the connection of a response has answered.
    pub(super) fn mark(response: &Extensions) {
        if let Some(served) = response.get::<Self>() {
            served.0.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the connection that an error is about had answered before.
    pub(super) fn before(error: &legacy::Error) -> bool {
        let Some(connected) = error.connect_info() else {
            return false;
        };
        let mut extensions = Extensions::new();
        connected.get_extras(&mut extensions);
        extensions
            .get::<Self>()
            .is_some_and(|served| served.0.load(Ordering::Relaxed))
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.inner.connected().extra(self.served.clone())
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }
}
