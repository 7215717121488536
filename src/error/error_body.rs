//! `ErrorBody`: what the body of a refused call says.

use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;

use super::{ErrorCode, peer_text};
use crate::call_record::CallRecord;

/// Code and scopes in the body of a refused call, fit to be shown.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ErrorBody {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) needed: Option<String>,
    pub(crate) provided: Option<String>,
}

/// The fields of a body that say how the call went; any of them may be of any type.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    ok: Value,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    needed: Value,
    #[serde(default)]
    provided: Value,
}

impl ErrorBody {
    /// What the body of a response without success says; `None` if it is not Slack's JSON.
    pub(crate) fn of(body: &[u8], record: &CallRecord) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        Some(envelope.into_error_body(record))
    }

    /// What a body says that came with a success status, but has `"ok":false` at its top.
    ///
    /// `ok` is absent from successful pages, so a search for the key decides nearly always, at the
    /// speed of reading memory.
    pub(crate) fn of_success(body: &[u8], record: &CallRecord) -> Option<Self> {
        memmem::find(body, b"\"ok\"")?;
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        (envelope.ok == Value::Bool(false)).then(|| envelope.into_error_body(record))
    }
}

impl Envelope {
    fn into_error_body(self, record: &CallRecord) -> ErrorBody {
        let credentials = record.credentials();
        let scopes = |value: Value| {
            let text = value.as_str()?;
            Some(peer_text::scopes(text, credentials.as_ref()))
        };
        ErrorBody {
            code: self
                .error
                .as_str()
                .map(|code| peer_text::code(code, credentials.as_ref())),
            needed: scopes(self.needed),
            provided: scopes(self.provided),
        }
    }
}
