//! An HTTP/2 server of raw frames behind TLS on loopback, which misbehaves to order.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::server::TlsStream;

use super::tls::{Authority, Speaking};

/// Types of frames (RFC 9113, section 6).
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Flags of frames.
pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `:status: 200` and `:status: 204`, as the static table of HPACK has them (RFC 7541).
pub const STATUS_200: &[u8] = &[0x88];
/// `:status: 103`, written out.
pub const STATUS_103: &[u8] = &[0x08, 0x03, b'1', b'0', b'3'];

/// One frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A whole response: 200 with the body `{}`.
pub fn response(stream: u32) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, stream, STATUS_200);
    [head, frame(DATA, END_STREAM, stream, b"{}")].concat()
}

/// `RST_STREAM` with a code.
pub fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

/// `GOAWAY` with the last stream that was taken, a code and debug data.
pub fn go_away(last_stream: u32, code: u32, debug_data: &[u8]) -> Vec<u8> {
    let mut payload = last_stream.to_be_bytes().to_vec();
    payload.extend(code.to_be_bytes());
    payload.extend(debug_data);
    frame(GOAWAY, 0, 0, &payload)
}

/// What is said to a request.
#[derive(Clone)]
pub enum Says {
    /// These frames.
    Frames(Vec<u8>),
    /// These frames, and the connection is closed.
    Last(Vec<u8>),
    /// The first frames, the second so many times, the third; as far as the client listens.
    Flood(Vec<u8>, Vec<u8>, usize, Vec<u8>),
}

/// A running server; dropping it closes the port.
pub struct RawHttp2 {
    pub addr: SocketAddr,
    pub authority: Authority,
    connections: Arc<AtomicU32>,
    requests: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl RawHttp2 {
    /// `says` is asked with the connection's number, the request's number on it, both from 1, and
    /// the request's stream.
    pub async fn start(says: impl Fn(u32, u32, u32) -> Says + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let acceptor = Speaking::new(authority.issue("127.0.0.1"))
            .alpn(&[b"h2"])
            .acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (connections, requests) = <(Arc<AtomicU32>, Arc<AtomicU32>)>::default();
        let (accepted, asked) = (connections.clone(), requests.clone());
        let says = Arc::new(says);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = accepted.fetch_add(1, Ordering::Relaxed) + 1;
                let (acceptor, asked, says) = (acceptor.clone(), asked.clone(), says.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await?;
                    serve(stream, &asked, |request, stream| {
                        says(number, request, stream)
                    })
                    .await
                });
            }
        });
        Self {
            addr,
            authority,
            connections,
            requests,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("https://{}/audit/v1/logs", self.addr)
    }

    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many requests were read, over all connections.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Drop for RawHttp2 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TlsStream<TcpStream>,
    asked: &AtomicU32,
    says: impl Fn(u32, u32) -> Says,
) -> io::Result<()> {
    // The client's preface, section 3.4.
    stream.read_exact(&mut [0; 24]).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let mut on_this = 0;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await?;
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match (head[3], head[4]) {
            (SETTINGS, 0) => stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await?,
            (HEADERS, _) => {
                on_this += 1;
                asked.fetch_add(1, Ordering::Relaxed);
                match says(on_this, id) {
                    Says::Frames(frames) => stream.write_all(&frames).await?,
                    Says::Last(frames) => {
                        stream.write_all(&frames).await?;
                        return stream.shutdown().await;
                    }
                    Says::Flood(first, again, count, last) => {
                        let (mut from, mut to) = tokio::io::split(stream);
                        // What the client says to it is read, so that it never waits for us.
                        tokio::spawn(async move {
                            tokio::io::copy(&mut from, &mut tokio::io::sink()).await
                        });
                        to.write_all(&first).await?;
                        for _ in 0..count {
                            to.write_all(&again).await?;
                        }
                        to.write_all(&last).await?;
                        to.flush().await?;
                        return std::future::pending().await;
                    }
                }
                stream.flush().await?;
            }
            _ => {}
        }
    }
}
