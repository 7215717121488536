//! Small proxies on loopback, HTTP CONNECT and SOCKS5, which keep every byte that they see.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// How a proxy answers.
#[derive(Clone)]
pub enum Manner {
    /// CONNECT; with the value that `Proxy-Authorization` must have.
    Connect { authorization: Option<&'static str> },
    /// CONNECT inside TLS.
    ConnectTls(TlsAcceptor),
    /// Whatever it is asked first is answered with this, and the connection closed.
    Answers(&'static str),
    /// SOCKS5; with user name and password as they must be.
    Socks5 {
        credentials: Option<(&'static str, &'static str)>,
    },
    /// SOCKS5 which reaches no host of which the name or address begins so.
    Socks5Refuses(&'static str),
    /// Accepts, and never says a word.
    Silent,
}

/// A running proxy; dropping it closes the port.
pub struct Proxy {
    pub addr: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Log {
    bytes: Vec<u8>,
    destinations: Vec<String>,
    methods: Vec<Vec<u8>>,
    connections: usize,
}

impl Proxy {
    /// Every name that it is asked for is taken for `target`.
    pub async fn start(manner: Manner, target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let log = Arc::<Mutex<Log>>::default();
        let kept = log.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().expect("no panic").connections += 1;
                let (manner, log) = (manner.clone(), kept.clone());
                // How a connection ends is the client's to notice.
                tokio::spawn(async move { serve(stream, manner, target, &log).await.ok() });
            }
        });
        Self { addr, log, task }
    }

    /// All bytes that clients sent it, those for the hosts behind it included.
    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().expect("no panic").bytes).into_owned()
    }

    /// The hosts that it was asked for, as `host:port`.
    pub fn destinations(&self) -> Vec<String> {
        self.log.lock().expect("no panic").destinations.clone()
    }

    /// The ways to authenticate that each client of SOCKS5 offered.
    pub fn methods(&self) -> Vec<Vec<u8>> {
        self.log.lock().expect("no panic").methods.clone()
    }

    pub fn connections(&self) -> usize {
        self.log.lock().expect("no panic").connections
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn serve(
    stream: TcpStream,
    manner: Manner,
    target: SocketAddr,
    log: &Mutex<Log>,
) -> io::Result<()> {
    let mut stream: Box<dyn Stream> = match &manner {
        Manner::ConnectTls(acceptor) => Box::new(acceptor.accept(stream).await?),
        _ => Box::new(stream),
    };
    let open = match manner {
        Manner::Connect { authorization } => connect(&mut stream, authorization, log).await?,
        Manner::ConnectTls(_) => connect(&mut stream, None, log).await?,
        Manner::Answers(head) => {
            // Whatever was asked, in whatever protocol.
            let _ = stream.read(&mut [0; 4096]).await?;
            stream.write_all(head.as_bytes()).await?;
            false
        }
        Manner::Socks5 { credentials } => socks5(&mut stream, credentials, None, log).await?,
        Manner::Socks5Refuses(hosts) => socks5(&mut stream, None, Some(hosts), log).await?,
        Manner::Silent => {
            std::future::pending::<()>().await;
            false
        }
    };
    if open {
        relay(stream, TcpStream::connect(target).await?, log).await?;
    }
    Ok(())
}

async fn read_head(stream: &mut Box<dyn Stream>, log: &Mutex<Log>) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    log.lock().expect("no panic").bytes.extend_from_slice(&head);
    Ok(String::from_utf8_lossy(&head).into_owned())
}

async fn connect(
    stream: &mut Box<dyn Stream>,
    authorization: Option<&str>,
    log: &Mutex<Log>,
) -> io::Result<bool> {
    let head = read_head(stream, log).await?;
    let mut words = head.split_whitespace();
    if words.next() != Some("CONNECT") {
        stream
            .write_all(b"HTTP/1.1 405 CONNECT Only\r\n\r\n")
            .await?;
        return Ok(false);
    }
    log.lock()
        .expect("no panic")
        .destinations
        .extend(words.next().map(str::to_owned));
    let given = head
        .lines()
        .find_map(|line| line.strip_prefix("Proxy-Authorization: "));
    if given != authorization {
        stream
            .write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n",
            )
            .await?;
        return Ok(false);
    }
    stream
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await?;
    Ok(true)
}

async fn socks5(
    stream: &mut Box<dyn Stream>,
    credentials: Option<(&str, &str)>,
    refused: Option<&str>,
    log: &Mutex<Log>,
) -> io::Result<bool> {
    // RFC 1928, section 3: version, methods.
    stream.read_u8().await?;
    let methods = read_short(stream).await?;
    log.lock().expect("no panic").methods.push(methods);
    let method = if credentials.is_some() { 2 } else { 0 };
    stream.write_all(&[5, method]).await?;
    if let Some(expected) = credentials {
        // RFC 1929.
        stream.read_u8().await?;
        let user = read_short(stream).await?;
        let password = read_short(stream).await?;
        let right = (user.as_slice(), password.as_slice())
            == (expected.0.as_bytes(), expected.1.as_bytes());
        stream.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Ok(false);
        }
    }
    // Section 4: version, command, reserved, kind of address.
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => std::net::Ipv4Addr::from(stream.read_u32().await?).to_string(),
        3 => String::from_utf8_lossy(&read_short(stream).await?).into_owned(),
        _ => std::net::Ipv6Addr::from(stream.read_u128().await?).to_string(),
    };
    let port = stream.read_u16().await?;
    log.lock()
        .expect("no panic")
        .destinations
        .push(format!("{host}:{port}"));
    let grants = refused.is_none_or(|refused| !host.starts_with(refused));
    // Host unreachable.
    let reply = if grants { 0 } else { 4 };
    stream
        .write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        .await?;
    Ok(grants)
}

async fn read_short(stream: &mut Box<dyn Stream>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Hands on both ways, and keeps what the client says.
async fn relay(client: Box<dyn Stream>, host: TcpStream, log: &Mutex<Log>) -> io::Result<()> {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_host, mut to_host) = host.into_split();
    let up = async {
        let mut buffer = vec![0; 16 << 10];
        loop {
            let count = from_client.read(&mut buffer).await?;
            if count == 0 {
                return to_host.shutdown().await;
            }
            log.lock()
                .expect("no panic")
                .bytes
                .extend_from_slice(&buffer[..count]);
            to_host.write_all(&buffer[..count]).await?;
        }
    };
    let down = async {
        tokio::io::copy(&mut from_host, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(up, down).map(drop)
}
