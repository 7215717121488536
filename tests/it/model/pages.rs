//! Whole pages: what is none, where they end, and their raw entries.

use super::*;

#[test]
fn what_is_no_page_is_an_error_without_values() {
    let cut = page_with(b"{}");
    let table: Vec<(Bytes, Category, &str)> = vec![
        (
            Bytes::new(),
            Category::Eof,
            "not JSON: unexpected end at line 1 column 1",
        ),
        (
            "<html>".into(),
            Category::Syntax,
            "not JSON: expected a value at line 1 column 1",
        ),
        (
            "[]".into(),
            Category::Data,
            "unexpected JSON: expected an object at line 1 column 1",
        ),
        (
            format!("\"{CANARY}\"").into(),
            Category::Data,
            "unexpected JSON: expected an object at line 1 column 1",
        ),
        (
            format!("{{\n\"entries\":\"{CANARY}\"}}").into(),
            Category::Data,
            "unexpected JSON: expected a list of entries at line 2 column 11",
        ),
        (
            format!("{{\"entries\":{{\"0\":{{\"id\":\"{CANARY}\"}}}}}}").into(),
            Category::Data,
            "unexpected JSON: expected a list of entries at line 1 column 12",
        ),
        (
            format!("{{\"ok\":{CANARY}}}").into(),
            Category::Syntax,
            "not JSON: expected a value at line 1 column 7",
        ),
        (
            "{} {}".into(),
            Category::Syntax,
            "not JSON: trailing characters at line 1 column 4",
        ),
        (
            r#"{"entries":[],"response_metadata":{"next_cursor":{"a":1}}}"#.into(),
            Category::Data,
            "unexpected JSON: expected a string in `next_cursor` at line 1 column 50",
        ),
        (
            r#"{"entries":[{"a":1}"#.into(),
            Category::Eof,
            "not JSON: unexpected end at line 1 column 20",
        ),
        (
            r#"{"entries":[{"a":1 {"b":2}]}"#.into(),
            Category::Syntax,
            "not JSON: expected `,` or `}` at line 1 column 20",
        ),
    ];
    let texts = |error: &DecodeError| format!("{error} {error:?}");
    for (body, category, text) in table {
        let error = LogsResponse::from_body(&body).unwrap_err();
        assert_eq!(
            (error.category(), error.to_string().as_str()),
            (category, text)
        );
        assert_eq!(RawPage::parse(body.clone()).unwrap_err(), error);
        assert!(!texts(&error).contains("CANARY"));
        if let Err(error) = Json::from_body(&body) {
            assert!(!texts(&error).contains("CANARY"));
        }
    }
    for end in 0..cut.len() {
        assert!(
            RawPage::parse(cut.slice(..end)).is_err_and(|error| error.is_eof()),
            "cut at {end}"
        );
        assert!(
            LogsResponse::from_body(&cut.slice(..end)).is_err_and(|error| error.is_eof()),
            "cut at {end}"
        );
    }
}

#[test]
fn the_last_page_has_no_cursor() {
    for (metadata, cursor) in [
        (r#"{"next_cursor":""}"#, None),
        (r#"{"next_cursor":null}"#, None),
        ("{}", None),
        ("null", None),
        ("[]", None),
        (r#"{"next_cursor":"a\/b+c="}"#, Some("a/b+c=")),
        (r#"{"next_cursor":17}"#, Some("17")),
    ] {
        let body: Bytes = format!(r#"{{"entries":[],"response_metadata":{metadata}}}"#).into();
        assert_eq!(
            RawPage::parse(body.clone()).unwrap().next_cursor(),
            cursor,
            "{metadata}"
        );
        assert_eq!(
            LogsResponse::from_body(&body).unwrap().next_cursor(),
            cursor,
            "{metadata}"
        );
    }
    let bare = RawPage::parse(r#"{"entries":[]}"#.into()).unwrap();
    assert_eq!(bare.next_cursor(), None);
}

/// An empty page ends a stream, and its range is taken for read: nothing else may pass for one.
#[test]
fn json_that_is_no_page_is_no_empty_page() {
    for (body, why) in [
        ("{}", "expected a list of entries"),
        (r#"{"ok":true}"#, "expected a list of entries"),
        (
            r#"{"message":"please log in"}"#,
            "expected a list of entries",
        ),
        (r#"{"entries":null}"#, "expected a list of entries"),
        (
            r#"{"response_metadata":{"next_cursor":""}}"#,
            "expected a list of entries",
        ),
        ("null", "expected an object"),
        ("[]", "expected an object"),
        (r#""\ud800""#, "expected an object"),
        (r#"{"entries":"\ud800"}"#, "expected a list of entries"),
        // A refusal that nobody read as one.
        (
            r#"{"ok":false,"error":"invalid_cursor"}"#,
            "expected no `ok` that is false",
        ),
        (
            r#"{"\u006fk":false,"entries":[]}"#,
            "expected no `ok` that is false",
        ),
        (
            r#"{"ok":false,"entries":[],"ok":true}"#,
            "expected no `ok` that is false",
        ),
    ] {
        let raw = RawPage::parse(body.into()).unwrap_err();
        assert_eq!(
            (raw.category(), raw.expected()),
            (Category::Data, why),
            "{body}"
        );
        assert_eq!(
            LogsResponse::from_body(&body.into()).unwrap_err(),
            raw,
            "{body}"
        );
        assert!(
            serde_json::from_str::<LogsResponse>(body).is_err(),
            "{body}"
        );
    }
}

#[test]
fn a_page_may_repeat_and_escape_names_and_hold_nonsense_beside_its_entries() {
    let body = format!(
        r#"{{"entries":[{{"id":"a"}}],"warning":"\ud800!","deep":{}1{},"entries":null,"\u0065ntries":[{{"\u0069d":"b\/\u00e9\ud83d\ude00","id2":1}}]}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let page = LogsResponse::from_body(&body.clone().into()).unwrap();
    let ids: Vec<_> = page.iter().filter_map(Entry::id).collect();
    assert_eq!(ids, ["a", "b/é😀"]);
    assert_eq!(page.warning(), Some("\u{fffd}!"));
    let raw = RawPage::parse(body.into()).unwrap();
    assert_eq!(raw.iter().filter_map(RawEntry::id).collect::<Vec<_>>(), ids);

    let twice = r#"{"id":"first","id":"second","x":1,"x":[2]}"#;
    let entry = Entry::from_json(twice);
    assert_eq!(
        (entry.id(), entry.to_raw().id()),
        (Some("second"), Some("second"))
    );
    assert_eq!(
        entry.as_object().unwrap().get("x").map(Value::kind),
        Some(ValueKind::List)
    );
    assert_eq!(serde_json::to_string(&entry).unwrap(), twice);
}

#[test]
fn raw_entries_are_exact_slices_and_single_lines() {
    let pretty = "{\r\n  \"id\" : \"a\\n1\" ,\n\t\"action\":\"user_login\"\n}";
    let body: Bytes = format!("{{\"entries\":[ {pretty} , {{\"id\":\"b\"}}]}}").into();
    let page = RawPage::parse(body.clone()).unwrap();
    let entry = &page.entries()[0];
    assert_eq!(entry.json(), pretty.as_bytes());
    let within = body.as_ptr_range();
    assert!(
        within.contains(&entry.json().as_ptr()),
        "a slice of the page, not a copy"
    );
    assert!(
        within.contains(
            &LogsResponse::from_body(&body).unwrap().entries[0]
                .json()
                .as_ptr()
        )
    );
    let mut lines = Vec::new();
    for entry in &page {
        entry.write_ndjson(&mut lines).unwrap();
    }
    let expected = "{  \"id\" : \"a\\n1\" ,\t\"action\":\"user_login\"}\n{\"id\":\"b\"}\n";
    assert_eq!(String::from_utf8(lines).unwrap(), expected);
    let mut appended = Vec::new();
    page.iter()
        .for_each(|entry| entry.append_ndjson(&mut appended));
    assert_eq!(appended, expected.as_bytes());
}
