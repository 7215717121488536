//! The API over real HTTP: on a loopback port, or over any stream.

use std::{
    convert::Infallible,
    fmt,
    future::{Future, pending},
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use super::{
    BASE_PATH, FakeApi,
    body::Instruction,
    connection::{Connection, SharedStream},
    faults, respond,
};

type Connections = Mutex<JoinSet<()>>;

fn lock(connections: &Connections) -> MutexGuard<'_, JoinSet<()>> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many connections at once; more wait until one ends.
const MAX_CONNECTIONS: usize = 1_024;

impl FakeApi {
    /// Serves HTTP/1.1 and HTTP/2 (prior knowledge) on a free port of 127.0.0.1, until the returned
    /// value is dropped. Needs a tokio runtime with I/O enabled. Serves up to 1,024 connections at
    /// once; more wait until one ends.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use slack_audit_logs::fake::FakeApi;
    ///
    /// let server = FakeApi::new().serve().await?;
    /// assert!(server.base_url().starts_with("http://127.0.0.1:"));
    /// assert!(server.base_url().ends_with("/audit/v1/"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(&self) -> io::Result<FakeServer> {
        self.serve_on((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Serves on this address; port 0 means any free one.
    pub async fn serve_on(&self, addr: SocketAddr) -> io::Result<FakeServer> {
        self.serve_listener(TcpListener::bind(addr).await?)
    }

    /// Serves on a listener of your own.
    pub fn serve_listener(&self, listener: TcpListener) -> io::Result<FakeServer> {
        let addr = listener.local_addr()?;
        let connections = Arc::new(Mutex::new(JoinSet::new()));
        let task = tokio::spawn(accept(self.clone(), listener, Arc::clone(&connections)));
        Ok(FakeServer {
            addr,
            task,
            connections,
        })
    }

    /// Serves one connection over any stream: [`tokio::io::duplex`], TLS, a proxied socket. Returns
    /// when it has ended.
    pub async fn serve_connection<T>(&self, stream: T)
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.connection(stream, |_| {}).await;
    }

    fn connection<T>(
        &self,
        stream: T,
        reset: impl Fn(&T) + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let shared = Arc::clone(&self.shared);
        async move {
            let number = {
                let mut state = shared.state();
                state.connections += 1;
                state.connections
            };
            let (take_over, mut orders) = mpsc::unbounded_channel();
            let connection = Connection::new(number, take_over);
            let stream = SharedStream::new(stream);
            let service = service_fn(|request: Request<Incoming>| {
                let (shared, connection) = (Arc::clone(&shared), Arc::clone(&connection));
                async move {
                    match respond::respond(&shared, request, Some(&connection)).await {
                        Ok(response) => Ok::<_, Infallible>(response),
                        // Over HTTP/2: nothing of one stream is lost alone, so all are. There is
                        // nobody to tell when the connection is gone already.
                        Err(error) => {
                            let end = faults::end_of_connection(&error);
                            let _ = connection.take_over.send(end);
                            pending().await
                        }
                    }
                }
            });
            let mut builder = auto::Builder::new(TokioExecutor::new());
            // `Date` is the API's own.
            builder.http1().auto_date_header(false);
            builder.http2().auto_date_header(false);
            let instructions = {
                let http = builder.serve_connection(TokioIo::new(stream.clone()), service);
                let idle = pin!(connection.idle(shared.config.idle_timeout));
                let taken = pin!(orders.recv());
                match select(select(taken, idle), pin!(http)).await {
                    Either::Left((Either::Left((instructions, _)), _)) => instructions,
                    Either::Left((Either::Right(_), _)) => None,
                    Either::Right(_) => return,
                }
            };
            let close = vec![Instruction::Fail(io::ErrorKind::UnexpectedEof)];
            let instructions = instructions.unwrap_or(close);
            stream.take_over(instructions, reset).await;
        }
    }
}

async fn accept(api: FakeApi, listener: TcpListener, connections: Arc<Connections>) {
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // Nobody closes it.
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // It concerns one connection that never came to be, or there are too many open files.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = api.connection(stream, |stream: &TcpStream| {
            // Closing then sends RST instead of FIN.
            let _ = stream.set_zero_linger();
        });
        let mut connections = lock(&connections);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
}

/// A listening [`FakeApi`]. Dropping it closes the port and all connections.
pub struct FakeServer {
    addr: SocketAddr,
    task: JoinHandle<()>,
    connections: Arc<Connections>,
}

impl FakeServer {
    /// What to give to a client as its base URL, such as `http://127.0.0.1:43210/audit/v1/`.
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.addr)
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes all connections at once, idle or not, and goes on listening.
    pub fn close_connections(&self) {
        lock(&self.connections).abort_all();
    }

    /// Stops, and returns when the port is free.
    pub async fn shutdown(mut self) {
        self.close_connections();
        self.task.abort();
        // Aborted: there is nothing to learn from it.
        let _ = (&mut self.task).await;
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.close_connections();
        self.task.abort();
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeServer")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}
