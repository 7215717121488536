//! What object stores say, in the crate's own words: their texts may hold URLs with signatures.

use std::{error::Error as StdError, fmt, io};

use http::StatusCode;

use crate::{
    collect::destination::DestinationError,
    error::{Failure, Sources},
};

/// Why a store did not do what it was asked for.
#[derive(Debug)]
pub(super) struct StoreFailure {
    /// What was tried.
    doing: &'static str,
    words: &'static str,
    /// Whether trying again cannot help until somebody changes a setting.
    pub(super) is_refusal: bool,
    /// What the transport said, if it was the cause.
    failure: Option<String>,
}

impl StoreFailure {
    pub(super) fn new(doing: &'static str, error: &object_store::Error) -> Self {
        use object_store::Error as E;
        let refusal = find::<LastingStatus>(error).map(|refusal| refusal.0);
        let (words, is_refusal) = match error {
            _ if refusal.is_some() => (refusal.unwrap_or_default(), true),
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
        };
        let failure = find::<Failure>(error).map(ToString::to_string);
        let io = find::<io::Error>(error).map(io::Error::kind);
        let is_refusal = is_refusal || failure.is_none() && io.is_some_and(is_lasting);
        let io = io.map(|kind| kind.to_string());
        Self {
            doing,
            words,
            is_refusal,
            failure: failure.or(io),
        }
    }
}

impl StoreFailure {
    /// A refusal ends the collector, but one that comes after a success (`proved`) is an outage.
    pub(super) fn into_destination_error(self, proved: bool) -> DestinationError {
        if self.is_refusal && !proved {
            DestinationError::refused(self.to_string())
        } else {
            DestinationError::outage(self.to_string())
        }
    }
}

impl fmt::Display for StoreFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.words)?;
        match &self.failure {
            Some(failure) => write!(f, " ({failure})"),
            None => Ok(()),
        }
    }
}

impl StdError for StoreFailure {}

/// A status that no repetition changes, and that `object_store` has no name for.
#[derive(Debug)]
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

impl fmt::Display for LastingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for LastingStatus {}

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
        for (error, words, is_refusal) in [
            (
                Error::NotFound {
                    path: "CANARY".to_owned(),
                    source: source(),
                },
                "no such bucket",
                true,
            ),
            (
                Error::PermissionDenied {
                    path: "CANARY".to_owned(),
                    source: source(),
                },
                "lack the permission",
                true,
            ),
            (
                Error::AlreadyExists {
                    path: "CANARY".to_owned(),
                    source: source(),
                },
                "until it is restored",
                true,
            ),
            (
                Error::NotSupported { source: source() },
                "what an archive needs",
                true,
            ),
            (generic(redirects.into()), "another region", true),
            (generic(denied.into()), "(permission denied)", true),
            (generic(reset.into()), "(connection reset)", false),
            (generic(closed.into()), "the peer went", false),
            (generic(source()), "the store failed", false),
        ] {
            let failure = || StoreFailure::new("reading", &error);
            for proved in [false, true] {
                let error = failure().into_destination_error(proved);
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
        for (status, words) in [
            (200, None),
            (304, None),
            (301, Some("another region")),
            (307, Some("another region")),
            (400, Some("calls the request invalid")),
            (404, None),
            (405, Some("conditional puts")),
            (412, None),
            (501, Some("conditional puts")),
            (503, None),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let text = LastingStatus::of(status).map(|refusal| refusal.to_string());
            assert_eq!(text.is_some(), words.is_some(), "{status}");
            assert!(
                text.unwrap_or_default().contains(words.unwrap_or("")),
                "{status}"
            );
        }
    }
}
