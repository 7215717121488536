//! Requests: bounds in time of every kind, and names re-exported where signatures need them.

use std::time::{Duration, SystemTime};

use slack_audit_logs::{
    Endpoint, LogsRequest, UnixSeconds, bytes, collect::Backfill, collect::destination, http, tower,
};

const AT: i64 = 1_700_000_000;

#[test]
fn bounds_in_time() {
    let bounds: [UnixSeconds; 6] = [
        AT.into(),
        AT.unsigned_abs().into(),
        (SystemTime::UNIX_EPOCH + Duration::from_secs(AT.unsigned_abs())).into(),
        jiff::Timestamp::from_second(AT).expect("in range").into(),
        chrono::DateTime::from_timestamp(AT, 0)
            .expect("in range")
            .into(),
        UnixSeconds(AT),
    ];
    assert!(bounds.iter().all(|bound| *bound == UnixSeconds(AT)));
    let zoned = jiff::Timestamp::from_second(AT).expect("in range");
    let request = LogsRequest::new()
        .oldest(zoned.to_zoned(jiff::tz::TimeZone::UTC))
        .latest(SystemTime::now());
    assert_eq!(request.get_oldest(), Some(UnixSeconds(AT)));
    // The collectors take the same.
    let to_nowhere =
        tower::service_fn(|_: destination::Batch| async { Ok::<_, tower::BoxError>(()) });
    let _ = Backfill::builder(
        crate::stack::client().into_service(),
        destination::Service::in_memory(to_nowhere),
    )
    .since(AT.unsigned_abs())
    .until(SystemTime::now());
}

/// No dependency on `bytes`, `http` or `tower` is needed to name what signatures name.
#[test]
fn the_crates_of_the_signatures_are_re_exported() {
    let request: http::Request<slack_audit_logs::Body> =
        LogsRequest::new().limit(1).into_request().expect("valid");
    assert_eq!(request.uri(), "/logs?limit=1");
    let body: bytes::Bytes = bytes::Bytes::from_static(b"{}");
    let _: slack_audit_logs::Body = body.into();
    let _: tower::BoxError = slack_audit_logs::InvalidRequest::new("x").into();
}
