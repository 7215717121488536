//! JSON with placeholders: read once, filled in often. `samples.json` says what placeholders mean.

use std::{
    collections::HashMap,
    fmt::{Display, Write as _},
    sync::Arc,
};

use super::{
    rng::{Rng, mix},
    samples::{Generated, samples},
};

/// JSON without spaces, in pieces.
#[derive(Debug, Default)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Placeholder {
        who: Who,
        what: What,
        /// Tells `{user}` and `{user_2}` apart.
        salt: u64,
    },
}

/// Whose.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// Of the object that is written, or of the event.
    Own,
    Actor,
    Entity,
    /// Of some object of this kind; which one follows from the object that is written, or from
    /// the event.
    Some {
        kind: usize,
        salt: u64,
    },
}

#[derive(Debug)]
enum What {
    Id,
    Object,
    Text(String),
    /// One of these.
    Word(Arc<[String]>),
    Time(i64),
    Number(u64),
    Digits,
    Hex(u64),
    Ip,
}

/// An object of the made-up organization; the same one is written alike wherever it appears.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) kind: usize,
    pub(super) number: u64,
}

impl Thing {
    /// The kind of the event itself, for the placeholders that belong to no object.
    pub(super) const EVENT: usize = 0xFFFF;

    fn random(self, salt: u64) -> u64 {
        mix(mix(self.number.wrapping_add((self.kind as u64) << 40)) ^ salt)
    }
}

/// JSON with `/` and everything beyond ASCII escaped, as PHP's encoder does it.
pub(super) fn escape(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + plain.len() / 8);
    for letter in plain.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            _ if letter.is_ascii() => out.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

/// What placeholders may name.
#[derive(Default)]
pub(super) struct Names {
    /// Lists of words, as they stand within JSON's quotes.
    pub(super) words: HashMap<String, Arc<[String]>>,
    /// Kinds of objects.
    pub(super) objects: HashMap<String, usize>,
}

impl Names {
    /// Reads JSON; `numbered` says whether it describes an object whose id is a bare number.
    pub(super) fn json(&self, json: &str, numbered: bool) -> Template {
        let mut template = Template::default();
        let mut rest = json;
        while let Some((before, inside)) = rest.split_once('"') {
            template.push_text(&without_spaces(before));
            let (text, after) = inside.split_at(end_of_string(inside));
            rest = after.get(1..).unwrap_or_default();
            let text = self.text(text);
            let quote = if text.is_bare(numbered) { "" } else { "\"" };
            template.push_text(quote);
            template.0.extend(text.0);
            template.push_text(quote);
        }
        template.push_text(&without_spaces(rest));
        template
    }

    /// Reads what is inside a string.
    pub(super) fn text(&self, text: &str) -> Template {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
        let mut template = Template::default();
        let mut parts = text.split('{');
        template.push_text(parts.next().unwrap_or_default());
        for part in parts {
            match part.split_once('}') {
                Some((name, rest)) if !name.is_empty() && name.chars().all(is_name) => {
                    template.0.push(self.placeholder(name));
                    template.push_text(rest);
                }
                _ => template.push_text(&format!("{{{part}")),
            }
        }
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
            "id" => What::Id,
            "ip" => What::Ip,
            "digits" => What::Digits,
            "time" => What::Time(0),
            plain => {
                let time = name.strip_prefix("time");
                let time = time.and_then(|text| text.parse().ok().map(What::Time));
                let word = || self.words.get(plain).cloned().map(What::Word);
                time.or_else(|| number("number-").map(What::Number))
                    .or_else(|| number("hex-").map(What::Hex))
                    .or_else(word)
                    .unwrap_or_else(|| What::Text(name.to_owned()))
            }
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
    /// Whether a string is nothing but a placeholder for something that is not a string.
    fn is_bare(&self, numbered: bool) -> bool {
        let [Piece::Placeholder { who, what, .. }] = self.0.as_slice() else {
            return false;
        };
        match (what, who) {
            (What::Object | What::Time(_) | What::Number(_), _) => true,
            (What::Id, Who::Own) => numbered,
            _ => false,
        }
    }

    fn push_text(&mut self, text: &str) {
        if let Some(Piece::Text(before)) = self.0.last_mut() {
            before.push_str(text);
        } else if !text.is_empty() {
            self.0.push(Piece::Text(text.to_owned()));
        }
    }
}

/// Fills in the templates of one event.
pub(super) struct Filling<'a> {
    pub(super) event: &'a Generated,
    pub(super) date: i64,
    pub(super) out: String,
}

impl Filling<'_> {
    pub(super) fn push(&mut self, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    pub(super) fn object(&mut self, thing: Thing) {
        if let Some(object) = samples().objects.get(thing.kind) {
            self.template(&object.json, thing);
        }
    }

    /// `own` is the object that the template describes, or the event.
    pub(super) fn template(&mut self, template: &'static Template, own: Thing) {
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => self.out.push_str(text),
                Piece::Placeholder { who, what, salt } => {
                    let thing = match *who {
                        Who::Own => own,
                        Who::Actor => self.event.actor,
                        Who::Entity => self.event.entity,
                        Who::Some { kind, salt } => {
                            let mut rng = Rng::of(&[own.random(salt)]);
                            samples().some(kind, &mut rng)
                        }
                    };
                    self.fill(thing, what, *salt);
                }
            }
        }
    }

    fn fill(&mut self, thing: Thing, what: &'static What, salt: u64) {
        match what {
            What::Id => self.out.push_str(&samples().id(thing)),
            What::Object => self.object(thing),
            What::Text(name) => {
                let object = samples().objects.get(thing.kind);
                if let Some(text) = object.and_then(|object| object.texts.get(name)) {
                    self.template(text, thing);
                }
            }
            What::Word(words) => self.word(words, thing, salt),
            What::Time(seconds) => self.push(self.date.saturating_add(*seconds)),
            What::Number(below) => self.push(thing.random(salt) % (*below).max(1)),
            What::Digits => self.push(thing.random(salt) % 4_000_000_000),
            What::Hex(digits) => {
                for at in 0..*digits / 8 {
                    self.push(format_args!("{:08x}", thing.random(salt ^ at) >> 32));
                }
            }
            What::Ip => self.ip(thing.random(salt)),
        }
    }

    fn word(&mut self, words: &[String], thing: Thing, salt: u64) {
        // Objects take the words by turns, so that few bear one name. Eleven has no divisor in
        // common with the lengths of the lists.
        let at = if thing.kind == Thing::EVENT {
            thing.random(salt)
        } else {
            thing.number.wrapping_mul(11)
        };
        let at = usize::try_from(at % (words.len() as u64).max(1));
        if let Some(word) = at.ok().and_then(|at| words.get(at)) {
            self.out.push_str(word);
        }
    }

    /// Addresses reserved for documentation (RFC 5737, RFC 3849), so that no real one is ever
    /// shown.
    fn ip(&mut self, random: u64) {
        let host = (random >> 8) % 250 + 1;
        match random % 4 {
            0 => self.push(format_args!("192.0.2.{host}")),
            1 => self.push(format_args!("198.51.100.{host}")),
            2 => self.push(format_args!("203.0.113.{host}")),
            _ => self.push(format_args!("2001:db8::{:x}:{host:x}", (random >> 32) % 97)),
        }
    }
}
