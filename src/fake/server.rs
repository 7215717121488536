//! The API over real HTTP: on a loopback port, or over any stream.

use std::{
    convert::Infallible,
    fmt,
    future::{Future, pending},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
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
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

use super::wire::{Link, SharedIo, WireStep};
use super::{BASE_PATH, FakeApi, breakage, respond};

impl FakeApi {
    /// Serves HTTP/1.1 and HTTP/2 (prior knowledge) on a free port of 127.0.0.1, until the returned
    /// value is dropped. Needs a tokio runtime with I/O enabled.
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
    pub async fn serve_connection<T>(&self, io: T)
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.connection(io, |_| {}).await;
    }

    fn connection<T>(
        &self,
        io: T,
        reset: impl Fn(&T) + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let shared = Arc::clone(&self.shared);
        async move {
            let (plan, mut plans) = mpsc::unbounded_channel();
            let number = {
                let mut state = shared.state();
                state.connections += 1;
                state.connections
            };
            let link = Arc::new(Link::new(number, plan));
            let io = SharedIo::new(io);
            let service = service_fn(|request: Request<Incoming>| {
                let (shared, link) = (Arc::clone(&shared), Arc::clone(&link));
                async move {
                    link.begins();
                    match respond::respond(&shared, request, Some(&link)).await {
                        Ok(response) => {
                            link.ends();
                            Ok::<_, Infallible>(response)
                        }
                        // Over HTTP/2: nothing of one stream is lost alone, so all are. There is
                        // nobody to tell when the connection is gone already.
                        Err(error) => {
                            let _ = link.plan.send(breakage::of_connection(&error));
                            pending().await
                        }
                    }
                }
            });
            let mut builder = auto::Builder::new(TokioExecutor::new());
            // `Date` is the API's own.
            builder.http1().auto_date_header(false);
            builder.http2().auto_date_header(false);
            let taken_over = {
                let connection =
                    Box::pin(builder.serve_connection(TokioIo::new(io.clone()), service));
                let idle = Box::pin(link.idle(shared.config.idle_timeout));
                let taken_over = select(Box::pin(plans.recv()), idle);
                match select(taken_over, connection).await {
                    Either::Left((Either::Left((plan, _)), _)) => plan,
                    Either::Left((Either::Right(_), _)) => Some(vec![WireStep::Close]),
                    Either::Right(_) => None,
                }
            };
            if let Some(plan) = taken_over {
                io.play(plan, reset).await;
            }
        }
    }
}

async fn accept(api: FakeApi, listener: TcpListener, connections: Arc<Mutex<JoinSet<()>>>) {
    loop {
        // An error concerns one connection that never came to be; the next one may.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let reset = |stream: &TcpStream| {
            // Closing then sends RST instead of FIN.
            let _ = stream.set_zero_linger();
        };
        let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
        while connections.try_join_next().is_some() {}
        connections.spawn(api.connection(stream, reset));
    }
}

/// A listening [`FakeApi`]. Dropping it closes the port and all connections.
pub struct FakeServer {
    addr: SocketAddr,
    task: JoinHandle<()>,
    connections: Arc<Mutex<JoinSet<()>>>,
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
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
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
