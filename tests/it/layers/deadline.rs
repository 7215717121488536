//! `DeadlineLayer`.

use std::time::Duration;

use slack_audit_logs::{CallRecord, FailureKind, layers::DeadlineLayer};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{BoxError, Layer, ServiceExt, service_fn};
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
