//! `FileSinkError`: why an output file cannot be gone on with.

use std::{io, path::PathBuf};

/// Why [`FileSink`](super::FileSink) did not take a batch, or did not begin. The file is left as it
/// is.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum FileSinkError {
    /// A fresh state and a file that has something in it already.
    #[error(
        "{} is not empty, but the state knows nothing of it: name another file, or the state that belongs to it", path.display()
    )]
    NotEmpty {
        /// The output.
        path: PathBuf,
    },
    /// The file is not there any more.
    #[error(
        "{} is gone, but the state says that {committed} bytes were written to it: put it back, or begin anew with a new state", path.display()
    )]
    Missing {
        /// The output.
        path: PathBuf,
        /// How long it was.
        committed: u64,
    },
    /// The file has lost something.
    #[error(
        "{} has {found} bytes, but the state says that {committed} were written to it: put it back, or begin anew with a new state",
        path.display()
    )]
    Shorter {
        /// The output.
        path: PathBuf,
        /// How long it is.
        found: u64,
        /// How long it was.
        committed: u64,
    },
    /// The file has other contents than were written.
    #[error(
        "{} is not the file that the state speaks of: name that one, or begin anew with a new state", path.display()
    )]
    Other {
        /// The output.
        path: PathBuf,
    },
    /// Another collector is writing to it.
    #[error("another collector is writing to {}: give this one a file of its own", path.display())]
    InUse {
        /// The output.
        path: PathBuf,
    },
    /// A device or a pipe, which cannot be cut back.
    #[error("{} is no regular file: use the sink for standard output instead", path.display())]
    NotRegular {
        /// The output.
        path: PathBuf,
    },
    /// The position in the state is not one of a file.
    #[error(
        "the state belongs to another kind of output than a file: use that one, or a new state"
    )]
    OtherSink,
    /// An earlier write failed or was cut off in the middle.
    #[error("an earlier write to {} did not end well: start the collector again", path.display())]
    Broken {
        /// The output.
        path: PathBuf,
    },
    /// It could not be read or written.
    #[error("{} cannot be {doing}", path.display())]
    Io {
        /// The output.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}
