//! What the body of a refused call says.

use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;

use super::ErrorCode;

/// Code and scopes in the body of a refused call.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Refusal {
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

impl Refusal {
    /// What the body of a response without success says; `None` if it is not Slack's JSON.
    pub(crate) fn in_body(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body)
            .ok()
            .map(Envelope::into_refusal)
    }

    /// What a body says that came with a success status, but has `"ok":false` at its top.
    ///
    /// `ok` is absent from successful pages, so a search for the key decides nearly always, at the
    /// speed of reading memory.
    pub(crate) fn in_success(body: &[u8]) -> Option<Self> {
        memmem::find(body, b"\"ok\"")?;
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        (envelope.ok == Value::Bool(false)).then(|| envelope.into_refusal())
    }
}

impl Envelope {
    fn into_refusal(self) -> Refusal {
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        Refusal {
            code: text(self.error).map(|code| ErrorCode::from(code.as_str())),
            needed: text(self.needed),
            provided: text(self.provided),
        }
    }
}
