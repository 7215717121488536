//! JSON with placeholders: read once, filled in often. `samples.json` says what placeholders mean.

use std::fmt::Write as _;

use super::{
    rng::{Rng, mix},
    samples::{Names, Samples},
};

/// JSON without spaces, in pieces.
#[derive(Debug, Default)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    /// As it stands, and with `/` and everything beyond ASCII escaped.
    Text(String, String),
    Placeholder {
        who: Who,
        what: What,
        /// Tells `{user}` and `{user_2}` apart.
        salt: u64,
    },
}

/// Whose.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    /// Of the object that is written, or of the event.
    Own,
    Actor,
    Entity,
    /// Of some object of this kind; which one follows from the object that is written, or from
    /// the event.
    Some {
        kind: u16,
        salt: u64,
    },
}

#[derive(Debug)]
enum What {
    Id,
    Object,
    Text(String),
    Word(u16),
    Time(i64),
    Number(u64),
    Digits,
    Hex(u64),
    Ip,
}

/// An object of the made-up organization; the same one is written alike wherever it appears.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) kind: u16,
    pub(super) number: u64,
}

impl Thing {
    const EVENT: u16 = u16::MAX;

    /// The event itself, for the placeholders that belong to no object.
    pub(super) fn event(number: u64) -> Self {
        let kind = Self::EVENT;
        Self { kind, number }
    }

    fn random(self, salt: u64) -> u64 {
        mix(mix(self.number.wrapping_add(u64::from(self.kind) << 40)) ^ salt)
    }
}

/// A text as JSON spells it within quotes: plainly, and with everything escaped.
pub(super) fn spellings(text: &str) -> (String, String) {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default();
    (inside.to_owned(), escape(inside))
}

/// As PHP's encoder spells what is inside a string.
fn escape(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for letter in plain.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            _ if letter.is_ascii() => out.push(letter),
            _ => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

impl Names {
    /// Reads JSON; `own` is the kind of object that it describes, if it does.
    pub(super) fn json(&self, json: &str, own: Option<u16>) -> Template {
        let mut template = Template::default();
        let mut rest = json;
        while let Some(quote) = rest.find('"') {
            let (before, after) = rest.split_at(quote);
            template.push_text(&without_spaces(before));
            let inside = after.get(1..).unwrap_or_default();
            let end = end_of_string(inside);
            let (text, after) = inside.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            let text = self.text(text);
            if self.is_bare(&text, own) {
                template.0.extend(text.0);
            } else {
                template.push_text("\"");
                template.0.extend(text.0);
                template.push_text("\"");
            }
        }
        template.push_text(&without_spaces(rest));
        template
    }

    /// Reads what is inside a string.
    pub(super) fn text(&self, text: &str) -> Template {
        let mut template = Template::default();
        let (mut from, mut at) = (0, 0);
        while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')) {
            let start = at + open + 1;
            at = start;
            let name = text.get(start..).unwrap_or_default();
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
            let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
            let (name, after) = name.split_at(length);
            if after.starts_with('}') && !name.is_empty() {
                template.push_text(text.get(from..start - 1).unwrap_or_default());
                template.0.push(self.placeholder(name));
                from = start + length + 1;
                at = from;
            }
        }
        template.push_text(text.get(from..).unwrap_or_default());
        template
    }

    fn placeholder(&self, name: &str) -> Piece {
        let (who, what) = match (self.who(name), name.split_once('.')) {
            (Some(who), _) => (who, What::Object),
            (None, Some((who, what))) if self.who(who).is_some() => {
                (self.who(who).unwrap_or(Who::Own), self.what(what))
            }
            _ => (Who::Own, self.what(name)),
        };
        let salt = salt(name);
        Piece::Placeholder { who, what, salt }
    }

    fn who(&self, name: &str) -> Option<Who> {
        match name {
            "actor" => Some(Who::Actor),
            "entity" => Some(Who::Entity),
            _ => {
                let kind = *self.objects.get(unnumbered(name))?;
                let salt = salt(name);
                Some(Who::Some { kind, salt })
            }
        }
    }

    fn what(&self, name: &str) -> What {
        let number = |prefix: &str| name.strip_prefix(prefix).and_then(|n| n.parse().ok());
        match unnumbered(name) {
            "id" => return What::Id,
            "ip" => return What::Ip,
            "digits" => return What::Digits,
            "time" => return What::Time(0),
            _ => {}
        }
        if let Some(seconds) = name.strip_prefix("time").and_then(|text| text.parse().ok()) {
            What::Time(seconds)
        } else if let Some(below) = number("number-") {
            What::Number(below)
        } else if let Some(digits) = number("hex-") {
            What::Hex(digits)
        } else if let Some(list) = self.words.get(unnumbered(name)) {
            What::Word(*list)
        } else {
            What::Text(name.to_owned())
        }
    }

    /// Whether a string is nothing but a placeholder for something that is not a string.
    fn is_bare(&self, text: &Template, own: Option<u16>) -> bool {
        match text.0.as_slice() {
            [Piece::Placeholder { who, what, .. }] => match what {
                What::Object | What::Time(_) | What::Number(_) => true,
                What::Id => {
                    matches!(who, Who::Own) && own.is_some_and(|own| self.numbered.contains(&own))
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Without the `_2` behind it.
fn unnumbered(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    }
}

fn salt(name: &str) -> u64 {
    name.bytes()
        .fold(0, |hash: u64, byte| mix(hash ^ u64::from(byte)))
}

fn without_spaces(json: &str) -> String {
    json.split_ascii_whitespace().collect()
}

/// Where the string that begins here ends.
fn end_of_string(inside: &str) -> usize {
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        quote
    });
    end.unwrap_or(inside.len())
}

impl Template {
    fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let escaped = escape(text);
        if let Some(Piece::Text(plain, all)) = self.0.last_mut() {
            plain.push_str(text);
            all.push_str(&escaped);
        } else {
            self.0.push(Piece::Text(text.to_owned(), escaped));
        }
    }
}

/// Fills in the templates of one event.
pub(super) struct Filling<'a> {
    pub(super) samples: &'a Samples,
    pub(super) out: &'a mut String,
    /// Whether `/` and everything beyond ASCII is escaped.
    pub(super) escape: bool,
    pub(super) date: i64,
    pub(super) actor: Thing,
    pub(super) entity: Thing,
}

impl<'a> Filling<'a> {
    pub(super) fn object(&mut self, thing: Thing) {
        if let Some(object) = self.samples.object(thing.kind) {
            self.template(&object.json, thing);
        }
    }

    /// `own` is the object that the template describes, or the event.
    pub(super) fn template(&mut self, template: &'a Template, own: Thing) {
        for piece in &template.0 {
            match piece {
                Piece::Text(plain, escaped) => {
                    self.out.push_str(if self.escape { escaped } else { plain });
                }
                Piece::Placeholder { who, what, salt } => {
                    let thing = self.thing(*who, own);
                    self.fill(thing, what, *salt);
                }
            }
        }
    }

    fn thing(&self, who: Who, own: Thing) -> Thing {
        match who {
            Who::Own => own,
            Who::Actor => self.actor,
            Who::Entity => self.entity,
            Who::Some { kind, salt } => {
                let count = self.samples.object(kind).map_or(1, |object| object.count);
                let number = Rng::of(&[own.random(salt)]).below_skewed(count);
                Thing { kind, number }
            }
        }
    }

    fn fill(&mut self, thing: Thing, what: &'a What, salt: u64) {
        // Writing to a string cannot fail.
        let _ = match what {
            What::Id => {
                self.samples.push_id(thing, self.out);
                Ok(())
            }
            What::Object => {
                self.object(thing);
                Ok(())
            }
            What::Text(name) => {
                let object = self.samples.object(thing.kind);
                if let Some(text) = object.and_then(|object| object.texts.get(name)) {
                    self.template(text, thing);
                }
                Ok(())
            }
            What::Word(list) => {
                self.word(*list, thing, salt);
                Ok(())
            }
            What::Time(seconds) => write!(self.out, "{}", self.date.saturating_add(*seconds)),
            What::Number(below) => {
                write!(self.out, "{}", thing.random(salt) % (*below).max(1))
            }
            What::Digits => write!(self.out, "{}", thing.random(salt) % 4_000_000_000),
            What::Hex(digits) => {
                for at in 0..*digits / 8 {
                    let _ = write!(self.out, "{:08x}", thing.random(salt ^ at) >> 32);
                }
                Ok(())
            }
            What::Ip => self.ip(thing.random(salt)),
        };
    }

    fn word(&mut self, list: u16, thing: Thing, salt: u64) {
        let words = self.samples.words.get(usize::from(list));
        let words = words.map_or(&[][..], Vec::as_slice);
        // Objects take the words by turns, so that few bear one name. Eleven has no divisor in
        // common with the lengths of the lists.
        let at = if thing.kind == Thing::EVENT {
            thing.random(salt)
        } else {
            thing.number.wrapping_mul(11)
        };
        let count = u64::try_from(words.len()).unwrap_or(0).max(1);
        if let Some((plain, escaped)) = usize::try_from(at % count)
            .ok()
            .and_then(|at| words.get(at))
        {
            self.out.push_str(if self.escape { escaped } else { plain });
        }
    }

    /// Addresses reserved for documentation (RFC 5737, RFC 3849), so that no real one is ever
    /// shown.
    fn ip(&mut self, random: u64) -> std::fmt::Result {
        let host = (random >> 8) % 250 + 1;
        match random % 4 {
            0 => write!(self.out, "192.0.2.{host}"),
            1 => write!(self.out, "198.51.100.{host}"),
            2 => write!(self.out, "203.0.113.{host}"),
            _ => write!(self.out, "2001:db8::{:x}:{host:x}", (random >> 32) % 97),
        }
    }
}
