//! `Output`: where results go, standard output or a file, and what a failed write means.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

use crate::{
    args::Format,
    exit::{Exit, Outcome},
    text::harmless,
};

/// Results are written in pieces of this size: a pipe's buffer on Linux.
const PIECE: usize = 1 << 16;

/// Results on their way.
pub(crate) struct Output {
    to: To,
    is_terminal: bool,
}

enum To {
    Stdout(BufWriter<Stdout>),
    File {
        writer: BufWriter<Writer>,
        path: PathBuf,
        /// Written first, and renamed when all is there; none for devices and pipes.
        part: Option<PathBuf>,
        /// What is in `part` is not worth keeping: it could not be written to its end.
        failed: bool,
    },
}

/// A file, or one that is compressed on the way.
enum Writer {
    Plain(File),
    Gzip(GzEncoder<File>),
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(gzip) => gzip.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            // A flush would cost the compression its memory; `finish` ends it.
            Self::Gzip(_) => Ok(()),
        }
    }
}

impl Writer {
    /// Writes what the compression still holds.
    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(gzip) => gzip.try_finish(),
        }
    }
}

/// The format that a file's name says, and whether it is to be compressed.
pub(crate) fn format_of(path: &Path) -> (Option<Format>, bool) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let (name, gzip) = match name.strip_suffix(".gz") {
        Some(name) => (name, true),
        None => (&*name, false),
    };
    let format = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => Some(Format::Csv),
        Some("json") => Some(Format::Json),
        Some("ndjson" | "jsonl") => Some(Format::Ndjson),
        Some("txt") => Some(Format::Table),
        Some("html" | "htm") => Some(Format::Html),
        _ => None,
    };
    (format, gzip)
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        let stdout = io::stdout();
        Self {
            is_terminal: stdout.is_terminal(),
            to: To::Stdout(BufWriter::with_capacity(PIECE, stdout)),
        }
    }

    /// This file, or standard output for none and for `-`. A file appears under its name by
    /// [`finish`](Self::finish), so that a call that fails does not cost what was there. A link
    /// stays a link: what it leads to is replaced.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Exit> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::stdout());
        };
        let to_file = |error| Exit::unwritable(path.display(), &error);
        let special = fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
        if path.is_dir() || path.file_name().is_none() {
            return Err(to_file(io::ErrorKind::IsADirectory.into()));
        }
        let target = behind_links(path).map_err(to_file)?;
        let (file, part) = if special {
            (OpenOptions::new().write(true).open(path), None)
        } else {
            let mut part = target.as_os_str().to_owned();
            part.push(".part");
            (File::create(&part), Some(PathBuf::from(part)))
        };
        let file = file.map_err(to_file)?;
        let (_, gzip) = format_of(path);
        let writer = if gzip {
            Writer::Gzip(GzEncoder::new(file, Compression::default()))
        } else {
            Writer::Plain(file)
        };
        Ok(Self {
            to: To::File {
                writer: BufWriter::with_capacity(PIECE, writer),
                path: target,
                part,
                failed: false,
            },
            is_terminal: false,
        })
    }

    /// Whether a person reads it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Where the results are if they are not finished.
    pub(crate) fn unfinished(&self) -> Option<&Path> {
        match &self.to {
            To::File { part, .. } => part.as_deref(),
            To::Stdout(_) => None,
        }
    }

    /// Writes a piece of results as it is.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.write_with(|writer| writer.write_all(bytes))
    }

    /// Has a piece of results written as it is.
    pub(crate) fn write_with(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Outcome {
        write(self.writer()).map_err(|error| self.failed(&error))
    }

    /// Writes lines that hold what others have written: exact, but to a terminal only what it
    /// shows as it is.
    pub(crate) fn write_text(&mut self, line: &[u8]) -> Outcome {
        if !self.is_terminal {
            return self.write(line);
        }
        let text = String::from_utf8_lossy(line);
        for line in text.split_inclusive('\n') {
            let (line, end) = line
                .strip_suffix('\n')
                .map_or((line, ""), |line| (line, "\n"));
            self.write((harmless(line) + end).as_bytes())?;
        }
        Ok(())
    }

    /// Lets the reader have what has been written so far.
    pub(crate) fn flush(&mut self) -> Outcome {
        let flushed = self.writer().flush();
        flushed.map_err(|error| self.failed(&error))
    }

    /// All results are there.
    pub(crate) fn finish(mut self) -> Outcome {
        self.flush()?;
        let ended = match &mut self.to {
            To::Stdout(_) => Ok(()),
            To::File {
                writer, path, part, ..
            } => {
                let ended = writer.get_mut().end();
                ended.and_then(|()| part.as_ref().map_or(Ok(()), |part| fs::rename(part, path)))
            }
        };
        ended.map_err(|error| self.failed(&error))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.to {
            To::Stdout(writer) => writer,
            To::File { writer, .. } => writer,
        }
    }

    fn failed(&mut self, error: &io::Error) -> Exit {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Exit::closed_pipe();
        }
        match &mut self.to {
            To::Stdout(_) => Exit::unwritable("standard output", error),
            To::File { path, failed, .. } => {
                *failed = true;
                Exit::unwritable(path.display(), error)
            }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let To::File {
            writer,
            part: Some(part),
            failed: true,
            ..
        } = &mut self.to
        {
            // Half a file on a full disk helps nobody.
            let _ = writer.get_mut().end();
            let _ = fs::remove_file(part);
        }
    }
}

/// The file that a path leads to, whether it is there or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => {
            // A link to nowhere yet leads to where it says.
            fs::canonicalize(path).or_else(|_| {
                let to = fs::read_link(path)?;
                Ok(path.parent().unwrap_or(Path::new("")).join(to))
            })
        }
        _ => Ok(path.to_owned()),
    }
}
