//! What may be shown of what the other side wrote: error codes, scopes, the title of a gateway's
//! page.
//!
//! A server, or whoever stands before it, may echo anything that it was sent, so its text is shown
//! only where it has the form of what belongs there, and never if the credentials that were sent
//! are in it, in any form of letters and digits.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use http::HeaderValue;
use memchr::memmem;

use super::ErrorCode;

const HIDDEN: &str = "[hidden]";
/// No code or scope of Slack's is longer.
const MAX_NAME: usize = 64;
/// No single word in it is longer; random text of letters alone is.
const MAX_WORD: usize = 24;
/// More digits than these make a number, and no name of Slack's has one.
const MAX_DIGITS: usize = 4;
/// How many characters of a page's title are shown.
const MAX_TITLE: usize = 80;
/// Where a title stands that is worth looking for.
const HEAD_OF_PAGE: usize = 4_096;

/// A code as it may be shown and logged; what has not the form of one is hidden.
pub(super) fn code(text: &str, credentials: Option<&HeaderValue>) -> ErrorCode {
    match ErrorCode::from(text) {
        ErrorCode::Other(_) if !is_name(text) || is_echo(text, credentials) => {
            ErrorCode::Other(HIDDEN.into())
        }
        code => code,
    }
}

/// A list of scopes as it may be shown and logged.
pub(super) fn scopes(text: &str, credentials: Option<&HeaderValue>) -> String {
    if is_echo(text, credentials) {
        return HIDDEN.to_owned();
    }
    let scopes = text.split(|c: char| c == ',' || c.is_whitespace());
    let scopes = scopes.filter(|scope| !scope.is_empty()).take(MAX_NAME);
    let shown: Vec<_> = scopes
        .map(|scope| if is_name(scope) { scope } else { HIDDEN })
        .collect();
    shown.join(",")
}

/// The title of a response that is plainly a gateway's page; nothing of any other body.
pub(super) fn title(
    response: &http::Response<Bytes>,
    credentials: Option<&HeaderValue>,
) -> Option<String> {
    let body = response.body();
    let head = String::from_utf8_lossy(body.get(..body.len().min(HEAD_OF_PAGE))?);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    // ASCII only, so that places in it are places in `head`.
    let lower = head.to_ascii_lowercase();
    if !(lower.starts_with("<!doctype html") || lower.starts_with("<html")) {
        return None;
    }
    let start = lower.find("<title>")? + "<title>".len();
    let length = lower.get(start..)?.find("</title>")?;
    let title = head.get(start..start + length)?;
    if is_echo(title, credentials) {
        return None;
    }
    let words = title.split_whitespace();
    let shown: Vec<_> = words
        .map(|word| if is_word(word) { word } else { HIDDEN })
        .collect();
    let line = shown.join(" ");
    let cut = line.chars().count() > MAX_TITLE;
    let mut line: String = line.chars().take(MAX_TITLE).collect();
    if cut {
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

/// Whether a text has the form of a code or scope: short words of small letters.
fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.:".contains(&b);
    let mut words = text.split(['_', '.', ':']);
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(plain)
        && text.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
        && words.all(|word| word.len() <= MAX_WORD)
        && !is_slack_token(text)
}

/// Whether a word of a title is a plain one: letters and what belongs around them, or a small
/// number.
fn is_word(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| ".,:;!?|-–—()'\"".contains(c));
    let mut letters = bare.chars();
    let letters = letters.all(|c| c.is_alphabetic() || "-'’/.".contains(c));
    let number = bare.len() <= MAX_DIGITS && bare.bytes().all(|b| b.is_ascii_digit());
    word.chars().count() <= MAX_WORD && (letters || number) && !is_slack_token(bare)
}

/// Slack's tokens all begin with `xox` or `xapp`, wherever in the word.
fn is_slack_token(text: &str) -> bool {
    let text = letters_and_digits(text.as_bytes());
    let has = |prefix: &str| memmem::find(&text, prefix.as_bytes()).is_some();
    has("xox") || has("xapp")
}

/// Whether a text has the credentials in it: as they are, reversed, in hexadecimal or in Base64 at
/// any offset, in any case and with anything between. Escapes need characters that no name has.
fn is_echo(text: &str, credentials: Option<&HeaderValue>) -> bool {
    let Some(credentials) = credentials.map(HeaderValue::as_bytes) else {
        return false;
    };
    // What comes after the scheme; all of it where there is none.
    let secret = match credentials.iter().position(|b| *b == b' ') {
        Some(space) => &credentials[space + 1..],
        None => credentials,
    };
    let text = letters_and_digits(text.as_bytes());
    let is_in = |form: &[u8]| {
        let form = letters_and_digits(form);
        !form.is_empty() && memmem::find(&text, &form).is_some()
    };
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let mut hex = String::new();
    for byte in secret {
        let _ = write!(hex, "{byte:02x}");
    }
    is_in(secret)
        || is_in(&reversed)
        || is_in(hex.as_bytes())
        || (0..3).any(|before| {
            // The first and last characters depend on what stands around the secret.
            let shifted = [&b"\0\0"[..before], secret].concat();
            let base64 = STANDARD_NO_PAD.encode(shifted);
            let core = base64.get([0, 2, 3][before]..base64.len().saturating_sub(1));
            core.is_some_and(|core| is_in(core.as_bytes()))
        })
}

fn letters_and_digits(text: &[u8]) -> Vec<u8> {
    let kept = text.iter().filter(|b| b.is_ascii_alphanumeric());
    kept.map(u8::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &'static str) -> HeaderValue {
        HeaderValue::from_static(value)
    }

    fn title_of(body: &str) -> Option<String> {
        let response = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
        title(&response, Some(&sent("Bearer hunter")))
    }

    #[test]
    fn codes_and_scopes_of_the_usual_form_pass() {
        for text in ["brand_new", "ekm_access_denied", "error_42"] {
            assert_eq!(code(text, None).as_str(), text);
        }
        let shown = scopes("auditlogs:read, identify,files:read", None);
        assert_eq!(shown, "auditlogs:read,identify,files:read");
    }

    #[test]
    fn tokens_are_hidden_in_any_form() {
        let credentials = sent("Bearer quiet-harbour");
        let quiet = "quiet-harbour";
        let add = |hex: String, b| hex + &format!("{b:02x}");
        let hex = quiet.bytes().fold(String::new(), add);
        let base64 = |text: &str| STANDARD_NO_PAD.encode(text);
        for text in [
            quiet.to_owned(),
            "quiet_harbour".to_owned(),
            "QUIET_HARBOUR".to_owned(),
            "got_quiet_harbour_now".to_owned(),
            quiet.chars().rev().collect(),
            hex,
            base64(quiet),
            base64(&format!("Bearer {quiet}")),
            base64(&format!("a{quiet}")),
            base64(&format!("ab{quiet}:")),
            "quiet%2Dharbour".to_owned(),
            "xoxp-1-2".to_owned(),
            "xoxp_other".to_owned(),
            "x".repeat(65),
            "a".repeat(40),
            "1234567890".to_owned(),
        ] {
            assert_eq!(code(&text, Some(&credentials)).as_str(), HIDDEN, "{text}");
            let scopes = scopes(&text, Some(&credentials));
            assert!(scopes.contains(HIDDEN), "{scopes}");
            assert!(!scopes.contains("quiet"), "{scopes}");
        }
    }

    #[test]
    fn no_line_break_passes() {
        assert_eq!(code("a b\r\nc", None).as_str(), HIDDEN);
        assert_eq!(scopes("a b\r\nc", None), "a,b,c");
    }

    #[test]
    fn only_the_title_of_a_page_is_shown() {
        let page = "<!DOCTYPE html>\n<HTML><Title>502\n Bad Gateway</title>hunter";
        assert_eq!(title_of(page).as_deref(), Some("502 Bad Gateway"));
        let long = format!("<html><title>{}</title>", "word ".repeat(500));
        assert_eq!(title_of(&long).map(|title| title.chars().count()), Some(81));
        for nothing in [
            "",
            "{\"a\":1}",
            "\u{feff}{\"a\":\"<html><title>x</title>\"}",
            ")]}'\n{\"a\":1}",
            "Bad Gateway",
            "<html>no title",
            "<html><title>sent hunter here</title>",
            "<html><title>",
            "<xml><title>a</title>",
        ] {
            assert_eq!(title_of(nothing), None, "{nothing}");
        }
        let cut = "<html><title>sent xoxp-1-2 W777AB9 a@b.test %78 &#120;";
        assert_eq!(title_of(cut), None);
        let page = "<html><title>Sent xoxp-1-2 W777AB9 a@b.test &#120; (Squid).</title>";
        let shown = "Sent [hidden] [hidden] [hidden] [hidden] (Squid).";
        assert_eq!(title_of(page).as_deref(), Some(shown));
    }
}
