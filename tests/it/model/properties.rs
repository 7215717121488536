//! Any JSON, any bytes: properties.

use super::*;

/// Any JSON that `serde_json` can compare: its own values, floats included.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_filter_map("serde_json itself rounds", exact_float),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((any_name(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// `serde_json` misses some floats by a bit when it reads them; those cannot be compared.
fn exact_float(float: f64) -> Option<Json> {
    let value = Json::from(float);
    (value.is_number() && serde_json::from_str::<Json>(&value.to_string()).ok()? == value)
        .then_some(value)
}

/// Known names mostly, so that any type gets to any known place.
fn any_name() -> impl Strategy<Value = String> {
    let known: Vec<&'static str> = include_str!("../../fixtures/fields.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    prop_oneof![
        3 => prop::sample::select(vec!["id", "date_create", "action", "actor", "user", "entity", "context", "details"])
            .prop_map(str::to_owned),
        4 => prop::sample::select(known).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// An object that always has some of an entry's outermost fields, of any type.
fn any_entry() -> impl Strategy<Value = Json> {
    let member = (any_name(), any_json());
    prop::collection::vec(member, 0..10).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn any_object_is_an_entry(entries in prop::collection::vec(any_entry(), 0..5), pretty: bool) {
        let page = json!({"entries": entries});
        let body = if pretty { serde_json::to_string_pretty(&page) } else { serde_json::to_string(&page) }.unwrap();
        let typed = LogsResponse::from_body(&body.clone().into()).unwrap();
        prop_assert_eq!(serde_json::to_value(&typed).unwrap(), page);
        let raw = RawPage::parse(body.into()).unwrap();
        prop_assert_eq!(raw.entries().len(), entries.len());
        for ((typed, raw), entry) in typed.iter().zip(&raw).zip(&entries) {
            prop_assert_eq!(&serde_json::from_slice::<Json>(raw.json()).unwrap(), entry);
            prop_assert_eq!(typed.json(), raw.json());
            prop_assert_eq!(&serde_json::to_value(typed).unwrap(), entry);
            prop_assert!(!typed.is_degraded());
            prop_assert_eq!((typed.id(), typed.date_create()), (raw.id(), raw.date_create()));
            prop_assert_eq!(typed.action(), raw.action().map(Action::from));
            prop_assert_eq!(raw.parse(), typed.clone());
            let again: Entry = serde_json::from_str(&serde_json::to_string(typed).unwrap()).unwrap();
            prop_assert_eq!(&serde_json::to_value(&again).unwrap(), entry);
            // Whatever drifted is told with its own value.
            for drift in typed.drift() {
                let pointer = drift.path().replace(['.', '['], "/").replace(']', "");
                let at = if pointer.is_empty() { Some(entry) } else { entry.pointer(&format!("/{pointer}")) };
                prop_assert_eq!(Some(&serde_json::to_value(drift.value()).unwrap()), at);
            }
        }
    }

    #[test]
    fn any_bytes_in_an_entrys_place_lose_no_neighbour(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        // Where the page can be read at all, it has its other entries, or they are inside the odd
        // one.
        let body = page_with(&[br#"{"id":"e37","x":"#, &*bytes, b"}"].concat());
        if let Ok(page) = LogsResponse::from_body(&body) {
            let text: usize = page.iter().map(|entry| entry.json().len()).sum();
            prop_assert!(text + page.entries.len() + 64 > 98 * good(1).len());
            prop_assert_eq!(page.entries.len(), RawPage::parse(body).unwrap().entries().len());
        }
    }

    #[test]
    fn what_serde_json_reads_is_read_the_same(text in r#"[\[\]{}:,"\\a-z0-9.eE+\- \n]{0,40}"#) {
        let ours = Entry::from_json(text.clone());
        match serde_json::from_str::<Json>(&text) {
            Ok(theirs) => prop_assert_eq!(serde_json::to_value(&ours).unwrap(), theirs),
            // A number beyond any float is JSON all the same.
            Err(error) => prop_assert!(ours.is_degraded() || error.to_string().starts_with("number out of range")),
        }
    }
}
