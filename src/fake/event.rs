//! Events that are added by hand, and the API's record of all events.

use bytes::Bytes;
use serde_json::{Value, json};

/// An event of your own, for [`FakeApi::push`](super::FakeApi::push) and
/// [`FakeApiBuilder::event`](super::FakeApiBuilder::event).
///
/// ```
/// use slack_audit_logs::fake::Event;
///
/// let login = Event::new("e-1", 1_700_000_000, "user_login")
///     .actor("W1", "Ada")
///     .entity("user", "W1")
///     .detail("reason", "test");
/// let foreign = Event::from(serde_json::json!({
///     "id": "e-2", "date_create": 1_700_000_001, "action": "new_thing"
/// }));
/// let broken = Event::raw("e-3", 1_700_000_002, "user_login", r#"{"lone":"\ud800"}"#);
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    pub(super) id: String,
    pub(super) date_create: i64,
    pub(super) action: String,
    pub(super) actor: String,
    pub(super) entity: String,
    json: Json,
}

#[derive(Clone, Debug)]
enum Json {
    Built(Value),
    Raw(Bytes),
}

impl Event {
    /// An event with this id, time (Unix seconds) and action; the actor is `USLACKUSER`, the entity
    /// a workspace.
    pub fn new(id: impl Into<String>, date_create: i64, action: impl Into<String>) -> Self {
        let (id, action) = (id.into(), action.into());
        let json = json!({
            "id": id,
            "date_create": date_create,
            "action": action,
            "actor": user("USLACKUSER", "Slack"),
            "entity": { "type": "workspace", "workspace": place("workspace", "T00000000") },
            "context": {
                "location": place("enterprise", "E00000000"),
                "ua": "fake", "ip_address": "192.0.2.1", "session_id": "1"
            },
            "details": {}
        });
        Self {
            id,
            date_create,
            action,
            actor: "USLACKUSER".to_owned(),
            entity: "T00000000".to_owned(),
            json: Json::Built(json),
        }
    }

    /// An event whose JSON is exactly these bytes, broken ones too. The other arguments are what
    /// the API sorts and filters by; `actor` and `entity` filters do not find it.
    pub fn raw(
        id: impl Into<String>,
        date_create: i64,
        action: impl Into<String>,
        json: impl Into<Bytes>,
    ) -> Self {
        Self {
            id: id.into(),
            date_create,
            action: action.into(),
            actor: String::new(),
            entity: String::new(),
            json: Json::Raw(json.into()),
        }
    }

    /// Sets who acted.
    pub fn actor(mut self, id: impl Into<String>, name: &str) -> Self {
        self.actor = id.into();
        let user = user(&self.actor, name);
        self.set("actor", user);
        self
    }

    /// Sets the object acted upon, such as `("channel", "C1")`.
    pub fn entity(mut self, kind: &str, id: impl Into<String>) -> Self {
        self.entity = id.into();
        let entity = json!({ "type": kind, kind: { "id": self.entity } });
        self.set("entity", entity);
        self
    }

    /// Adds a field to `details`.
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Json::Built(json) = &mut self.json
            && let Some(details) = json.get_mut("details").and_then(Value::as_object_mut)
        {
            details.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The event's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn set(&mut self, field: &str, value: Value) {
        if let Json::Built(Value::Object(fields)) = &mut self.json {
            fields.insert(field.to_owned(), value);
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match &self.json {
            Json::Built(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Json::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
}

fn user(id: &str, name: &str) -> Value {
    let user = json!({ "id": id, "name": name, "email": null, "team": null });
    json!({ "type": "user", "user": user })
}

fn place(kind: &str, id: &str) -> Value {
    json!({ "type": kind, "id": id, "name": "Larkspur", "domain": "larkspur" })
}

/// Takes the event as it is. What the API sorts and filters by is read from `id`, `date_create`,
/// `action`, the user's id in `actor`, and the id in the object that `entity.type` names; a missing
/// one is empty or 0.
impl From<Value> for Event {
    fn from(json: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entity = &json["entity"];
        let entity = entity["type"].as_str().map(|kind| &entity[kind]["id"]);
        Self {
            id: text(&json["id"]),
            date_create: json["date_create"].as_i64().unwrap_or(0),
            action: text(&json["action"]),
            actor: text(&json["actor"]["user"]["id"]),
            entity: entity.map(text).unwrap_or_default(),
            json: Json::Built(json),
        }
    }
}

/// What the API knows of one event, for comparing with what a collector wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// The event's id.
    pub id: String,
    /// When it happened, in Unix seconds.
    pub date_create: i64,
    /// Its action.
    pub action: String,
    /// From when on the API shows it, in Unix seconds, rounded up.
    pub visible_at: i64,
}
