//! CSV (RFC 4180): one event a line, with a header that stays as it is; new columns would come at
//! the end.

use slack_audit_logs::model::Entry;

use crate::time;

/// The header for events.
pub(crate) const EVENTS: [&str; 17] = [
    "time",
    "date_create",
    "id",
    "action",
    "actor_id",
    "actor_name",
    "actor_email",
    "entity_type",
    "entity_id",
    "entity_name",
    "location_type",
    "location_id",
    "location_name",
    "ip_address",
    "user_agent",
    "session_id",
    "details",
];

/// Appends an event. What it does not have is empty; `details` is JSON, as it came.
pub(super) fn event(to: &mut Vec<u8>, entry: &Entry) {
    let date = entry.date_create();
    let actor = entry.actor().and_then(|actor| actor.user());
    let entity = entry.entity();
    let context = entry.context();
    let location = context.and_then(|context| context.location());
    let details = entry
        .details()
        .and_then(|details| serde_json::to_string(&details.as_object()).ok());
    line(
        to,
        [
            &*date.map(time::rfc3339).unwrap_or_default(),
            &*date.map(|date| date.to_string()).unwrap_or_default(),
            entry.id().unwrap_or_default(),
            entry.action().as_ref().map_or("", |action| action.as_str()),
            actor.and_then(|user| user.id()).unwrap_or_default(),
            actor.and_then(|user| user.name()).unwrap_or_default(),
            actor.and_then(|user| user.email()).unwrap_or_default(),
            entity
                .and_then(|entity| entity.kind())
                .map_or("", |kind| kind.as_str()),
            entity.and_then(|entity| entity.id()).unwrap_or_default(),
            entity.and_then(|entity| entity.name()).unwrap_or_default(),
            location
                .and_then(|location| location.type_name())
                .unwrap_or_default(),
            location
                .and_then(|location| location.id())
                .unwrap_or_default(),
            location
                .and_then(|location| location.name())
                .unwrap_or_default(),
            context
                .and_then(|context| context.ip_address())
                .unwrap_or_default(),
            context.and_then(|context| context.ua()).unwrap_or_default(),
            context
                .and_then(|context| context.session_id())
                .unwrap_or_default(),
            details.as_deref().unwrap_or_default(),
        ],
    );
}

/// Appends a line.
pub(crate) fn line<'a>(to: &mut Vec<u8>, fields: impl IntoIterator<Item = &'a str>) {
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(512)
        .from_writer(to);
    // A vector takes everything.
    let _ = writer.write_record(fields);
    let _ = writer.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(json: &'static str) -> String {
        let mut csv = Vec::new();
        line(&mut csv, EVENTS);
        event(&mut csv, &Entry::from_json(json));
        String::from_utf8(csv).expect("text")
    }

    #[test]
    fn the_header_stays() {
        assert_eq!(
            lines("{}").lines().collect::<Vec<_>>(),
            [
                "time,date_create,id,action,actor_id,actor_name,actor_email,entity_type,entity_id,entity_name,location_type,location_id,\
                 location_name,ip_address,user_agent,session_id,details",
                ",,,,,,,,,,,,,,,,"
            ]
        );
    }

    #[test]
    fn every_field_has_its_column() {
        let json = r#"{"id":"e1","date_create":1566215192,"action":"file_shared",
            "actor":{"type":"user","user":{"id":"W1","name":"A, \"B\"","email":"a@b"}},
            "entity":{"type":"file","file":{"id":"F1","title":"t"}},
            "context":{"location":{"type":"workspace","id":"T1","name":"N"},"ip_address":"::1","ua":"U","session_id":7},
            "details":{"x":[1, "y"]}}"#;
        assert_eq!(
            lines(json).lines().nth(1),
            Some(
                r#"2019-08-19T11:46:32Z,1566215192,e1,file_shared,W1,"A, ""B""",a@b,file,F1,t,workspace,T1,N,::1,U,7,"{""x"":[1,""y""]}""#
            )
        );
    }
}
