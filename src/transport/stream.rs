//! `Stream`: an open connection, and what is noted about it while it is used.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use http::Extensions;
use hyper_util::client::legacy::{
    self,
    connect::{Connected, Connection},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes both ways: TCP, a tunnel through a proxy, TLS over either.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection to the host, on which HTTP is spoken.
pub(super) struct Stream {
    io: Box<dyn Io>,
    http2: bool,
    notes: Arc<Notes>,
}

impl Stream {
    /// `http2` is what was agreed on in the TLS handshake.
    pub(super) fn new(io: Box<dyn Io>, http2: bool) -> Self {
        Self {
            io,
            http2,
            notes: Arc::default(),
        }
    }
}

/// What is known of a connection. hyper-util gives it with each response and error of the
/// connection.
#[derive(Default)]
pub(super) struct Notes {
    responded: AtomicBool,
    /// What ended the connection, if TLS did: h2 keeps of an I/O error only its kind and its text.
    pub(super) tls_error: OnceLock<rustls::Error>,
}

impl Notes {
    pub(super) fn of_response(response: &Extensions) -> Arc<Self> {
        response.get().cloned().unwrap_or_default()
    }

    pub(super) fn of_error(error: &legacy::Error) -> Arc<Self> {
        let mut extensions = Extensions::new();
        if let Some(connected) = error.connect_info() {
            connected.get_extras(&mut extensions);
        }
        Self::of_response(&extensions)
    }

    pub(super) fn set_responded(&self) {
        self.responded.store(true, Ordering::Relaxed);
    }

    /// Whether the connection brought a response before.
    pub(super) fn responded(&self) -> bool {
        self.responded.load(Ordering::Relaxed)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.notes.clone());
        if self.http2 {
            connected.negotiated_h2()
        } else {
            connected
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buf));
        if let Err(error) = &read
            && let Some(error) = error.get_ref().and_then(|error| error.downcast_ref())
        {
            let noted = &self.notes.tls_error;
            noted.get_or_init(|| rustls::Error::clone(error));
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
