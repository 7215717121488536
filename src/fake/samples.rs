//! Made-up events: the samples of `samples.json`, filled in from a seed and a number.
//!
//! An event is nothing but its number until somebody asks for it: its action, actor and object are
//! drawn from the seed within nanoseconds, its JSON is written in about a microsecond.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    rng::{Rng, mix},
    template::{Filling, Names, Template, Thing, escape},
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
    count: Option<u64>,
    id: String,
    #[serde(default)]
    first: u64,
    json: Box<RawValue>,
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

struct Sample {
    actor: usize,
    /// `None` where the event is about the actor.
    entity: Option<usize>,
    contexts: Vec<Template>,
    details: Template,
}

/// Everything that the file holds, ready to be filled in.
pub(super) struct Samples {
    pub(super) objects: Vec<ObjectKind>,
    events: Vec<Sample>,
    /// Each action with the indices of its samples.
    actions: Vec<(&'static str, Vec<usize>)>,
    /// Actions with the index of a sample, `share` times each.
    everyday: Vec<(&'static str, usize)>,
}

/// One event: enough to filter it, and to write it whenever it is asked for.
#[derive(Clone, Copy)]
pub(super) struct Generated {
    seed: u64,
    number: u32,
    base: u64,
    pub(super) action: &'static str,
    sample: &'static Sample,
    pub(super) actor: Thing,
    pub(super) entity: Thing,
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
        let mut add = |name: String, list: Vec<&str>| {
            let words = list.into_iter().map(within_quotes).collect();
            names.words.insert(name, words);
        };
        for (name, list) in &file.words {
            let halves: Option<(Vec<_>, Vec<_>)> =
                list.iter().map(|word| word.split_once('/')).collect();
            if let Some((list, plain)) = halves {
                add(name.clone(), list);
                add(format!("{name}.plain"), plain);
            } else {
                add(name.clone(), list.iter().map(String::as_str).collect());
            }
        }
        names.objects = file.objects.keys().cloned().zip(0..).collect();
        let objects = file.objects.iter().map(|(name, object)| {
            let json = object.json.get();
            let fields: HashMap<String, Value> = serde_json::from_str(json).unwrap_or_default();
            let texts = fields.into_iter().filter_map(|(name, value)| {
                let text = names.text(value.as_str()?, false);
                Some((name, text))
            });
            ObjectKind {
                name: object.kind.as_ref().unwrap_or(name).clone(),
                count: object.count.unwrap_or(1),
                id: object.id.clone(),
                first: object.first,
                json: names.json(json, object.id.is_empty()),
                texts: texts.collect(),
            }
        });
        let events = file.events.iter().map(|event| {
            let context = event.context.as_deref().unwrap_or("desktop");
            let contexts = file.contexts.get(context).into_iter().flatten();
            let contexts = contexts.map(|context| names.json(context.get(), false));
            let actor = event.actor.as_deref().unwrap_or("user");
            Sample {
                actor: names.objects.get(actor).copied().unwrap_or_default(),
                entity: names.objects.get(&event.entity).copied(),
                contexts: contexts.collect(),
                details: names.json(event.details.get(), false),
            }
        });
        let mut actions = Vec::new();
        let mut everyday = Vec::new();
        for (category, list) in action::categories() {
            for name in list.iter().map(|action| action.as_str()) {
                actions.push((name, fitting(&file.events, category, name)));
            }
        }
        for (sample, event) in file.events.iter().enumerate() {
            let mut names = actions.iter().map(|(name, _)| *name);
            if let Some(name) = names.find(|name| event.action.as_deref() == Some(name)) {
                everyday.extend(std::iter::repeat_n((name, sample), event.share));
            }
        }
        Self {
            objects: objects.collect(),
            events: events.collect(),
            actions,
            everyday,
        }
    }

    /// The event of this number in the history of this seed.
    pub(super) fn event(&'static self, seed: u64, number: u32) -> Option<Generated> {
        let mut rng = Rng::of(&[seed, 0xE7E, u64::from(number)]);
        let at = usize::try_from(rng.below(SHARES)).ok()?;
        let (action, sample) = if let Some(everyday) = self.everyday.get(at) {
            *everyday
        } else {
            let (action, samples) = rng.pick(&self.actions)?;
            (*action, *rng.pick(samples)?)
        };
        let sample = self.events.get(sample)?;
        let actor = self.some(sample.actor, &mut rng);
        let entity = match sample.entity {
            Some(kind) => self.some(kind, &mut rng),
            None => actor,
        };
        Some(Generated {
            seed,
            number,
            base: rng.next(),
            action,
            sample,
            actor,
            entity,
        })
    }

    pub(super) fn some(&self, kind: usize, rng: &mut Rng) -> Thing {
        let count = self.objects.get(kind).map_or(1, |object| object.count);
        let number = rng.below_skewed(count);
        Thing { kind, number }
    }

    /// An id that looks like Slack's: a prefix and nine capitals or digits.
    pub(super) fn id(&self, thing: Thing) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
        let Some(object) = self.objects.get(thing.kind) else {
            return String::new();
        };
        if let Some(id) = object.id.strip_prefix('=') {
            return id.to_owned();
        }
        if object.id.is_empty() {
            return (thing.number + 1).to_string();
        }
        let prefix = object.id.bytes();
        let prefix = prefix.fold(0, |hash, byte| hash << 8 | u64::from(byte));
        let bits = mix(prefix << 32 | (object.first + thing.number));
        let letter = |at: usize| char::from(ALPHABET[(bits >> (5 * at) & 31) as usize]);
        let letters = (0..8).map(letter);
        object.id.chars().chain(['0']).chain(letters).collect()
    }
}

impl Generated {
    /// The event's id: in the form of a UUID, distinct for distinct events of a seed.
    pub(super) fn id(&self) -> String {
        let low = mix(mix(self.seed) ^ u64::from(self.number));
        let high = mix(self.seed.rotate_left(17) ^ (u64::from(self.number) << 1));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF,
        )
    }

    pub(super) fn json(&self, date: i64) -> String {
        let mut rng = Rng::of(&[self.base]);
        // PHP escapes `/` and everything beyond ASCII; not all of Slack's servers do.
        let plain = rng.one_in(4);
        let entity = samples().objects.get(self.entity.kind);
        let kind = entity.map_or("", |object| object.name.as_str());
        let event = Thing {
            kind: Thing::EVENT,
            number: self.base,
        };
        let mut filling = Filling {
            event: self,
            date,
            out: String::with_capacity(1024),
        };
        filling.push(format_args!(
            r#"{{"id":"{}","date_create":{date},"action":"{}","actor":{{"type":"user","user":"#,
            self.id(),
            self.action
        ));
        filling.object(self.actor);
        filling.push(format_args!(r#"}},"entity":{{"type":"{kind}","{kind}":"#));
        filling.object(self.entity);
        filling.push(r#"},"context":"#);
        if let Some(context) = rng.pick(&self.sample.contexts) {
            filling.template(context, event);
        }
        filling.push(r#","details":"#);
        filling.template(&self.sample.details, event);
        filling.push('}');
        if plain {
            filling.out
        } else {
            escape(&filling.out)
        }
    }
}

/// A text as JSON spells it within quotes.
fn within_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
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
    let ranks = events.iter().map(rank).enumerate();
    ranks
        .filter(|(_, rank)| rank.is_some() && *rank == best)
        .map(|(at, _)| at)
        .collect()
}

/// Whether an action's name fits a pattern: each `*` stands for any text.
fn fits(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((start, rest)) => action.strip_prefix(start).is_some_and(|action| {
            let mut ends = (0..=action.len()).filter_map(|at| action.get(at..));
            ends.any(|end| fits(rest, end))
        }),
    }
}

/// The body of `/actions`: names by category.
pub(super) fn actions_json() -> Value {
    let categories = action::categories().map(|(category, actions)| {
        let names: Value = actions.iter().map(|action| action.as_str()).collect();
        (category, names)
    });
    json!({ "actions": categories.collect::<Value>() })
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
            let types = fields
                .iter()
                .map(|(field, value)| (field.clone(), type_of(value)));
            json!({ "type": name, name: types.collect::<Value>() })
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

    fn json(seed: u64, number: u32) -> String {
        samples().event(seed, number).unwrap().json(1_700_000_000)
    }

    #[test]
    fn the_file_is_read_and_leaves_room_for_all_actions() {
        let file: File = serde_json::from_str(FILE).unwrap();
        assert!((700..=900).contains(&samples().everyday.len()));
        let actions = &samples().actions;
        for (at, event) in file.events.iter().enumerate() {
            let names = [Some(event.entity.as_str()), event.actor.as_deref()];
            for name in names.into_iter().flatten() {
                assert!(name == "actor" || file.objects.contains_key(name), "{name}");
            }
            let context = event.context.as_deref().unwrap_or("desktop");
            assert!(file.contexts.contains_key(context), "{context}");
            let used = actions.iter().any(|(_, samples)| samples.contains(&at));
            assert!(used, "{:?} {:?}", event.action, event.category);
        }
        assert!(actions.iter().all(|(_, samples)| !samples.is_empty()));
    }

    #[test]
    fn every_placeholder_is_filled_in() {
        let all = samples().actions.iter();
        for (action, sample) in
            all.flat_map(|(action, samples)| samples.iter().map(move |at| (action, at)))
        {
            for number in 0..3 {
                let event = Generated {
                    action,
                    sample: &samples().events[*sample],
                    ..samples().event(1, number).unwrap()
                };
                let text = event.json(1_700_000_000);
                serde_json::from_str::<Value>(&text).unwrap();
                let is_name = |rest: &str| rest.starts_with(|next: char| next.is_ascii_lowercase());
                assert!(!text.split('{').skip(1).any(is_name), "{text}");
            }
        }
    }

    #[test]
    fn an_event_depends_on_seed_and_number_only() {
        let all = |seed| -> String { (0..200).map(|number| json(seed, number)).collect() };
        assert_eq!(all(3), all(3));
        assert_ne!(all(3), all(4));
    }

    #[test]
    fn ids_are_distinct() {
        let id = |number| samples().event(42, number).unwrap().id();
        assert_eq!((0..100_000).map(id).collect::<HashSet<_>>().len(), 100_000);
        let mut ids = HashSet::new();
        for (kind, object) in samples().objects.iter().enumerate() {
            for number in 0..object.count {
                let id = samples().id(Thing { kind, number });
                // A message is named by its channel.
                assert!(ids.insert(id.clone()) || object.name == "message", "{id}");
            }
        }
    }

    #[test]
    fn text_beyond_ascii_comes_plain_and_escaped() {
        let text: String = (0..5_000).map(|number| json(1, number)).collect();
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
            ("pref*connectors*", "pref.search_connectors", true),
            ("app_*", "user_app_x", false),
        ] {
            assert_eq!(fits(pattern, action), expected, "{pattern} {action}");
        }
    }
}
