//! A transport that answers `/logs` from a function, and remembers what it was asked.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use slack_audit_logs::{AuditLogs, Body, http};
use tower::{BoxError, Service};

type HttpOutcome = Result<http::Response<Bytes>, BoxError>;
type HttpFuture = Pin<Box<dyn Future<Output = HttpOutcome> + Send>>;
type Handler = dyn Fn(usize, &http::Uri) -> HttpFuture + Send + Sync;

/// The transport. Clones share what they remember.
#[derive(Clone)]
pub(crate) struct Scripted {
    handler: Arc<Handler>,
    asked: Arc<Mutex<Vec<http::Uri>>>,
    pub(crate) dropped: Arc<AtomicUsize>,
}

impl Scripted {
    /// Answers the nth call, counted from 0, at once.
    pub(crate) fn new(
        answer: impl Fn(usize, &http::Uri) -> HttpOutcome + Send + Sync + 'static,
    ) -> Self {
        Self::later(move |n, uri| {
            let answer = answer(n, uri);
            async move { answer }
        })
    }

    /// Answers the nth call, counted from 0, when its future is ready.
    pub(crate) fn later<F>(answer: impl Fn(usize, &http::Uri) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = HttpOutcome> + Send + 'static,
    {
        Self {
            handler: Arc::new(move |n, uri| Box::pin(answer(n, uri))),
            asked: Arc::default(),
            dropped: Arc::default(),
        }
    }

    pub(crate) fn audit_logs(&self) -> AuditLogs<Self> {
        AuditLogs::new(self.clone())
    }

    /// Every URI that was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no panic holds it");
        asked.iter().map(ToString::to_string).collect()
    }
}

impl Service<http::Request<Body>> for Scripted {
    type Response = http::Response<Bytes>;
    type Error = BoxError;
    type Future = Counted;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Counted {
        let mut asked = self.asked.lock().expect("no panic holds it");
        let answer = (self.handler)(asked.len(), request.uri());
        asked.push(request.uri().clone());
        Counted(answer, Arc::clone(&self.dropped), false)
    }
}

/// Counts the calls that were dropped before they were answered.
pub(crate) struct Counted(HttpFuture, Arc<AtomicUsize>, bool);

impl Future for Counted {
    type Output = HttpOutcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<HttpOutcome> {
        let polled = self.0.as_mut().poll(cx);
        self.2 = polled.is_ready();
        polled
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !self.2 {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A page with entries of these ids, and a cursor to the next one unless it is empty.
pub(crate) fn page<I: std::fmt::Display>(
    ids: impl IntoIterator<Item = I>,
    cursor: &str,
) -> HttpOutcome {
    let entries: Vec<_> = ids
        .into_iter()
        .map(|id| format!(r#"{{"id":"{id}","date_create":1700000000,"action":"user_login"}}"#))
        .collect();
    let cursor = serde_json::Value::from(cursor);
    json(&format!(
        r#"{{"entries":[{}],"response_metadata":{{"next_cursor":{cursor}}}}}"#,
        entries.join(",")
    ))
}

/// A response with this JSON.
#[allow(clippy::unnecessary_wraps)] // answers may fail, too
pub(crate) fn json(body: &str) -> HttpOutcome {
    Ok(http::Response::new(Bytes::copy_from_slice(body.as_bytes())))
}
