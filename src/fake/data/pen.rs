//! Writes an event's JSON straight into a string, field by field.

use std::fmt::Write as _;

use super::catalog::{Made, catalog, number_below};
use super::objects::{self, Kind, push_id};
use super::people;
use super::rng::{Rng, mix};
use super::schema::{self, Field, Shape};
use super::strings::push_string;
use super::text::{ANOMALIES, REASONS, Text};

const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.41.97 Chrome/130.0.6723.44 Electron/33.0.1 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
    "com.tinyspeck.chatlyio/24.10.20 (iPhone; iOS 17.6.1; Scale/3.00)",
    "com.Slack/24.10.20.0 (google Pixel 8; Android 15)",
    "SlackWeb/7d5f0a2 (unknown device)",
];

struct Pen<'a> {
    out: &'a mut String,
    rng: Rng,
    /// Whether `/` and everything beyond ASCII is escaped, as PHP's encoder does.
    escape: bool,
    person: u32,
    own: (Kind, u32),
    date: i64,
    anomaly: bool,
}

/// Writes the event's id: in the form of a UUID, distinct for distinct events of a seed.
pub(crate) fn event_id(seed: u64, index: u32, out: &mut String) {
    let low = mix(mix(seed) ^ u64::from(index));
    let high = mix(seed.rotate_left(17) ^ (u64::from(index) << 1));
    let _ = write!(
        out,
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF,
    );
}

/// The id by which the `entity` parameter finds the event's object.
pub(crate) fn entity_id(kind: Kind, object: u32, out: &mut String) {
    if kind == Kind::User {
        out.push_str(people::get(object).map_or("", |person| person.id.as_str()));
    } else {
        kind.push_id(out, object);
    }
}

/// Appends the event as a JSON object.
pub(crate) fn write_event(out: &mut String, seed: u64, date: i64, made: Made) {
    let Some(info) = catalog().info(made.action) else {
        return;
    };
    let mut rng = Rng::of(&[seed, 0xBEEF, u64::from(made.index)]);
    let escape = !rng.one_in(4);
    let mut pen = Pen {
        out,
        rng,
        escape,
        person: made.actor,
        own: (info.kind, made.object),
        date,
        anomaly: info.category == "anomaly",
    };
    pen.out.push_str("{\"id\":\"");
    event_id(seed, made.index, pen.out);
    pen.out.push_str("\",\"date_create\":");
    pen.number(date);
    pen.out.push_str(",\"action\":");
    pen.string(info.name);
    pen.out.push_str(",\"actor\":{\"type\":\"user\",\"user\":");
    pen.known_object(Kind::User, made.actor);
    pen.out.push_str("},\"entity\":{\"type\":");
    pen.string(info.kind.key());
    pen.out.push(',');
    pen.string(info.kind.key());
    pen.out.push(':');
    pen.known_object(info.kind, made.object);
    pen.out.push_str("},\"context\":");
    pen.person = made.actor;
    pen.context(info.name, info.category);
    pen.out.push_str(",\"details\":");
    pen.person = number_below(&mut pen.rng, Kind::User);
    if info.details.is_empty() && pen.rng.one_in(2) {
        // PHP writes an empty object as an empty list.
        pen.out.push_str("[]");
    } else {
        pen.fields(info.details.iter().copied(), 8);
    }
    pen.out.push('}');
}

impl Pen<'_> {
    fn context(&mut self, action: &str, category: &str) {
        let agent = action.starts_with("mcp_") || action.starts_with("slack_ai_");
        let with_agent = self.rng.one_in(if agent { 2 } else { 200 });
        let with_app = category == "app" || self.rng.one_in(50);
        let place = if self.rng.one_in(3) {
            Kind::Workspace
        } else {
            Kind::Enterprise
        };
        let mut separator = '{';
        for field in schema::fields("Context") {
            match field.name {
                "app" if !with_app => continue,
                "acting_agent" | "agent_message" if !with_agent => continue,
                _ => {}
            }
            self.out.push(separator);
            separator = ',';
            self.out.push_str(&field.key);
            if field.name == "location" {
                let number = number_below(&mut self.rng, place);
                self.known_object(place, number);
            } else {
                self.shape(&field.shape);
            }
        }
        self.out.push('}');
    }

    /// Fields of an object; one in `absence` is left out, and a few are null.
    fn fields<'f>(&mut self, fields: impl Iterator<Item = &'f Field>, absence: u64) {
        self.out.push('{');
        let mut first = true;
        for field in fields {
            if self.rng.one_in(absence) {
                continue;
            }
            if !first {
                self.out.push(',');
            }
            first = false;
            self.out.push_str(&field.key);
            if self.rng.one_in(60) {
                self.out.push_str("null");
            } else {
                self.shape(&field.shape);
            }
        }
        self.out.push('}');
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Text(text) => self.text(*text),
            Shape::Int => {
                let number = i64::try_from(self.rng.below(5000)).unwrap_or(0);
                self.number(number);
            }
            Shape::Time => {
                let before = i64::try_from(self.rng.below(86_400)).unwrap_or(0);
                self.number(self.date.saturating_sub(before));
            }
            Shape::Bool => {
                let word = if self.rng.one_in(2) { "true" } else { "false" };
                self.out.push_str(word);
            }
            Shape::List(inner) => self.list(inner),
            Shape::Object(name) => self.object(name),
            Shape::Free => self.free(),
            Shape::AnyOf(shapes) => {
                if let Some(shape) = shapes.get(self.rng.index(shapes.len())) {
                    self.shape(shape);
                }
            }
            Shape::JsonText => {
                let mut list = String::from("[\"");
                Kind::User.push_id(&mut list, number_below(&mut self.rng, Kind::User));
                list.push_str("\",\"");
                Kind::User.push_id(&mut list, number_below(&mut self.rng, Kind::User));
                list.push_str("\"]");
                self.string(&list);
            }
            Shape::Kind(kind) => {
                let number = number_below(&mut self.rng, *kind);
                self.known_object(*kind, number);
            }
        }
    }

    fn list(&mut self, inner: &Shape) {
        self.out.push('[');
        for at in 0..=self.rng.below(3) {
            if at > 0 {
                self.out.push(',');
            }
            self.shape(inner);
        }
        self.out.push(']');
    }

    fn object(&mut self, name: &'static str) {
        if let Some(kind) = Kind::of_object(name) {
            let number = number_below(&mut self.rng, kind);
            self.known_object(kind, number);
            return;
        }
        // An object has been seen turned into a list.
        let list = self.rng.one_in(150);
        if list {
            self.out.push('[');
        }
        let fields = schema::fields(name).iter();
        if name == "Inviter" {
            // Seen flat and nested.
            self.person = number_below(&mut self.rng, Kind::User);
            self.own = (Kind::User, self.person);
            let nested = self.rng.one_in(2);
            self.fields(
                fields.filter(|field| field.name == "type" || (field.name == "user") == nested),
                12,
            );
        } else {
            self.fields(fields, 12);
        }
        if list {
            self.out.push(']');
        }
    }

    /// An object of the organization: the same number is written alike wherever it appears.
    fn known_object(&mut self, kind: Kind, number: u32) {
        let kept = (self.rng, self.own, self.person, self.date);
        self.rng = Rng::of(&[0x0B2, u64::from(number), u64::from(kind.pool())]);
        self.own = (kind, number);
        if kind == Kind::User {
            self.person = number;
        }
        if kind == Kind::Token {
            self.free();
        } else {
            self.out.push('{');
            let mut first = true;
            for field in schema::fields(kind.object()) {
                // The ids are what filters look for, so they are always there.
                let needed = matches!(
                    field.name,
                    "id" | "name" | "channel" | "type" | "domain" | "email"
                );
                if !needed && self.rng.one_in(6) {
                    continue;
                }
                if !first {
                    self.out.push(',');
                }
                first = false;
                self.out.push_str(&field.key);
                if field.name == "channel" && kind == Kind::Message {
                    self.text(Text::OwnId);
                } else {
                    self.shape(&field.shape);
                }
            }
            self.out.push('}');
        }
        (self.rng, self.own, self.person, self.date) = kept;
    }

    fn free(&mut self) {
        match self.rng.below(3) {
            0 if self.own.0 != Kind::Token => self.out.push_str("[\"a\",{\"b\":null}]"),
            _ => {
                self.out.push_str("{\"id\":");
                self.text(Text::OwnId);
                self.out.push_str(",\"label\":");
                self.text(Text::of("", "label"));
                self.out.push_str(",\"count\":");
                self.shape(&Shape::Int);
                self.out.push('}');
            }
        }
    }

    fn text(&mut self, text: Text) {
        match text {
            Text::OwnId => {
                self.out.push('"');
                entity_id(self.own.0, self.own.1, self.out);
                self.out.push('"');
            }
            Text::OwnName => {
                let mut name = String::new();
                objects::name(self.own.0, self.own.1, &mut name);
                self.string(&name);
            }
            Text::OwnType => self.string(self.own.0.key()),
            Text::OwnFileType if self.own.0 == Kind::Canvas => self.string("quip"),
            Text::OwnFileType => self.string(objects::file_type(self.own.1)),
            Text::PersonName => self.person(|person| &person.name),
            Text::PersonGiven => self.person(|person| person.given),
            Text::PersonFamily => self.person(|person| person.family),
            Text::PersonHandle => self.person(|person| &person.handle),
            Text::PersonEmail => self.person(|person| &person.email),
            Text::PersonTeam => self.person(|person| &person.team),
            Text::PersonAccountType => self.person(|person| person.account_type),
            Text::IdOf(kind) => {
                let number = number_below(&mut self.rng, kind);
                self.out.push('"');
                entity_id(kind, number, self.out);
                self.out.push('"');
            }
            Text::Id(prefix) => {
                let number = self.rng.below(5000);
                self.out.push('"');
                push_id(self.out, prefix, number);
                self.out.push('"');
            }
            Text::Pick(words) => {
                let word = self.rng.pick(words);
                self.string(word);
            }
            Text::UserAgent => {
                // People keep their device, mostly.
                let own = usize::try_from(self.person).unwrap_or(0) % USER_AGENTS.len();
                let at = if self.rng.one_in(6) {
                    self.rng.index(USER_AGENTS.len())
                } else {
                    own
                };
                self.string(USER_AGENTS.get(at).copied().unwrap_or_default());
            }
            Text::Ip => self.ip(),
            Text::Url(base) => {
                let number = self.rng.below(100_000);
                let mut url = String::from(base);
                push_id(&mut url, "F", number);
                self.string(&url);
            }
            Text::FileUrl => {
                let mut url = String::from("https://files.larkspur.example/files-pri/");
                entity_id(Kind::File, self.own.1, &mut url);
                self.string(&url);
            }
            Text::Reason => {
                let word = self
                    .rng
                    .pick(if self.anomaly { ANOMALIES } else { REASONS });
                self.string(word);
            }
            Text::Timestamp => {
                let _ = write!(
                    self.out,
                    "\"{}.{:06}\"",
                    self.date,
                    self.rng.below(1_000_000)
                );
            }
            Text::Hex(digits) => {
                self.out.push('"');
                for _ in 0..digits / 8 {
                    let _ = write!(self.out, "{:08x}", self.rng.next() >> 32);
                }
                self.out.push('"');
            }
            Text::Number => {
                let _ = write!(self.out, "\"{}\"", self.rng.below(4_000_000_000));
            }
        }
    }

    /// Addresses reserved for documentation (RFC 5737, RFC 3849), so that no real one is ever
    /// shown.
    fn ip(&mut self) {
        let own = u64::from(self.person);
        let host = if self.rng.one_in(6) {
            self.rng.below(250)
        } else {
            own % 250
        } + 1;
        let _ = match own % 4 {
            0 => write!(self.out, "\"192.0.2.{host}\""),
            1 => write!(self.out, "\"198.51.100.{host}\""),
            2 => write!(self.out, "\"203.0.113.{host}\""),
            _ => write!(self.out, "\"2001:db8::{:x}:{host:x}\"", own % 97),
        };
    }

    fn person(&mut self, part: impl Fn(&'static people::Person) -> &'static str) {
        let text = people::get(self.person).map_or("", part);
        self.string(text);
    }

    fn number(&mut self, number: i64) {
        let _ = write!(self.out, "{number}");
    }

    fn string(&mut self, text: &str) {
        push_string(self.out, text, self.escape);
    }
}
