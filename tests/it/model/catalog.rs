//! Actions, schemas and the count of drift.

use super::*;
use crate::support::capture::Capture;

#[test]
fn every_action_has_its_constant() {
    let mut rows = 0;
    for line in ACTIONS.lines().filter(|line| !line.starts_with('#')) {
        let (category, name) = line.split_once('\t').unwrap();
        let (_, all) = action::categories()
            .find(|(known, _)| *known == category)
            .unwrap();
        assert!(
            all.iter().any(|action| *action == name),
            "{category} {name}"
        );
        let action = Action::from(name);
        assert!(action.is_known() && action.category().is_some());
        assert_eq!((action.as_str(), action.to_string().as_str()), (name, name));
        rows += 1;
    }
    let constants: usize = action::categories().map(|(_, all)| all.len()).sum();
    assert!(
        rows >= constants && constants > 700,
        "{rows} rows, {constants} constants"
    );
    assert_eq!(
        action::workspace_or_org::PREF_ALLOW_CALLS,
        "pref.allow_calls"
    );
    assert_eq!("user_login", action::user::USER_LOGIN);
    assert_eq!(action::user::USER_LOGIN.category(), Some("user"));
    assert_eq!(Action::from("new_one".to_owned()).category(), None);
    assert_eq!(
        serde_json::to_string(&action::user::USER_LOGIN).unwrap(),
        "\"user_login\""
    );
}

#[test]
fn schemas_and_actions_are_open() {
    let body = json!({"schemas": [
        {"type": "workspace", "workspace": {"id": "string", "name": "string", "domain": "string"}},
        {"type": "spaceship", "spaceship": {"id": "string"}, "since": 2030},
        "odd",
    ], "new": 1});
    let response = SchemasResponse::from_body(&body.to_string().into()).unwrap();
    let types: Vec<_> = response
        .schemas()
        .filter_map(ObjectSchema::type_name)
        .collect();
    assert_eq!(types, ["workspace", "spaceship"]);
    assert_eq!(response.schemas().next().unwrap().fields().count(), 3);
    assert_eq!(response.unknown_fields().count(), 1);
    assert_eq!(serde_json::to_value(&response).unwrap(), body);

    let body = json!({"actions": {"user": ["user_login", "new_one"], "spaceship": ["beamed"]}, "ok": true});
    let response = ActionsResponse::from_body(&body.to_string().into()).unwrap();
    let names: Vec<_> = response.categories().map(|(name, _)| name).collect();
    assert_eq!(names, ["spaceship", "user"]);
    assert_eq!(
        response
            .category("user")
            .unwrap()
            .iter()
            .collect::<Vec<_>>(),
        ["user_login", "new_one"]
    );
    assert_eq!((response.ok(), response.error()), (Some(true), None));
    assert_eq!(serde_json::to_value(&response).unwrap(), body);
    for none in [
        "[]",
        "{}",
        "null",
        r#"{"ok":true}"#,
        r#"{"actions":[],"schemas":{}}"#,
    ] {
        let actions = ActionsResponse::from_body(&none.into()).unwrap_err();
        let schemas = SchemasResponse::from_body(&none.into()).unwrap_err();
        assert_eq!(
            (actions.category(), schemas.category()),
            (Category::Data, Category::Data)
        );
    }
    let failed = r#"{"ok":false,"actions":{},"schemas":[]}"#;
    assert!(ActionsResponse::from_body(&failed.into()).is_err());
    assert!(SchemasResponse::from_body(&failed.into()).is_err());
}

#[test]
fn drift_is_counted_per_entry() {
    let mut stats = DriftStats::default();
    for json in [
        r#"{"details":{"channels":[{},{},1]}}"#,
        r#"{"details":{"channels":[{}]}}"#,
        "{}",
        "nope",
    ] {
        stats.record(&Entry::from_json(json));
    }
    let counts: Vec<_> = stats
        .counts()
        .map(|count| (count.path, count.found, count.entries))
        .collect();
    assert_eq!(
        counts,
        [
            ("details.channels[]", ValueKind::Number, 1),
            ("details.channels[]", ValueKind::Object, 2)
        ]
    );
    assert_eq!((stats.entries(), stats.degraded()), (4, 1));
}

#[test]
fn the_model_is_send_sync_and_clone() {
    fn promised<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    promised::<Entry>();
    promised::<RawEntry>();
    promised::<RawPage>();
    promised::<LogsResponse>();
    promised::<SchemasResponse>();
    promised::<ActionsResponse>();
    promised::<Action>();
    promised::<DecodeError>();
    promised::<Value<'static>>();
}

#[test]
fn drift_is_told_at_debug_without_values() {
    let capture = Capture::start();
    let body = format!(
        r#"{{"entries":[{{"details":{{"channels":{{"{CANARY}":"{CANARY}"}}}}}},{{"id":"\ud800"}}]}}"#
    );
    LogsResponse::from_body(&Bytes::from(body)).unwrap();
    let text = capture.text();
    let drift = text
        .lines()
        .find(|line| line.contains("a field of an unexpected type"))
        .unwrap();
    assert!(
        drift.contains("DEBUG") && drift.contains("details.channels") && drift.contains("object"),
        "{drift}"
    );
    assert!(text.contains("entries that are no valid JSON"), "{text}");
    assert!(!text.contains(CANARY), "{text}");
}
