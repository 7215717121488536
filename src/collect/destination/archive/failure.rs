//! What object stores say, in the crate's own words: their texts may hold URLs with signatures.

use std::{error::Error as StdError, io};

use http::StatusCode;

use crate::{
    collect::destination::DestinationError,
    error::{Failure, Sources},
};

/// What it means that a store did not do what it was asked for.
///
/// A refusal ends the collector, but one that comes after a success (`proved`) is an outage.
pub(super) fn store_failed(
    doing: &'static str,
    error: &object_store::Error,
    proved: bool,
) -> DestinationError {
    use object_store::Error as E;
    let lasting = find::<LastingStatus>(error).map(|status| (status.0, true));
    let (words, is_refusal) = lasting.unwrap_or(match error {
        E::NotFound { .. } => ("the store has no such bucket, container or object", true),
        E::PermissionDenied { .. } => (
            "the store refuses it: the credentials lack the permission or are wrong, or this \
             machine's clock is",
            true,
        ),
        E::Unauthenticated { .. } => ("the store does not accept the credentials", true),
        E::NotSupported { .. } | E::NotImplemented { .. } => {
            ("the store cannot do what an archive needs", true)
        }
        // Only where something is read: a put tells by it that something is there.
        E::AlreadyExists { .. } => (
            "the store has moved it to where nothing is read until it is restored",
            true,
        ),
        E::InvalidPath { .. } => ("the store's name for it is invalid", true),
        _ => ("the store failed", false),
    });
    // What the transport said, or the system, if it was the cause.
    let failure = find::<Failure>(error);
    let io = find::<io::Error>(error).map(io::Error::kind);
    // Trying again cannot help until somebody changes a setting.
    let is_refusal = is_refusal || failure.is_none() && io.is_some_and(is_lasting);
    let cause = failure.map(ToString::to_string);
    let cause = cause.or(io.map(|kind| kind.to_string()));
    let cause = cause.map_or(String::new(), |cause| format!(" ({cause})"));
    let message = format!("{doing}: {words}{cause}");
    if is_refusal && !proved {
        DestinationError::refused(message)
    } else {
        DestinationError::outage(message)
    }
}

/// A status that no repetition changes, and that `object_store` has no name for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct LastingStatus(&'static str);

impl LastingStatus {
    #[cfg_attr(
        not(any(
            feature = "archive-s3",
            feature = "archive-gcs",
            feature = "archive-azure"
        )),
        allow(dead_code)
    )]
    pub(super) fn of(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_MODIFIED => None,
            status if status.is_redirection() => Some(Self(
                "the store redirects: the bucket is in another region, or the endpoint is wrong",
            )),
            StatusCode::BAD_REQUEST => Some(Self(
                "the store calls the request invalid: look at region, endpoint and credentials",
            )),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
                Some(Self("the store does not know conditional puts"))
            }
            _ => None,
        }
    }
}

/// Whether a directory stays unusable until somebody changes something.
fn is_lasting(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Io;
    matches!(
        kind,
        Io::PermissionDenied | Io::ReadOnlyFilesystem | Io::NotADirectory | Io::NotFound
    )
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    Sources(Some(error)).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use object_store::Error;

    use super::*;

    #[test]
    fn what_no_repetition_changes_is_a_refusal_until_something_has_worked() {
        let generic = |source: Box<dyn StdError + Send + Sync>| Error::Generic {
            store: "a store",
            source,
        };
        let source = || "CANARY".into();
        let redirects = LastingStatus::of(StatusCode::FOUND).expect("a refusal");
        let closed = Failure::new(crate::error::FailureKind::Closed, "the peer went");
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let path = || "CANARY".to_owned();
        let not_found = Error::NotFound {
            path: path(),
            source: source(),
        };
        let no_permission = Error::PermissionDenied {
            path: path(),
            source: source(),
        };
        let archived = Error::AlreadyExists {
            path: path(),
            source: source(),
        };
        let unsupported = Error::NotSupported { source: source() };
        for (error, words, is_refusal) in [
            (not_found, "no such bucket", true),
            (no_permission, "lack the permission", true),
            (archived, "until it is restored", true),
            (unsupported, "what an archive needs", true),
            (generic(redirects.into()), "another region", true),
            (generic(denied.into()), "(permission denied)", true),
            (generic(reset.into()), "(connection reset)", false),
            (generic(closed.into()), "the peer went", false),
            (generic(source()), "the store failed", false),
        ] {
            for proved in [false, true] {
                let error = store_failed("reading", &error, proved);
                let text = error.to_string();
                assert_eq!(error.is_refused(), is_refusal && !proved, "{text}");
                assert_eq!(error.is_outage(), !error.is_refused(), "{text}");
                assert!(text.starts_with("reading: "), "{text}");
                assert!(text.contains(words) && !text.contains("CANARY"), "{text}");
            }
        }
    }

    #[test]
    fn statuses_that_no_repetition_changes() {
        for status in [200, 304, 404, 412, 503] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert!(LastingStatus::of(status).is_none(), "{status}");
        }
        for (status, words) in [
            (301, "another region"),
            (307, "another region"),
            (400, "calls the request invalid"),
            (405, "conditional puts"),
            (501, "conditional puts"),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let text = LastingStatus::of(status).expect("a refusal").to_string();
            assert!(text.contains(words), "{status}");
        }
    }
}
