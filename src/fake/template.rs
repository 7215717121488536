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
#[derive(Default)]
pub(super) struct Template(Vec<Piece>);

enum Piece {
    Text(String),
    Placeholder {
        fill: Fill,
        /// Whether it is a number or an object, which stands without quotes.
        bare: bool,
    },
}

/// Writes what a placeholder stands for. The thing is the one that the template describes.
type Fill = Box<dyn Fn(&mut Filling<'_>, Thing) + Send + Sync>;
/// Finds whose text, id and so on a placeholder stands for.
type Find = Box<dyn Fn(&Filling<'_>, Thing) -> Thing + Send + Sync>;

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
            let text = self.text(text, numbered).0;
            let bare = matches!(text.as_slice(), [Piece::Placeholder { bare: true, .. }]);
            let quote = if bare { "" } else { "\"" };
            template.push_text(quote);
            template.0.extend(text);
            template.push_text(quote);
        }
        template.push_text(&without_spaces(rest));
        template
    }

    /// Reads what is inside a string.
    pub(super) fn text(&self, text: &str, numbered: bool) -> Template {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
        let mut template = Template::default();
        let mut parts = text.split('{');
        template.push_text(parts.next().unwrap_or_default());
        for part in parts {
            match part.split_once('}') {
                Some((name, rest)) if !name.is_empty() && name.chars().all(is_name) => {
                    template.0.push(self.placeholder(name, numbered));
                    template.push_text(rest);
                }
                _ => template.push_text(&format!("{{{part}")),
            }
        }
        template
    }

    fn placeholder(&self, name: &str, numbered: bool) -> Piece {
        if let Some(find) = self.find(name) {
            let fill: Fill = Box::new(move |filling, own| filling.object(find(filling, own)));
            return Piece::Placeholder { fill, bare: true };
        }
        // Tells `{user.ip}` and `{user_2.ip}` apart.
        let salt = salt(name);
        let of_another = name.split_once('.');
        let of_another = of_another.and_then(|(who, what)| Some((self.find(who)?, what)));
        let Some((find, what)) = of_another else {
            let (fill, bare) = self.what(name, salt);
            let bare = bare || numbered && name == "id";
            return Piece::Placeholder { fill, bare };
        };
        let (fill_one, bare) = self.what(what, salt);
        let fill: Fill = Box::new(move |filling, own| fill_one(filling, find(filling, own)));
        Piece::Placeholder { fill, bare }
    }

    /// The thing of this name: one of the event's, or some object of a kind, which follows from
    /// the thing that the template describes.
    fn find(&self, name: &str) -> Option<Find> {
        Some(match name {
            "actor" => Box::new(|filling, _| filling.event.actor),
            "entity" => Box::new(|filling, _| filling.event.entity),
            _ => {
                let (kind, salt) = (*self.objects.get(unnumbered(name))?, salt(name));
                Box::new(move |_, own| samples().some(kind, &mut Rng::of(&[own.random(salt)])))
            }
        })
    }

    /// What is written of a thing, and whether it is a number.
    fn what(&self, name: &str, salt: u64) -> (Fill, bool) {
        let plain = unnumbered(name);
        let number = |prefix: &str| name.strip_prefix(prefix)?.parse::<u64>().ok();
        let seconds = || name.strip_prefix("time")?.parse::<i64>().ok();
        if let Some(seconds) = seconds().or((plain == "time").then_some(0)) {
            let at = move |filling: &Filling<'_>| filling.date.saturating_add(seconds);
            return (Box::new(move |filling, _| filling.push(at(filling))), true);
        }
        if let Some(below) = number("number-") {
            let random = move |thing: Thing| thing.random(salt) % below.max(1);
            return (
                Box::new(move |filling, thing| filling.push(random(thing))),
                true,
            );
        }
        let fill: Fill = if let Some(digits) = number("hex-") {
            Box::new(move |filling, thing| {
                for at in 0..digits / 8 {
                    filling.push(format_args!("{:08x}", thing.random(salt ^ at) >> 32));
                }
            })
        } else if let Some(words) = self.words.get(plain).cloned() {
            Box::new(move |filling, thing| filling.push(word(&words, thing, salt)))
        } else {
            match plain {
                "id" => Box::new(|filling, thing| filling.push(samples().id(thing))),
                "ip" => Box::new(move |filling, thing| filling.push(ip(thing.random(salt)))),
                "digits" => Box::new(move |filling, thing| {
                    filling.push(thing.random(salt) % 4_000_000_000);
                }),
                _ => {
                    let name = name.to_owned();
                    Box::new(move |filling, thing| filling.text(&name, thing))
                }
            }
        };
        (fill, false)
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
    let add = |hash: u64, byte| mix(hash ^ u64::from(byte));
    name.bytes().fold(0, add)
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

    fn text(&mut self, name: &str, thing: Thing) {
        let object = samples().objects.get(thing.kind);
        if let Some(text) = object.and_then(|object| object.texts.get(name)) {
            self.template(text, thing);
        }
    }

    /// `own` is the object that the template describes, or the event.
    pub(super) fn template(&mut self, template: &Template, own: Thing) {
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => self.out.push_str(text),
                Piece::Placeholder { fill, .. } => fill(self, own),
            }
        }
    }
}

fn word(words: &[String], thing: Thing, salt: u64) -> &str {
    // Objects take the words by turns, so that few bear one name. Eleven has no divisor in common
    // with the lengths of the lists.
    let at = if thing.kind == Thing::EVENT {
        thing.random(salt)
    } else {
        thing.number.wrapping_mul(11)
    };
    let at = usize::try_from(at % (words.len() as u64).max(1));
    at.ok()
        .and_then(|at| words.get(at))
        .map_or("", String::as_str)
}

/// Addresses reserved for documentation (RFC 5737, RFC 3849), so that no real one is ever shown.
fn ip(random: u64) -> String {
    let host = (random >> 8) % 250 + 1;
    match random % 4 {
        0 => format!("192.0.2.{host}"),
        1 => format!("198.51.100.{host}"),
        2 => format!("203.0.113.{host}"),
        _ => format!("2001:db8::{:x}:{host:x}", (random >> 32) % 97),
    }
}
