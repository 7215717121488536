//! Made-up events: the samples of `samples.json`, filled in from a seed and a number.
//!
//! An event is nothing but its number until somebody asks for it: its action, actor and object are
//! drawn from the seed within nanoseconds, its JSON is written in about a microsecond.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::LazyLock,
};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    rng::{Rng, mix},
    template::{Filling, Template, Thing},
};
use crate::model::action;

const FILE: &str = include_str!("samples.json");
/// Of this many events, `share` in the file says how many.
const SHARES: u64 = 1000;

#[derive(Default, Deserialize)]
struct File {
    words: BTreeMap<String, Vec<String>>,
    objects: BTreeMap<String, FileObject>,
    contexts: BTreeMap<String, Vec<Box<RawValue>>>,
    events: Vec<FileEvent>,
}

#[derive(Deserialize)]
struct FileObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default = "one")]
    count: u64,
    id: String,
    #[serde(default)]
    first: u64,
    json: Box<RawValue>,
}

fn one() -> u64 {
    1
}

#[derive(Deserialize)]
struct FileEvent {
    action: Option<String>,
    category: Option<String>,
    #[serde(default)]
    share: usize,
    actor: Option<String>,
    entity: String,
    context: Option<String>,
    details: Box<RawValue>,
}

/// A kind of object, such as a channel.
#[derive(Debug)]
pub(super) struct ObjectKind {
    /// As `entity.type` names it.
    name: String,
    pub(super) count: u64,
    /// What ids begin with; `=` and a whole id; or nothing, for ids that are bare numbers.
    id: String,
    /// Keeps the ids of kinds with one prefix apart.
    first: u64,
    pub(super) json: Template,
    /// The texts in it, for placeholders such as `{user.email}`.
    pub(super) texts: HashMap<String, Template>,
}

/// A list of words, each as JSON spells it plainly and with everything escaped.
pub(super) type Words = Vec<(String, String)>;

#[derive(Debug)]
struct Sample {
    actor: u16,
    /// `None` where the event is about the actor.
    entity: Option<u16>,
    contexts: Vec<Template>,
    details: Template,
}

#[derive(Debug)]
struct ActionSamples {
    name: &'static str,
    /// Indices into the list of samples.
    samples: Vec<usize>,
}

/// Everything that the file holds, ready to be filled in.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) words: Vec<Words>,
    pub(super) objects: Vec<ObjectKind>,
    events: Vec<Sample>,
    actions: Vec<ActionSamples>,
    /// Indices of action and sample, `share` times each.
    everyday: Vec<(usize, usize)>,
}

/// One event: enough to filter it, and to write it whenever it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Generated {
    seed: u64,
    number: u32,
    base: u64,
    action: &'static str,
    sample: &'static Sample,
    actor: Thing,
    entity: Thing,
}

static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    // A mistake in the file is found by the tests below.
    Samples::read(&serde_json::from_str(FILE).unwrap_or_default())
});

pub(super) fn samples() -> &'static Samples {
    &SAMPLES
}

impl Samples {
    fn read(file: &File) -> Self {
        let mut names = Names::default();
        let mut words = Vec::new();
        for (name, list) in &file.words {
            let halves: Option<Vec<_>> = list.iter().map(|word| word.split_once('/')).collect();
            let plain = format!("{name}.plain");
            let lists: Vec<(&str, Vec<&str>)> = match halves {
                None => vec![(name, list.iter().map(String::as_str).collect())],
                Some(halves) => vec![
                    (name, halves.iter().map(|half| half.0).collect()),
                    (&plain, halves.iter().map(|half| half.1).collect()),
                ],
            };
            for (name, list) in lists {
                names.words.insert(name.to_owned(), index(words.len()));
                words.push(list.into_iter().map(super::template::spellings).collect());
            }
        }
        for (at, (name, object)) in file.objects.iter().enumerate() {
            names.objects.insert(name.clone(), index(at));
            if object.id.is_empty() {
                names.numbered.push(index(at));
            }
        }
        let objects = file.objects.iter().zip(0..).map(|((name, object), kind)| {
            let texts: HashMap<String, Value> =
                serde_json::from_str(object.json.get()).unwrap_or_default();
            let text = |value: &Value| value.as_str().map(|text| names.text(text));
            ObjectKind {
                name: object.kind.as_ref().unwrap_or(name).clone(),
                count: object.count,
                id: object.id.clone(),
                first: object.first,
                json: names.json(object.json.get(), Some(kind)),
                texts: texts
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
                    .collect(),
            }
        });
        let objects: Vec<ObjectKind> = objects.collect();
        let mut events = Vec::new();
        for event in &file.events {
            let context = event.context.as_deref().unwrap_or("desktop");
            let contexts = file.contexts.get(context).map_or(&[][..], Vec::as_slice);
            let actor = event.actor.as_deref().unwrap_or("user");
            events.push(Sample {
                actor: names.objects.get(actor).copied().unwrap_or_default(),
                entity: names.objects.get(&event.entity).copied(),
                contexts: contexts
                    .iter()
                    .map(|context| names.json(context.get(), None))
                    .collect(),
                details: names.json(event.details.get(), None),
            });
        }
        let actions: Vec<ActionSamples> = action::categories()
            .flat_map(|(category, actions)| actions.iter().map(move |action| (category, action)))
            .map(|(category, action)| ActionSamples {
                name: action.as_str(),
                samples: fitting(&file.events, category, action.as_str()),
            })
            .collect();
        let mut everyday = Vec::new();
        for (sample, event) in file.events.iter().enumerate() {
            let name = event.action.as_deref();
            if let Some(action) = actions.iter().position(|action| Some(action.name) == name) {
                everyday.extend(std::iter::repeat_n((action, sample), event.share));
            }
        }
        Self {
            words,
            objects,
            events,
            actions,
            everyday,
        }
    }

    /// The event of this number in the history of this seed.
    pub(super) fn event(&'static self, seed: u64, number: u32) -> Option<Generated> {
        let mut rng = Rng::of(&[seed, 0xE7E, u64::from(number)]);
        let everyday = usize::try_from(rng.below(SHARES))
            .ok()
            .and_then(|at| self.everyday.get(at))
            .and_then(|(action, sample)| Some((self.actions.get(*action)?, *sample)));
        let (action, sample) = if let Some(both) = everyday {
            both
        } else {
            let action = rng.pick(&self.actions)?;
            (action, *rng.pick(&action.samples)?)
        };
        let sample = self.events.get(sample)?;
        let mut thing = |kind: u16| Thing {
            kind,
            number: rng.below_skewed(self.object(kind).map_or(1, |object| object.count)),
        };
        let actor = thing(sample.actor);
        let entity = sample.entity.map_or(actor, thing);
        Some(Generated {
            seed,
            number,
            base: rng.next(),
            action: action.name,
            sample,
            actor,
            entity,
        })
    }

    pub(super) fn object(&self, kind: u16) -> Option<&ObjectKind> {
        self.objects.get(usize::from(kind))
    }

    /// Appends an id that looks like Slack's: a prefix and nine capitals or digits.
    pub(super) fn push_id(&self, thing: Thing, out: &mut String) {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
        let Some(object) = self.object(thing.kind) else {
            return;
        };
        if let Some(id) = object.id.strip_prefix('=') {
            return out.push_str(id);
        }
        if object.id.is_empty() {
            let _ = write!(out, "{}", thing.number + 1);
            return;
        }
        out.push_str(&object.id);
        out.push('0');
        let prefix = object
            .id
            .bytes()
            .fold(0, |hash, byte| hash << 8 | u64::from(byte));
        let mut bits = mix(prefix << 32 | (object.first + thing.number));
        for _ in 0..8 {
            let letter = ALPHABET
                .iter()
                .cycle()
                .nth(usize::from(bits.to_le_bytes()[0] & 31));
            out.push(char::from(letter.copied().unwrap_or(b'0')));
            bits >>= 5;
        }
    }
}

impl Generated {
    pub(super) fn action(&self) -> &'static str {
        self.action
    }

    /// Appends the id of the person who acts.
    pub(super) fn push_actor_id(&self, out: &mut String) {
        samples().push_id(self.actor, out);
    }

    /// Appends the id by which the `entity` parameter finds the event.
    pub(super) fn push_entity_id(&self, out: &mut String) {
        samples().push_id(self.entity, out);
    }

    /// Appends the event's id: in the form of a UUID, distinct for distinct events of a seed.
    pub(super) fn push_id(&self, out: &mut String) {
        let low = mix(mix(self.seed) ^ u64::from(self.number));
        let high = mix(self.seed.rotate_left(17) ^ (u64::from(self.number) << 1));
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

    /// Appends the event as a JSON object.
    pub(super) fn write(&self, date: i64, out: &mut String) {
        let samples = samples();
        let mut rng = Rng::of(&[self.base]);
        // PHP escapes `/` and everything beyond ASCII; not all of Slack's servers do.
        let escape = !rng.one_in(4);
        let entity = samples.object(self.entity.kind);
        let entity_kind = entity.map_or("", |object| object.name.as_str());
        out.push_str("{\"id\":\"");
        self.push_id(out);
        let action = self.action;
        let _ = write!(
            out,
            "\",\"date_create\":{date},\"action\":\"{action}\",\"actor\":"
        );
        let mut filling = Filling {
            samples,
            out,
            escape,
            date,
            actor: self.actor,
            entity: self.entity,
        };
        filling.out.push_str("{\"type\":\"user\",\"user\":");
        filling.object(self.actor);
        let _ = write!(
            filling.out,
            "}},\"entity\":{{\"type\":\"{entity_kind}\",\"{entity_kind}\":"
        );
        filling.object(self.entity);
        filling.out.push_str("},\"context\":");
        let event = Thing::event(self.base);
        if let Some(context) = rng.pick(&self.sample.contexts) {
            filling.template(context, event);
        }
        filling.out.push_str(",\"details\":");
        filling.template(&self.sample.details, event);
        filling.out.push('}');
    }
}

/// What placeholders may name.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) words: HashMap<String, u16>,
    pub(super) objects: HashMap<String, u16>,
    /// Kinds whose ids are bare numbers.
    pub(super) numbered: Vec<u16>,
}

fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// The samples for an action: those with the longest pattern that fits, else the category's, else
/// those of no category.
fn fitting(events: &[FileEvent], category: &str, action: &str) -> Vec<usize> {
    let rank = |event: &FileEvent| match (&event.action, &event.category) {
        (Some(pattern), _) if fits(pattern, action) => Some(2 + pattern.len()),
        (None, Some(own)) if own == category => Some(1),
        (None, Some(any)) if any.is_empty() => Some(0),
        _ => None,
    };
    let best = events.iter().filter_map(rank).max();
    (0..)
        .zip(events)
        .filter(|(_, event)| best.is_some() && rank(event) == best)
        .map(|(at, _)| at)
        .collect()
}

/// Whether an action's name fits a pattern: each `*` stands for any text.
fn fits(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((start, rest)) => action.strip_prefix(start).is_some_and(|action| {
            action
                .char_indices()
                .map(|(at, _)| at)
                .chain([action.len()])
                .any(|at| action.get(at..).is_some_and(|action| fits(rest, action)))
        }),
    }
}

/// The body of `/actions`: names by category.
pub(super) fn actions_json() -> Value {
    let categories: serde_json::Map<_, _> = action::categories()
        .map(|(category, actions)| {
            let names: Vec<_> = actions.iter().map(|action| action.as_str()).collect();
            (category.to_owned(), names.into())
        })
        .collect();
    json!({ "actions": categories })
}

/// The body of `/schemas`: each kind of object that events are about, with the types of its
/// fields.
pub(super) fn schemas_json() -> Value {
    let file: File = serde_json::from_str(FILE).unwrap_or_default();
    let about = |name: &str| file.events.iter().any(|event| event.entity == name);
    let objects = file
        .objects
        .iter()
        .filter(|(name, object)| object.kind.is_none() && (about(name) || *name == "user"));
    let schemas: Vec<Value> = objects
        .map(|(name, object)| {
            let fields: serde_json::Map<String, Value> =
                serde_json::from_str(object.json.get()).unwrap_or_default();
            let fields: serde_json::Map<String, Value> = fields
                .into_iter()
                .map(|(field, value)| (field, type_of(&value).into()))
                .collect();
            json!({ "type": name, name: fields })
        })
        .collect();
    json!({ "schemas": schemas })
}

fn type_of(sample: &Value) -> &'static str {
    match sample {
        Value::Bool(_) => "boolean",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(text) if text.starts_with("{time") && text.ends_with('}') => "integer",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn write(seed: u64, number: u32) -> String {
        let mut text = String::new();
        let event = samples().event(seed, number).unwrap();
        event.write(1_700_000_000, &mut text);
        text
    }

    #[test]
    fn the_file_is_read_and_leaves_room_for_all_actions() {
        let file: File = serde_json::from_str(FILE).unwrap();
        assert!((700..=900).contains(&samples().everyday.len()));
        for event in &file.events {
            let names = [Some(event.entity.as_str()), event.actor.as_deref()];
            for name in names.into_iter().flatten() {
                assert!(name == "actor" || file.objects.contains_key(name), "{name}");
            }
            let context = event.context.as_deref().unwrap_or("desktop");
            assert!(file.contexts.contains_key(context), "{context}");
            let used = samples().actions.iter().any(|action| {
                action
                    .samples
                    .iter()
                    .any(|sample| std::ptr::eq(&raw const file.events[*sample], event))
            });
            assert!(
                used,
                "no action uses {:?} {:?}",
                event.action, event.category
            );
        }
        assert!(
            samples()
                .actions
                .iter()
                .all(|action| !action.samples.is_empty())
        );
    }

    #[test]
    fn every_placeholder_is_filled_in() {
        for action in 0..samples().actions.len() {
            for sample in &samples().actions[action].samples {
                for number in 0..3 {
                    let event = Generated {
                        action: samples().actions[action].name,
                        sample: &samples().events[*sample],
                        ..samples().event(1, number).unwrap()
                    };
                    let mut text = String::new();
                    event.write(1_700_000_000, &mut text);
                    serde_json::from_str::<Value>(&text).unwrap();
                    let open = text.match_indices('{').find(|(at, _)| {
                        text[at + 1..].starts_with(|next: char| next.is_ascii_lowercase())
                    });
                    assert_eq!(open, None, "{text}");
                }
            }
        }
    }

    #[test]
    fn an_event_depends_on_seed_and_number_only() {
        let all = |seed| {
            (0..200)
                .map(|number| write(seed, number))
                .collect::<String>()
        };
        assert_eq!(all(3), all(3));
        assert_ne!(all(3), all(4));
    }

    #[test]
    fn ids_are_distinct() {
        let id = |number| {
            let mut id = String::new();
            samples().event(42, number).unwrap().push_id(&mut id);
            id
        };
        assert_eq!((0..100_000).map(id).collect::<HashSet<_>>().len(), 100_000);
        let mut ids = HashSet::new();
        for (kind, object) in (0..).zip(&samples().objects) {
            for number in 0..object.count {
                let mut id = String::new();
                samples().push_id(Thing { kind, number }, &mut id);
                // A message is named by its channel.
                assert!(ids.insert(id.clone()) || object.name == "message", "{id}");
            }
        }
    }

    #[test]
    fn text_beyond_ascii_comes_plain_and_escaped() {
        let text: String = (0..5_000).map(|number| write(1, number)).collect();
        for needle in ["\\u00", "\\ud83d\\ude80", "\\/", "🚀", "\\\"", "é"] {
            assert!(text.contains(needle), "{needle}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, action, expected) in [
            ("user_login", "user_login", true),
            ("user_login", "user_login_failed", false),
            ("user_logout*", "user_logout", true),
            ("user_logout*", "user_logout_compromised", true),
            ("*_channel_join", "guest_channel_join", true),
            ("*_channel_join", "guest_channel_joined", false),
            ("*usergroup*", "usergroup_updated", true),
            (
                "pref*connectors*",
                "pref.enterprise_search_connectors",
                true,
            ),
            ("app_*", "user_app_x", false),
        ] {
            assert_eq!(fits(pattern, action), expected, "{pattern} {action}");
        }
    }
}
