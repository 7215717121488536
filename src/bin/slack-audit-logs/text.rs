//! Text of others on a terminal: harmless, measured in columns, cut, padded.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text that a terminal shows as it is: what would move the cursor, change colours, turn the
/// direction of writing, break the line or not be seen at all becomes `\u{fffd}`. Names and user
/// agents are written by whoever is logged.
pub(crate) fn harmless(text: &str) -> String {
    text.replace(is_harmful, "\u{fffd}")
}

/// The same, line by line.
pub(crate) fn harmless_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(harmless).collect();
    lines.join("\n")
}

/// The same, except for control characters, which may be the writer's own: colours, line breaks.
pub(crate) fn without_hidden(text: &str) -> String {
    text.replace(|c: char| is_harmful(c) && !c.is_control(), "\u{fffd}")
}

/// Control and format characters, and the letters that are shown as nothing.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// How many columns of a terminal it takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// At most so many columns of it, with `…` for what is cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (mut kept, mut left) = (String::new(), columns.saturating_sub(1));
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        kept.push(c);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// The text with what a terminal needs to keep a cell of right-to-left text in its place: it would
/// turn the cells beside it round, too.
pub(crate) fn isolated(text: String) -> String {
    let is_right_to_left = |c: char| {
        matches!(c,
            '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    if text.contains(is_right_to_left) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(
            harmless("a\x1b[31mb\r\n\tc\u{202e}d\u{9b}e\u{200b}f\u{2028}g\u{e0041}h"),
            "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g\u{fffd}h"
        );
        assert_eq!(harmless("Zoë 日本 שלום 👍"), "Zoë 日本 שלום 👍");
    }

    #[test]
    fn cut_by_columns_not_by_characters() {
        for (text, columns, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("abc", 0, ""),
        ] {
            let cut = cut(text, columns);
            assert_eq!(cut, expected, "{text} {columns}");
            assert!(width(&cut) <= columns);
        }
    }

    #[test]
    fn right_to_left_text_stays_in_its_cell() {
        assert_eq!(isolated("שלום".to_owned()), "\u{2068}שלום\u{2069}");
        assert_eq!(width(&isolated("שלום".to_owned())), 4);
        assert_eq!(isolated("Ada".to_owned()), "Ada");
    }
}
