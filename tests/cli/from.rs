//! `--from`: collected events in files, compressed, rotated, in directories.

use std::{fs, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};
use tempfile::tempdir;

use super::support::{Done, Served, done, over, plain_command};

fn event(id: &str, date: i64) -> String {
    format!("{{\"id\":\"{id}\",\"date_create\":{date},\"action\":\"user_login\"}}\n")
}

fn gzip(path: &Path, members: &[String]) {
    let mut bytes = Vec::new();
    for member in members {
        let mut gzip = GzEncoder::new(&mut bytes, Compression::fast());
        gzip.write_all(member.as_bytes()).expect("written");
        gzip.finish().expect("finished");
    }
    fs::write(path, bytes).expect("written");
}

fn logs_from(paths: &[&Path]) -> Done {
    let mut command = plain_command();
    command.arg("logs");
    for path in paths {
        command.arg("--from").arg(path);
    }
    done(command)
}

fn ids(done: &Done) -> Vec<&str> {
    done.lines()
        .into_iter()
        .filter_map(|line| line.split('"').nth(3))
        .collect()
}

#[test]
fn a_directory_is_read_from_the_oldest_event_on_without_a_token() {
    let directory = tempdir().expect("a directory");
    let path = directory.path();
    fs::write(
        path.join("audit.ndjson"),
        event("e5", 500) + &event("e6", 600),
    )
    .expect("written");
    fs::write(path.join("audit.ndjson.1"), event("e4", 400)).expect("written");
    // Several members, as appending makes them.
    gzip(
        &path.join("audit.ndjson.2.gz"),
        &[event("e2", 200), event("e3", 300)],
    );
    fs::create_dir_all(path.join("date=1970-01-01")).expect("made");
    gzip(
        &path.join("date=1970-01-01/00000001.ndjson.gz"),
        &[event("e1", 100)],
    );
    gzip(
        &path.join("date=1970-01-01/00000002.ndjson.gz"),
        &["\n".to_owned()],
    );
    fs::write(path.join("_notes.ndjson"), "{}").expect("written");
    fs::write(path.join("audit.ndjson.state"), "no events").expect("written");
    let done = logs_from(&[path]).expect(0).says("1 files of other names");
    assert_eq!(ids(&done), ["e1", "e2", "e3", "e4", "e5", "e6"]);
}

#[test]
fn files_in_the_order_they_are_named_and_standard_input() {
    let directory = tempdir().expect("a directory");
    let (a, b) = (directory.path().join("a"), directory.path().join("b"));
    fs::write(&a, event("a", 2)).expect("written");
    // The name does not say that it is compressed.
    gzip(&b, &[event("b", 1)]);
    assert_eq!(ids(&logs_from(&[&a, &b]).expect(0)), ["a", "b"]);
    assert_eq!(
        ids(&over(&event("c", 1), &["logs", "--from", "-"]).expect(0)),
        ["c"]
    );
}

#[test]
fn what_logs_has_written_as_json_is_read_again() {
    let text = event("a", 1) + &event("b", 2);
    let array = over(&text, &["logs", "--from", "-", "--format", "json"]).expect(0);
    let again = over(&array.stdout, &["logs", "--from", "-"]).expect(0);
    assert_eq!(again.stdout, text);
    assert_eq!(again.stderr, "");
}

#[test]
fn lines_that_are_no_events_are_told_and_files_without_any_are_an_error() {
    let torn = event("a", 1) + "\r\n{\"id\":\"b\",\"date_cre";
    let done = over(&torn, &["logs", "--from", "-"]).expect(0);
    assert_eq!(done.lines().len(), 2, "what is torn is there, as it is");
    let strange = event("a", 1) + "hello\n" + &event("b", 2) + "{}\n";
    let done = over(&strange, &["logs", "--from", "-"])
        .expect(0)
        .says("2 lines are no events")
        .says("line 2");
    assert_eq!(ids(&done), ["a", "b"]);
    over("a,b\n1,2\n", &["logs", "--from", "-"])
        .expect(5)
        .says("ndjson");
    over("", &["logs", "--from", "-"]).expect(0);

    let directory = tempdir().expect("a directory");
    logs_from(&[directory.path()])
        .expect(5)
        .says("no file of events");
    logs_from(&[Path::new("/no/such/file")])
        .expect(5)
        .says("/no/such/file cannot be read");
    let cut = directory.path().join("cut.ndjson.gz");
    let many: String = (0..1_000).map(|at| event(&format!("e{at}"), at)).collect();
    gzip(&cut, &[many]);
    let bytes = fs::read(&cut).expect("there");
    fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    let done = logs_from(&[&cut])
        .expect(5)
        .says("cut.ndjson.gz cannot be read");
    assert_eq!(
        ids(&done).first(),
        Some(&"e0"),
        "what stands before is shown"
    );
}

#[test]
fn no_event_is_hidden_by_what_stands_before_it() {
    let directory = tempdir().expect("a directory");
    let (notes, marked) = (directory.path().join("1"), directory.path().join("2"));
    fs::write(&notes, "hello\nworld\n").expect("written");
    let two = event("a", 1).trim_end().to_owned() + &event("b", 2) + &event("c", 3);
    fs::write(&marked, format!("\u{feff}{two}")).expect("written");
    let done = logs_from(&[&notes, &marked]).expect(0);
    assert_eq!(ids(&done), ["a", "b", "c"]);
    done.says("2 lines are no events").says("1, line 1");
    logs_from(&[&notes, &notes])
        .expect(5)
        .says("nor is any other");
}

/// What no JSON is stands as a string of its bytes in what a collector writes.
#[test]
fn a_broken_event_that_was_collected_is_read_again() {
    let broken = "{\"id\":\"a\",\"date_create\":1,\"action\":\"x\",\"note\":\"\u{1b}\"}";
    let line = serde_json::to_string(broken).expect("text") + "\n";
    let done = over(&line, &["logs", "--from", "-"]).expect(0);
    assert_eq!((&*done.stdout, &*done.stderr), (&*line, ""));
    let by = over(
        &line,
        &["stats", "--from", "-", "--by", "action", "--format", "csv"],
    );
    assert!(by.expect(0).stdout.contains("x,1"));
}

/// A URL and the directory itself; what a collector left behind the chain is not in it.
#[test]
fn an_archive_is_read_by_its_chain() {
    let served = Served::with(300);
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("an archive");
    let output = format!("{}/", path.display());
    let args = ["follow", "--once", "--since", "31d", "--output", &output];
    served.run(args).expect(0);
    let url = format!("file://{}", path.display()).replace(' ', "%20");
    let expected: Vec<String> = served
        .api
        .record()
        .into_iter()
        .map(|event| event.id)
        .collect();
    for from in [path.to_str().expect("text"), &url] {
        let done = logs_from(&[Path::new(from)]).expect(0);
        assert_eq!(ids(&done), expected, "{from}");
        assert_eq!(done.stderr, "");
    }
    let mut command = plain_command();
    command.args(["stats", "--since", "1d", "--format", "json", "--from", &url]);
    done(command).expect(0);

    let dates = fs::read_dir(&path)
        .expect("there")
        .map(|entry| entry.expect("an entry"));
    let date = dates
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.path())
        .min();
    let object = date.expect("a date").join("00000001.ndjson.gz");
    fs::remove_file(&object).expect("removed");
    let behind = path.join("date=2001-01-01");
    fs::create_dir(&behind).expect("made");
    fs::write(behind.join("00000007.ndjson.gz"), "x").expect("written");
    logs_from(&[&path])
        .expect(5)
        .says("date=2001-01-01/00000007.ndjson.gz is damaged");

    logs_from(&[Path::new("file:///no/such/archive")])
        .expect(5)
        .says("there is no archive");
    let mut command = plain_command();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT", "http://127.0.0.1:9"),
        ("AWS_ALLOW_HTTP", "true"),
    ] {
        command.env(name, value);
    }
    command.args(["stats", "--from", "s3://bucket/audit"]);
    done(command)
        .expect(4)
        .says("credentials, region and endpoint");
    logs_from(&[Path::new("ftp://host/x")])
        .expect(2)
        .says("s3://bucket/prefix");
}

/// What a directory holds beside files: nothing of it may be waited for.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_directory_is_left_out_and_one_that_is_named_is_read() {
    let directory = tempdir().expect("a directory");
    let path = directory.path();
    let pipe = path.join("pipe.ndjson");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    fs::write(path.join("a.ndjson"), event("a", 1)).expect("written");
    std::os::unix::fs::symlink(path, path.join("circle.ndjson")).expect("linked");
    let done = logs_from(&[path]).expect(0).says("2 files of other names");
    assert_eq!(ids(&done), ["a"]);

    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, event("b", 1))
    });
    assert_eq!(ids(&logs_from(&[&pipe]).expect(0)), ["b"]);
    writer.join().expect("ends").expect("written");
}

#[test]
fn enough_is_enough() {
    let many: String = (0..50_000).map(|at| event(&format!("e{at}"), at)).collect();
    let done = over(&many, &["logs", "--from", "-", "--max", "3"]).expect(0);
    assert_eq!(ids(&done), ["e0", "e1", "e2"]);
}

/// The size of the file must not show, and it is little.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_file() {
    let peak = |command: &str, events: usize| {
        let directory = tempdir().expect("a directory");
        let path = directory.path().join("a.ndjson");
        let line = event("e", 1).replace(
            "\"action\"",
            &format!("\"x\":\"{}\",\"action\"", "x".repeat(800)),
        );
        fs::write(&path, line.repeat(events)).expect("written");
        let output = std::process::Command::new("/usr/bin/env")
            .args(["python3", "-c"])
            .arg(
                "import resource,subprocess,sys\n\
                 subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n\
                 print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
            )
            .args([env!("CARGO_BIN_EXE_slack-audit-logs"), command, "--from"])
            .arg(&path)
            .output()
            .expect("runs");
        assert!(output.status.success(), "{output:?}");
        let kib: u64 = String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .expect("a number");
        kib
    };
    for command in ["logs", "stats"] {
        let (few, many) = (peak(command, 1_000), peak(command, 100_000));
        assert!(
            many < few + 16 * 1024 && many < 64 * 1024,
            "{command}: {few} KiB for 1 MB, {many} KiB for 90 MB"
        );
    }
}
