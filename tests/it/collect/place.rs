//! A state and an output in a directory of their own, and what may happen to them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use slack_audit_logs::{
    collect::{CollectError, FileSink, FileSinkError, Follow, FollowBuilder, Progress, RedbStore},
    fake::FakeApi,
};

use crate::support::collect::{START, Service, api, audit_logs};

pub struct Place {
    pub directory: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub fn out(&self) -> PathBuf {
        self.path("out.ndjson")
    }

    pub fn follow(&self, api: &FakeApi) -> FollowBuilder<Service, RedbStore, FileSink> {
        let (store, sink) = (RedbStore::new(self.state()), FileSink::new(self.out()));
        Follow::builder(audit_logs(api), store, sink).since(START - 10_000)
    }

    pub async fn once(&self, api: &FakeApi) -> Result<Progress, CollectError> {
        self.follow(api).build().expect("valid").run_once().await
    }
}

pub fn the_api() -> FakeApi {
    api().entries(300).span(Duration::from_secs(9_000)).build()
}

/// An error with all its causes, as a user sees it.
pub fn words(error: &CollectError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

pub fn file_error(error: &CollectError) -> &FileSinkError {
    match error {
        CollectError::Sink(source) => source.downcast_ref().expect("of the file"),
        other => panic!("{other:?}"),
    }
}

/// What may have happened to a file, and what it must be called.
pub fn damage(path: &Path, how: &str) {
    let bytes = std::fs::read(path).expect("a file");
    match how {
        "empty" => std::fs::write(path, b""),
        "half" => std::fs::write(path, &bytes[..bytes.len() / 2]),
        "head only" => std::fs::write(path, &bytes[..100]),
        "text" => std::fs::write(path, "{\"mark\":1}\n".repeat(1_000)),
        "zeros" => std::fs::write(path, vec![0; bytes.len()]),
        "flipped" => {
            // Every page has a byte turned.
            let flipped: Vec<u8> = bytes
                .iter()
                .enumerate()
                .map(|(index, byte)| {
                    if index > 4_096 && index % 512 == 77 {
                        byte ^ 0x40
                    } else {
                        *byte
                    }
                })
                .collect();
            std::fs::write(path, flipped)
        }
        other => panic!("{other}"),
    }
    .expect("written");
}
