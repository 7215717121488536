//! The token: where it comes from, and what is wrong with it before it is sent.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use slack_audit_logs::{
    TokenProvider,
    fake::FakeApi,
    retry::{
        Attempt, FixedValueRetryIntervalCalculator, RetryHandler, RetryIntervalCalculator,
        RetryState,
    },
};
use tower::BoxError;
use tracing::Level;

use crate::{args::Global, bounded, exit::Exit, trace};

/// No token is longer; another file was named by mistake.
const LONGEST: usize = 4_096;

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) from: String,
    /// Others on this machine can read its file.
    pub(crate) is_exposed: bool,
    /// The file, if it is one that can be read again.
    file: Option<PathBuf>,
}

impl Token {
    /// One that stands in no file.
    fn given(text: impl Into<String>, from: &str) -> Self {
        Self {
            text: text.into(),
            from: from.to_owned(),
            is_exposed: false,
            file: None,
        }
    }

    /// What to say of a file that others can read.
    pub(crate) fn exposure(&self) -> String {
        format!("others can read {}: chmod 600 {0}", self.from)
    }

    /// The token as its file has it from time to time.
    pub(crate) fn file(&self) -> Option<TokenFile> {
        Some(TokenFile(Arc::new(Mutex::new(Held {
            path: self.file.clone()?,
            text: self.text.clone(),
            problem: None,
            changed: None,
        }))))
    }
}

/// The token of `--token-file`, else of the environment, else the saved one, if there is one. In
/// the demonstration it is the embedded API's, whatever else is there.
pub(crate) fn find(global: &Global) -> Result<Option<Token>, Exit> {
    if global.demo {
        return Ok(Some(Token::given(FakeApi::TOKEN, "the embedded API")));
    }
    if let Some(path) = &global.token_file {
        let name = format!("--token-file {}", path.display());
        let token = of_file(path, bounded::read).map_err(|error| Exit::unreadable(name, &error))?;
        return Ok(Some(token));
    }
    // What has been mistaken for a name, such as the token itself, is not repeated.
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if global.token_env.is_empty() || !global.token_env.chars().all(is_name) {
        return Err(Exit::usage(
            "--token-env: write the name of the variable, not the token itself",
        ));
    }
    match env::var(&global.token_env) {
        Ok(text) if text.trim().is_empty() => {}
        Ok(text) => return Ok(Some(Token::given(text, &global.token_env))),
        Err(env::VarError::NotPresent) => {}
        Err(env::VarError::NotUnicode(_)) => {
            let name = &global.token_env;
            return Err(Exit::usage(format!("the token in {name} is not text")));
        }
    }
    let Some(path) = saved_at() else {
        return Ok(None);
    };
    match of_file(&path, bounded::read) {
        Ok(token) => Ok(Some(token)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let name = format!("the saved token, {},", path.display());
            Err(Exit::unreadable(name, &error))
        }
    }
}

fn of_file(path: &Path, read: fn(&Path, usize) -> io::Result<Vec<u8>>) -> io::Result<Token> {
    let meta = fs::metadata(path)?;
    let text = String::from_utf8(read(path, LONGEST)?);
    let text = text.map_err(|_| io::Error::other("it is not text"))?;
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    Ok(Token {
        text,
        from: path.display().to_string(),
        is_exposed: is_exposed(&meta),
        // What comes through a pipe comes once.
        file: meta.is_file().then(|| path.to_owned()),
    })
}

/// A token's file that is read before each attempt, and once more when Slack refuses the token.
/// Clones are the same.
#[derive(Clone)]
pub(crate) struct TokenFile(Arc<Mutex<Held>>);

struct Held {
    path: PathBuf,
    /// The last one that could be used.
    text: String,
    /// Why the file gave no token when it was last read.
    problem: Option<String>,
    /// When the token was last found changed.
    changed: Option<Instant>,
}

/// For so long after a change Slack may refuse a token that is only half written.
const HALF_WRITTEN: Duration = Duration::from_secs(10);
static INTERVAL: FixedValueRetryIntervalCalculator =
    FixedValueRetryIntervalCalculator::new(Duration::from_secs(1));

impl Held {
    /// Whether the file holds another token than is held.
    fn read(&mut self) -> bool {
        // What has become a pipe since is not waited for.
        let read = match fs::metadata(&self.path) {
            Ok(meta) if !meta.is_file() => Err(io::Error::other("it is no file")),
            _ => of_file(&self.path, bounded::read_at_once),
        };
        let problem = match read {
            Ok(token) => match misspelling(&token.text) {
                Some(what) => format!("the token in it {what}"),
                None => return self.take(token),
            },
            Err(error) => error.to_string(),
        };
        // Once, for as long as it lasts.
        if self.problem.as_ref() != Some(&problem) {
            let path = self.path.display();
            tracing::warn!("{path} gives no new token ({problem}): going on with the last one");
            self.problem = Some(problem);
        }
        false
    }

    /// Whether it is another token.
    fn take(&mut self, token: Token) -> bool {
        self.problem = None;
        if token.text == self.text {
            return false;
        }
        if token.is_exposed {
            trace::say(Level::WARN, &token.exposure());
        }
        tracing::info!(from = token.from, "the token has changed");
        self.text = token.text;
        self.changed = Some(Instant::now());
        true
    }
}

impl TokenFile {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenProvider for TokenFile {
    fn token(&self) -> BoxFuture<'static, Result<slack_audit_logs::Token, BoxError>> {
        let mut held = self.held();
        held.read();
        let token = slack_audit_logs::Token::new(&*held.text);
        Box::pin(async { Ok(token?) })
    }
}

/// Tries once more with what the file holds by now.
impl RetryHandler for TokenFile {
    fn max_retry_count(&self) -> u32 {
        3
    }

    fn interval_calculator(&self) -> &dyn RetryIntervalCalculator {
        &INTERVAL
    }

    fn can_retry(&self, _: &mut RetryState, attempt: &Attempt<'_>) -> bool {
        if !attempt.code().is_some_and(|code| code.is_auth()) {
            return false;
        }
        let mut held = self.held();
        held.read() || held.changed.is_some_and(|at| at.elapsed() < HALF_WRITTEN)
    }

    fn name(&self) -> &'static str {
        "token file"
    }
}

fn is_exposed(meta: &fs::Metadata) -> bool {
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions());
    #[cfg(not(unix))]
    let mode = 0;
    // A pipe or a socket, as `<(…)` makes it, is nobody else's.
    meta.is_file() && mode & 0o077 != 0
}

/// Where `login` saves the token, and all commands look for it.
pub(crate) fn saved_at() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let base = set("XDG_CONFIG_HOME")
        .or_else(|| set("APPDATA"))
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&set("HOME")?).join(".config")))?;
    Some(base.join("slack-audit-logs").join("token"))
}

/// The kinds of Slack token, by how they begin, and what is wrong with each.
const WRONG_KINDS: [(&str, &str); 8] = [
    ("xoxb-", "a bot token"),
    ("xoxe.xoxb-", "a bot token"),
    ("xapp-", "an app-level token"),
    ("xoxa-", "a workspace token"),
    ("xoxr-", "a refresh token"),
    ("xoxe-", "a refresh token"),
    ("xoxc-", "a browser's token"),
    ("xoxs-", "a client's token"),
];

/// What is wrong with how it is written, if anything is: `it …`.
pub(crate) fn misspelling(token: &str) -> Option<&'static str> {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’');
    if token.trim().starts_with(is_quote) || token.trim().ends_with(is_quote) {
        Some("stands in quotes: leave them out")
    } else if token.contains(['\n', '\r']) {
        Some("holds a line break: write it without one")
    } else if token.contains(char::is_whitespace) {
        Some("holds a space: write it without one")
    } else if token.to_ascii_lowercase().starts_with("bearer") {
        Some("begins with Bearer: leave that out")
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("holds a character that no token has")
    } else {
        None
    }
}

/// What it is if it is a token that cannot read audit logs.
pub(crate) fn wrong_kind(token: &str) -> Option<&'static str> {
    let mut kinds = WRONG_KINDS.iter();
    let (_, kind) = kinds.find(|(prefix, _)| token.starts_with(prefix))?;
    Some(kind)
}

/// Whether it is a user token by its look.
pub(crate) fn is_user_token(token: &str) -> bool {
    token.starts_with("xoxp-") || token.starts_with("xoxe.xoxp-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_token() {
        for (token, words) in [
            ("\"xoxp-1\"", "quotes"),
            ("'xoxp-1'", "quotes"),
            ("xoxp-1\n", "line break"),
            ("xoxp-1\nxoxp-2", "line break"),
            ("xoxp 1", "space"),
            ("Bearer xoxp-1", "space"),
            ("xoxp-ä", "character"),
        ] {
            let what = misspelling(token).expect(token);
            assert!(what.contains(words), "{token}: {what}");
        }
        assert_eq!(misspelling("xoxp-1"), None);
        assert_eq!(wrong_kind("xoxe.xoxb-1"), Some("a bot token"));
        assert_eq!(wrong_kind("xoxe.xoxp-1"), None);
    }
}
