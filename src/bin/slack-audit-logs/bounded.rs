//! Small files that the options name: no more of them is read than such a file has, and one that
//! never comes, such as a pipe that nobody writes to, holds up no signal.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    exit::{self, Exit},
    signals,
};

/// Whoever writes to a pipe may ask a person for a password first.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often signals are looked after meanwhile.
const TICK: Duration = Duration::from_millis(100);

/// The whole of a file that is there, unless it is longer than `most` bytes.
pub(crate) fn read_at_once(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(most as u64 + 1);
    file.read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::other(format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

/// The same of what may have to be waited for.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    read_within(path, most, LONGEST_WAIT)
}

fn read_within(path: &Path, most: usize, wait: Duration) -> io::Result<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    // Opening a pipe waits for its writer, and nothing but the end of the process ends that.
    thread::spawn(move || {
        // An error: nobody waits any more.
        let _ = sender.send(read_at_once(&path, most));
    });
    let begun = Instant::now();
    loop {
        match receiver.recv_timeout(TICK.min(wait)) {
            Ok(read) => return read,
            Err(_) if signals::is_asked() => {
                return exit::now(Exit::interrupted("interrupted before anything was done"));
            }
            Err(mpsc::RecvTimeoutError::Timeout) if begun.elapsed() < wait => {}
            Err(_) => {
                let seconds = wait.as_secs();
                let words = format!("nothing came within {seconds} s: does anybody write to it?");
                return Err(io::Error::other(words));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_so_much_and_not_for_ever() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("f");
        std::fs::write(&path, "12345").expect("written");
        assert_eq!(read(&path, 5).expect("readable"), b"12345");
        assert!(read(&path, 4).is_err());
        #[cfg(unix)]
        {
            let zero = read(Path::new("/dev/zero"), 4).map_err(|error| error.to_string());
            assert_eq!(zero, Err("it is longer than 4 bytes".to_owned()));
            let pipe = directory.path().join("p");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status();
            assert!(made.expect("runs").success());
            let nothing = read_within(&pipe, 4, Duration::from_millis(1));
            let error = nothing.expect_err("nobody writes").to_string();
            assert!(error.contains("nothing came"), "{error}");
        }
    }
}
