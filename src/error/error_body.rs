//! `ErrorBody`: what the body of a refused call says.

use bytes::Bytes;
use memchr::memmem;

use super::{ErrorCode, peer_text};
use crate::{
    call_record::CallRecord,
    json::{Builder, Names, Object, Repaired, Skip, Tape, Value, read_members},
};

/// Code and scopes in the body of a refused call, fit to be shown.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ErrorBody {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) needed: Option<String>,
    pub(crate) provided: Option<String>,
}

/// The fields of a body that say how the call went; any of them may be of any type.
const FIELDS: &[&str] = &["ok", "error", "needed", "provided"];

impl ErrorBody {
    /// What the body of a response without success says; `None` if it is not Slack's JSON.
    pub(crate) fn of(body: &Bytes, record: &CallRecord) -> Option<Self> {
        Some(Self::of_object(object(&read(body)?), record))
    }

    /// What a body says that came with a success status, but has `"ok":false` at its top, whatever
    /// else may be wrong with the body.
    ///
    /// `ok` is absent from successful pages, so a search for it decides nearly always, at the speed
    /// of reading memory. A name that is written with escapes is found where the page is read.
    pub(crate) fn of_success(body: &Bytes, record: &CallRecord) -> Option<Self> {
        memmem::find_iter(body, b"\"ok\"").find(|at| {
            let behind = body.get(at + 4..).unwrap_or_default().trim_ascii_start();
            let value = behind.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            value.is_some_and(|value| value.starts_with(b"false"))
        })?;
        let tape = read(body)?;
        let body = object(&tape)?;
        let no = Value::Bool(false);
        let refused = body
            .into_iter()
            .any(|(name, value)| name == "ok" && value == no);
        refused.then(|| Self::of_object(Some(body), record))
    }

    fn of_object(body: Option<Object<'_>>, record: &CallRecord) -> Self {
        let credentials = record.credentials();
        let text = |name| Some(body?.get(name)?.as_str()?.to_owned());
        let scopes = |text: String| peer_text::scopes(&text, credentials.as_ref());
        Self {
            code: text("error").map(|code| peer_text::code(&code, credentials.as_ref())),
            needed: text("needed").map(scopes),
            provided: text("provided").map(scopes),
        }
    }
}

/// The fields of a body, as far as it can be read; none where it is no object.
fn read(body: &Bytes) -> Option<Tape> {
    static NAMES: Names = Names::new(FIELDS);
    let text = Repaired::new(body).ok()?.text;
    let mut fields = Builder::lossy(&NAMES);
    fields.begin(0);
    // What was read before a fault counts.
    let _ = read_members(text.as_bytes(), &mut fields, |scanner, name| {
        if FIELDS.iter().any(|field| field.as_bytes() == name) {
            return Ok(false);
        }
        let start = scanner.at();
        scanner.value(&mut Skip).or_else(|fault| {
            // A broken entry must not hide what stands behind the list of entries.
            let end = scanner.resync(start).ok_or(fault)?;
            scanner.jump(end);
            Ok(())
        })?;
        Ok(true)
    });
    (fields.len() > 0).then(|| {
        fields.close_object();
        fields.finish(text)
    })
}

fn object(tape: &Tape) -> Option<Object<'_>> {
    Value::new(tape.root()?).as_object()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_success(body: &'static [u8]) -> Option<ErrorBody> {
        ErrorBody::of_success(&Bytes::from_static(body), &CallRecord::new())
    }

    #[test]
    fn ok_false_is_a_refusal_whatever_else_is_wrong() {
        for body in [
            &br#"{"ok":false,"error":"missing_scope"}"#[..],
            br#"{ "ok" : false , "error":"missing_scope" }"#,
            br#"{"ok":false,"error":"missing_scope","warning":"\ud800"}"#,
            br#"{"\ud800":1,"ok":false,"error":"missing_scope"}"#,
            b"{\"ok\":false,\"error\":\"missing_scope\",\"warning\":\"\xff\"}",
            br#"{"ok":true,"ok":false,"error":"missing_scope"}"#,
            br#"{"ok":false,"ok":true,"error":"missing_scope"}"#,
            br#"{"ok":false,"error":"missing_scope","error":"missing_scope"}"#,
            br#"{"entries":[{"n":01},{"s":"\x"}],"ok":false,"error":"missing_scope"}"#,
            br#"{"ok":false,"error":"missing_scope","needed":1e999,"provided":[[[[]]]]}"#,
            br#"{"ok":false,"error":"missing_scope","entries":[{"#,
        ] {
            let text = String::from_utf8_lossy(body);
            let refusal = of_success(body).expect(&text);
            assert_eq!(refusal.code, Some(ErrorCode::MissingScope), "{text}");
        }
        let no_code = of_success(br#"{"ok":false,"error":{"a":"missing_scope"}}"#);
        assert_eq!(no_code, Some(ErrorBody::default()));
    }

    #[test]
    fn other_bodies_are_none() {
        for body in [
            &br#"{"ok":true}"#[..],
            br#"{"ok":null,"entries":[{"ok":false}]}"#,
            br#"{"entries":[{"name":"ok","x":false}]}"#,
            br#"{"entries":["\"ok\":false"]}"#,
            br#"["ok",false]"#,
            br#"[{"ok":false}]"#,
            b"",
        ] {
            assert_eq!(of_success(body), None);
        }
    }
}
