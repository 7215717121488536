//! `TransportFuture`: the response's head, sent for again where a pooled connection turned out to
//! be stale.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use hyper_util::client::legacy;

use super::{Clients, body::TransportBody, failure, stream::Notes};
use crate::{body::Body, error::Failure};

/// The response of an [`HttpTransport`](super::HttpTransport).
#[must_use = "futures do nothing unless polled"]
pub struct TransportFuture(Progress);

enum Progress {
    Sending {
        response: legacy::ResponseFuture,
        again: Option<Box<Again>>,
    },
    Failed(Option<Failure>),
}

/// What it takes to send a request again.
///
/// A server may close an idle connection at the moment a request is written to it. hyper-util sends
/// again what was not written at all; whether what was written was read, nobody can tell. RFC 9110,
/// section 9.2.2, lets a client repeat such a request by itself where its method is idempotent;
/// here that is done for safe methods, only if the connection had brought a response before, and
/// before any byte of this one. Whatever else fails is a failed attempt, and the policy's matter.
///
/// It is done once, as any number of kept connections may be stale: over HTTP/1.1 on a connection
/// of its own.
struct Again {
    clients: Arc<Clients>,
    request: Request<Body>,
}

impl TransportFuture {
    pub(super) fn sending(clients: &Arc<Clients>, request: Request<Body>) -> Self {
        let again = request.method().is_safe().then(|| {
            Box::new(Again {
                clients: Arc::clone(clients),
                request: request.clone(),
            })
        });
        Self(Progress::Sending {
            response: clients.pooled.request(request),
            again,
        })
    }

    pub(super) fn failed(failure: Failure) -> Self {
        Self(Progress::Failed(Some(failure)))
    }
}

impl Future for TransportFuture {
    type Output = Result<Response<TransportBody>, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.0 {
                Progress::Sending { response, again } => {
                    let error = match ready!(Pin::new(&mut *response).poll(cx)) {
                        Ok(response) => {
                            Notes::of_response(response.extensions()).set_responded();
                            return Poll::Ready(Ok(response.map(TransportBody::new)));
                        }
                        Err(error) => error,
                    };
                    let stale = Notes::of_error(&error).responded() && failure::is_gone(&error);
                    match again.take() {
                        Some(again) if stale => {
                            tracing::debug!("a pooled connection was stale, sending again");
                            // Over HTTP/2 the pool had that one connection to the host, and those
                            // who have lost it share the next.
                            let client = if failure::is_http2(&error) {
                                &again.clients.pooled
                            } else {
                                &again.clients.unpooled
                            };
                            *response = client.request(again.request);
                        }
                        _ => return Poll::Ready(Err(failure::of_head(&error))),
                    }
                }
                // Polled again after it was done, which no caller does: pending is as good as any
                // answer.
                Progress::Failed(failure) => {
                    return failure
                        .take()
                        .map_or(Poll::Pending, |failure| Poll::Ready(Err(failure)));
                }
            }
        }
    }
}

impl fmt::Debug for TransportFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportFuture").finish_non_exhaustive()
    }
}
