//! `DeadlineLayer`.

use std::time::Duration;

use slack_audit_logs::{CallRecord, FailureKind, layers::DeadlineLayer};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock;

use super::get;

#[tokio::test(start_paused = true)]
async fn it_fires_at_its_time_and_not_before() {
    let (mut service, _handle) =
        mock::spawn_layer::<http::Request<()>, (), _>(DeadlineLayer::new(Duration::from_secs(5)));
    assert_ready_ok!(service.poll_ready());
    let mut response = task::spawn(service.call(get("/")));
    assert_pending!(response.poll());
    tokio::time::advance(Duration::from_millis(4_990)).await;
    assert_pending!(response.poll());
    tokio::time::advance(Duration::from_millis(20)).await;
    let error = assert_ready_err!(response.poll());
    assert_eq!(FailureKind::of(&*error), FailureKind::Deadline);
}

#[tokio::test(start_paused = true)]
async fn a_response_in_time_passes_and_the_record_knows_the_deadline() {
    let service = DeadlineLayer::new(Duration::from_secs(5)).layer(service_fn(
        |request: http::Request<()>| async move {
            let record = CallRecord::of(&request).expect("the layer puts one there");
            assert_eq!(record.remaining(), Some(Duration::from_secs(5)));
            sleep(Duration::from_secs(4)).await;
            Ok::<_, BoxError>(record.remaining())
        },
    ));
    assert_eq!(
        service.oneshot(get("/")).await.expect("in time"),
        Some(Duration::from_secs(1))
    );
}

#[tokio::test(start_paused = true)]
async fn the_longest_durations_are_fine() {
    let service =
        DeadlineLayer::new(Duration::MAX).layer(service_fn(|_: http::Request<()>| async {
            Ok::<_, BoxError>(Instant::now())
        }));
    service
        .oneshot(get("/"))
        .await
        .expect("no deadline worth the name");
}

#[tokio::test(start_paused = true)]
async fn it_covers_the_wait_for_readiness() {
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(15)))
        .concurrency_limit(1)
        .service_fn(|_: http::Request<()>| async {
            sleep(Duration::from_secs(10)).await;
            Ok::<_, std::io::Error>(())
        });
    let start = Instant::now();
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { (service.oneshot(get("/")).await, start.elapsed()) })
        })
        .collect();
    let mut took = Vec::new();
    for call in calls {
        let (result, elapsed) = call.await.expect("no panic");
        took.push(match result {
            Ok(()) => format!("ok after {} s", elapsed.as_secs()),
            Err(error) => format!(
                "{:?} after {} s",
                FailureKind::of(&*error),
                elapsed.as_secs()
            ),
        });
    }
    assert_eq!(
        took,
        [
            "ok after 10 s",
            "Deadline after 15 s",
            "Deadline after 15 s"
        ],
        "the second waits 10 s to be ready, and has 5 s left"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_not_ready_in_time_serves_the_next_call() {
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(15)))
        .concurrency_limit(1)
        .service_fn(|seconds: http::Request<u64>| async move {
            sleep(Duration::from_secs(*seconds.body())).await;
            Ok::<_, std::io::Error>(())
        });
    let mut other = service.clone();
    let other = other
        .ready()
        .await
        .expect("ready")
        .call(http::Request::new(1));
    let held = tokio::spawn(async move {
        // Its permit is held for 100 s before the call is polled to its end.
        sleep(Duration::from_secs(100)).await;
        other.await
    });
    let late = service
        .ready()
        .await
        .expect("ready to fail")
        .call(http::Request::new(1));
    let error = late.await.expect_err("too late");
    assert_eq!(FailureKind::of(&*error), FailureKind::Deadline);
    let _ = held.await.expect("no panic");
    service
        .ready()
        .await
        .expect("ready")
        .call(http::Request::new(1))
        .await
        .expect("the next one is in time");
}
