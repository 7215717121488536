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
    text::harmless_lines,
};

/// Results are written in pieces of this size: a pipe's buffer on Linux.
const PIECE: usize = 1 << 16;

pub(crate) struct Output {
    writer: BufWriter<Writer>,
    /// None for standard output.
    target: Option<Target>,
    is_terminal: bool,
    /// The format that the file's name says.
    format: Option<Format>,
}

struct Target {
    path: PathBuf,
    /// Written first, and renamed when all is there; none for devices and pipes.
    part: Option<PathBuf>,
}

enum Writer {
    Stdout(Stdout),
    Plain(File),
    Gzip(GzEncoder<File>),
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(gzip) => gzip.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Plain(file) => file.flush(),
            // A flush would cost the compression its memory; `finish` ends it.
            Self::Gzip(_) => Ok(()),
        }
    }
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The format that a file's name says, and whether it is to be compressed.
fn format_of(path: &Path) -> (Option<Format>, bool) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let plain = name.strip_suffix(".gz");
    let extension = plain.unwrap_or(&name).rsplit_once('.');
    let format = match extension.map(|(_, extension)| extension) {
        Some("csv") => Some(Format::Csv),
        Some("json") => Some(Format::Json),
        Some("ndjson" | "jsonl") => Some(Format::Ndjson),
        Some("txt") => Some(Format::Table),
        Some("html" | "htm") => Some(Format::Html),
        _ => None,
    };
    (format, plain.is_some())
}

impl Output {
    pub(crate) fn stdout() -> Self {
        Self {
            is_terminal: io::stdout().is_terminal(),
            writer: BufWriter::with_capacity(PIECE, Writer::Stdout(io::stdout())),
            target: None,
            format: None,
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
            let part = with_suffix(&target, ".part");
            (File::create(&part), Some(part))
        };
        let file = file.map_err(to_file)?;
        let (format, gzip) = format_of(path);
        let writer = if gzip {
            Writer::Gzip(GzEncoder::new(file, Compression::default()))
        } else {
            Writer::Plain(file)
        };
        Ok(Self {
            writer: BufWriter::with_capacity(PIECE, writer),
            target: Some(Target { path: target, part }),
            is_terminal: false,
            format,
        })
    }

    /// The format that was asked for, or that the file's name says; else a table for a person,
    /// ndjson for a program.
    pub(crate) fn format(&self, asked: Option<Format>) -> Format {
        asked.or(self.format).unwrap_or(if self.is_terminal {
            Format::Table
        } else {
            Format::Ndjson
        })
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(crate) fn unfinished(&self) -> Option<&Path> {
        self.target.as_ref()?.part.as_deref()
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.write_with(|writer| writer.write_all(bytes))
    }

    pub(crate) fn write_with(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Outcome {
        write(&mut self.writer).map_err(|error| self.failed(&error))
    }

    /// Writes lines that hold what others have written: exact, but to a terminal only what it
    /// shows as it is.
    pub(crate) fn write_text(&mut self, line: &[u8]) -> Outcome {
        if !self.is_terminal {
            return self.write(line);
        }
        self.write(harmless_lines(&String::from_utf8_lossy(line)).as_bytes())
    }

    /// Lets the reader have what has been written so far.
    pub(crate) fn flush(&mut self) -> Outcome {
        self.writer.flush().map_err(|error| self.failed(&error))
    }

    pub(crate) fn finish(mut self) -> Outcome {
        self.flush()?;
        self.ended().map_err(|error| self.failed(&error))
    }

    fn ended(&mut self) -> io::Result<()> {
        if let Writer::Gzip(gzip) = self.writer.get_mut() {
            gzip.try_finish()?;
        }
        if let Some(target) = &self.target
            && let Some(part) = &target.part
        {
            fs::rename(part, &target.path)?;
        }
        Ok(())
    }

    fn failed(&mut self, error: &io::Error) -> Exit {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Exit::closed_pipe();
        }
        let Some(Target { path, part }) = &mut self.target else {
            return Exit::unwritable("standard output", error);
        };
        // Half a file on a full disk helps nobody.
        if let Some(part) = part.take() {
            let _ = fs::remove_file(part);
        }
        Exit::unwritable(path.display(), error)
    }
}

/// The file that a path leads to, whether it is there or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    // A link to nowhere yet leads to where it says.
    fs::canonicalize(path).or_else(|_| {
        let to = fs::read_link(path)?;
        Ok(path.parent().unwrap_or(Path::new("")).join(to))
    })
}
