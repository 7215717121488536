//! The embedded API on a port, and the command as a process that asks it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::Duration,
};

use slack_audit_logs::fake::{FakeApi, FakeApiBuilder, FakeServer};
use tokio::runtime::Runtime;

/// The token of every test; it must come out nowhere.
pub(crate) const CANARY: &str = "xoxp-CANARY-4f1d2c";
pub(crate) const TOKEN_VARIABLE: &str = "SLACK_ORG_ADMIN_USER_TOKEN";

/// Longer than any of these takes; a command that hangs fails its test.
const TIMEOUT: Duration = Duration::from_secs(120);

/// An embedded API that is served while this lives.
pub(crate) struct Served {
    pub(crate) api: FakeApi,
    server: FakeServer,
    _runtime: Runtime,
}

impl Served {
    /// With so many events and no limits.
    pub(crate) fn with(entries: u32) -> Self {
        Self::of(FakeApi::builder().entries(entries).without_rate_limit())
    }

    pub(crate) fn of(builder: FakeApiBuilder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let (api, server) = runtime.block_on(async {
            let api = builder.token(CANARY).exact_pages().gzip(false).build();
            let server = api.serve().await.expect("a port");
            (api, server)
        });
        Self {
            api,
            server,
            _runtime: runtime,
        }
    }

    pub(crate) fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// Runs the command over it to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Done {
        let base_url = self.base_url();
        let mut all: Vec<&OsStr> = ["--base-url", &base_url, "--rate-limit", "off"]
            .into_iter()
            .map(OsStr::new)
            .collect();
        let args: Vec<A> = args.into_iter().collect();
        all.extend(args.iter().map(AsRef::as_ref));
        run(all)
    }

    /// Starts the command over it, with standard output and error piped.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let base_url = self.base_url();
        let mut child = plain_command()
            .args(["--base-url", &base_url, "--rate-limit", "off"])
            .args(args)
            .env(TOKEN_VARIABLE, CANARY)
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Running { child, lines }
    }
}

/// The command with nothing of this machine's settings.
pub(crate) fn plain_command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slack-audit-logs"));
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "RUST_LOG",
        "NO_COLOR",
        "COLUMNS",
        TOKEN_VARIABLE,
    ] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SLACK_AUDIT_LOGS_") {
            command.env_remove(name);
        }
    }
    // No token that somebody has saved, and times as the tests write them.
    command
        .env("HOME", "/no/such/home")
        .env_remove("XDG_CONFIG_HOME")
        .env("TZ", "UTC");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the command with a token to its end.
pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Done {
    let mut command = plain_command();
    command.args(args).env(TOKEN_VARIABLE, CANARY);
    done(command)
}

pub(crate) fn done(command: Command) -> Done {
    let output = assert_cmd::Command::from_std(command)
        .timeout(TIMEOUT)
        .output()
        .expect("runs");
    Done::new(&output)
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    pub(crate) fn new(output: &Output) -> Self {
        let done = Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        for text in [&done.stdout, &done.stderr] {
            assert!(!text.contains(CANARY), "the token is shown: {text}");
            assert!(!text.contains("panicked"), "{text}");
        }
        done
    }

    /// Asserts the exit code, and that standard error tells no more than a person reads.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.stderr.contains(words),
            "{words:?} is not in {:?}",
            self.stderr
        );
        self
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

/// Runs the command without a token over text on its standard input, to its end.
pub(crate) fn over(stdin: &str, args: &[&str]) -> Done {
    let mut command = plain_command();
    command.args(args);
    let output = assert_cmd::Command::from_std(command)
        .write_stdin(stdin)
        .timeout(TIMEOUT)
        .output()
        .expect("runs");
    Done::new(&output)
}

/// A command that runs.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) lines: BufReader<ChildStdout>,
}

impl Running {
    /// The next line of standard output, waited for.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("readable");
        line
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Reads to the end of the output and waits.
    pub(crate) fn end(mut self) -> Done {
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut self.lines, &mut rest).expect("readable");
        let mut output = self.child.wait_with_output().expect("ends");
        output.stdout = rest;
        Done::new(&output)
    }
}
