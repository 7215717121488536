//! The short beginning of a body that is not JSON, made fit for an error message.

use bytes::Bytes;

/// How many characters of a body an error message shows.
const MAX_CHARS: usize = 80;

/// The beginning of a response's body, unless it is JSON: that may hold personal data, and its
/// error code says more.
pub(crate) fn of_response(response: &http::Response<Bytes>) -> Option<String> {
    let body = response
        .body()
        .get(..response.body().len().min(4 * MAX_CHARS))?;
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start();
    if text.is_empty() || text.starts_with(['{', '[', '"']) {
        None
    } else {
        Some(one_line(text))
    }
}

/// At most [`MAX_CHARS`] characters on one line, without control characters, and without any word
/// that could be a credential.
pub(crate) fn one_line(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut line = String::new();
    let mut hide_next = false;
    for word in clean.split_whitespace() {
        let hidden = hide_next || is_secret(word);
        hide_next = ["bearer", "basic", "token", "authorization:"]
            .iter()
            .any(|scheme| word.eq_ignore_ascii_case(scheme));
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(if hidden { "[hidden]" } else { word });
        if line.chars().count() > MAX_CHARS {
            return line.chars().take(MAX_CHARS).chain(['…']).collect();
        }
    }
    line
}

/// Slack's tokens all begin with `xox` or `xapp`, wherever in the word.
fn is_secret(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("xox")
        || word.contains("xapp-")
        || word.contains("bearer") && word.len() > "bearer".len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_never_shown_and_the_rest_is_bounded() {
        let of = |body: &'static str| {
            of_response(&http::Response::new(Bytes::from_static(body.as_bytes())))
        };
        assert_eq!(of(""), None);
        assert_eq!(of(" {\"a\":1}"), None);
        assert_eq!(
            of("<html>\n  <b>Bad\u{7} Gateway</b>").as_deref(),
            Some("<html> <b>Bad Gateway</b>")
        );
        let long =
            of_response(&http::Response::new(Bytes::from(vec![b'x'; 1 << 20]))).expect("text");
        assert_eq!(long.chars().count(), MAX_CHARS + 1);
    }

    #[test]
    fn credentials_are_hidden() {
        assert_eq!(
            one_line("sent Authorization: Bearer abc end"),
            "sent Authorization: [hidden] [hidden] end"
        );
        assert_eq!(
            one_line("token=\"xoxp-CANARY\" refused"),
            "[hidden] refused"
        );
    }
}
