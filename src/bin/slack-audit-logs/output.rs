//! `Output`: where results go, standard output or a file, and what a failed write means.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    path::{Path, PathBuf},
};

use crate::exit::{Exit, Outcome};

/// Results are written in pieces of this size: a pipe's buffer on Linux.
const PIECE: usize = 1 << 16;

/// Results on their way.
pub(crate) struct Output {
    to: To,
}

enum To {
    Stdout(BufWriter<Stdout>),
    File {
        writer: BufWriter<File>,
        path: PathBuf,
        /// Written first, and renamed when all is there; none for devices and pipes.
        part: Option<PathBuf>,
    },
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self {
            to: To::Stdout(BufWriter::with_capacity(PIECE, io::stdout())),
        }
    }

    /// This file, or standard output. A file appears under its name by [`finish`](Self::finish), so
    /// that a call that fails does not cost what was there.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Exit> {
        let Some(path) = path else {
            return Ok(Self::stdout());
        };
        let to_file = |error: io::Error| {
            Exit::local_file(format!("{} cannot be written: {error}", path.display()))
        };
        let special = fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
        if path.is_dir() || path.file_name().is_none() {
            return Err(to_file(io::ErrorKind::IsADirectory.into()));
        }
        let (file, part) = if special {
            (OpenOptions::new().write(true).open(path), None)
        } else {
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            (File::create(&part), Some(PathBuf::from(part)))
        };
        Ok(Self {
            to: To::File {
                writer: BufWriter::with_capacity(PIECE, file.map_err(to_file)?),
                path: path.to_owned(),
                part,
            },
        })
    }

    /// Whether a person reads it.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(&self.to, To::Stdout(stdout) if stdout.get_ref().is_terminal())
    }

    /// Where the results are if they are not finished.
    pub(crate) fn unfinished(&self) -> Option<&Path> {
        match &self.to {
            To::File { part, .. } => part.as_deref(),
            To::Stdout(_) => None,
        }
    }

    /// Writes a piece of results.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Outcome {
        let written = self.writer().write_all(bytes);
        written.map_err(|error| self.failed(&error))
    }

    /// Lets the reader have what has been written so far.
    pub(crate) fn flush(&mut self) -> Outcome {
        let flushed = self.writer().flush();
        flushed.map_err(|error| self.failed(&error))
    }

    /// All results are there.
    pub(crate) fn finish(mut self) -> Outcome {
        self.flush()?;
        if let To::File {
            path,
            part: Some(part),
            ..
        } = &self.to
        {
            fs::rename(part, path).map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.to {
            To::Stdout(writer) => writer,
            To::File { writer, .. } => writer,
        }
    }

    fn failed(&self, error: &io::Error) -> Exit {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Exit::closed_pipe();
        }
        match &self.to {
            To::Stdout(_) => {
                Exit::local_file(format!("standard output cannot be written: {error}"))
            }
            To::File { path, .. } => {
                Exit::local_file(format!("{} cannot be written: {error}", path.display()))
            }
        }
    }
}
