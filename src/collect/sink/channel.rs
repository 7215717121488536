//! `ChannelSink`: batches to another task, which acknowledges each.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};
use tower::BoxError;

use super::{BatchSink, SinkPosition};
use crate::collect::Batch;

/// Hands batches to another task, **at least once** each.
///
/// The collector goes on once a batch is [acknowledged](Acknowledgement::acknowledge). If the
/// receiver is dropped, or a delivery without its acknowledgement, the collector ends with an
/// error, and the batch is not done.
///
/// ```
/// # use slack_audit_logs::collect::ChannelSink;
/// let (sink, mut deliveries) = ChannelSink::new();
/// # let task = async move {
/// while let Some(delivery) = deliveries.recv().await {
///     let (batch, acknowledgement) = delivery.into_parts();
///     println!("{} events", batch.len());
///     acknowledgement.acknowledge();
/// }
/// # };
/// ```
#[derive(Debug)]
pub struct ChannelSink {
    sender: mpsc::Sender<Delivery>,
}

impl ChannelSink {
    /// A sink and its other end.
    #[allow(clippy::new_ret_no_self, reason = "a channel has two ends")]
    pub fn new() -> (Self, Deliveries) {
        // One at a time: the next is handed over once this one is acknowledged.
        let (sender, receiver) = mpsc::channel(1);
        (Self { sender }, Deliveries { receiver })
    }
}

/// The receiving end of a [`ChannelSink`], also as a stream. It ends with the collector.
#[derive(Debug)]
pub struct Deliveries {
    receiver: mpsc::Receiver<Delivery>,
}

impl Deliveries {
    /// The next delivery; `None` once the collector has ended.
    pub async fn recv(&mut self) -> Option<Delivery> {
        self.receiver.recv().await
    }
}

impl Stream for Deliveries {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        self.receiver.poll_recv(cx)
    }
}

/// A batch that waits to be acknowledged.
#[derive(Debug)]
pub struct Delivery {
    batch: Batch,
    acknowledgement: Acknowledgement,
}

impl Delivery {
    /// The batch.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The batch, and how to acknowledge it.
    pub fn into_parts(self) -> (Batch, Acknowledgement) {
        (self.batch, self.acknowledgement)
    }
}

/// Says that a batch is safe. Dropping it says that it is not.
#[derive(Debug)]
#[must_use = "without acknowledgement the collector ends with an error"]
pub struct Acknowledgement {
    sender: oneshot::Sender<()>,
}

impl Acknowledgement {
    /// Acknowledges the batch.
    pub fn acknowledge(self) {
        // A collector that is gone will hand the batch on again.
        let _ = self.sender.send(());
    }
}

impl BatchSink for ChannelSink {
    async fn deliver(&mut self, batch: Batch) -> Result<Option<SinkPosition>, BoxError> {
        let (sender, acknowledged) = oneshot::channel();
        let delivery = Delivery {
            batch,
            acknowledgement: Acknowledgement { sender },
        };
        if self.sender.send(delivery).await.is_err() {
            return Err("the receiver of the channel is gone".into());
        }
        if acknowledged.await.is_err() {
            return Err(
                "the receiver of the channel dropped a batch without acknowledging it".into(),
            );
        }
        Ok(None)
    }
}
