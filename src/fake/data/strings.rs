//! JSON strings in both spellings that Slack's servers have been seen to use.

use std::fmt::Write as _;

/// Appends a JSON string; `escape` spells `/` and everything beyond ASCII as PHP's encoder does.
pub(crate) fn push_string(out: &mut String, text: &str, escape: bool) {
    out.push('"');
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'/');
    if text.bytes().all(plain) {
        out.push_str(text);
    } else {
        text.chars()
            .for_each(|letter| push_char(out, letter, escape));
    }
    out.push('"');
}

fn push_char(out: &mut String, letter: char, escape: bool) {
    match letter {
        '"' | '\\' => {
            out.push('\\');
            out.push(letter);
        }
        '/' if escape => out.push_str("\\/"),
        _ if letter.is_control() || (escape && !letter.is_ascii()) => {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        _ => out.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_mean_the_same() {
        for text in [
            "plain",
            "a/b",
            "\"quoted\" \\",
            "Zoë 🚀 東京",
            "tab\tnull\0del\u{7f}",
        ] {
            for escape in [false, true] {
                let mut out = String::new();
                push_string(&mut out, text, escape);
                assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text, "{out}");
                assert!(!escape || out.is_ascii(), "{out}");
            }
        }
    }
}
