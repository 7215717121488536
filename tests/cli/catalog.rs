//! `actions` and `schemas`, in every format, without a token.

use serde_json::Value;

use super::support::{Served, done, plain_command};

#[test]
fn every_format_of_both() {
    let served = Served::with(0);
    for (command, header) in [
        ("actions", "category,action"),
        ("schemas", "object,field,type"),
    ] {
        let ndjson = served.run([command]).expect(0);
        let first: Value = serde_json::from_str(ndjson.lines()[0]).expect("JSON");
        assert!(first.is_object());
        let json = served.run([command, "--format", "json"]).expect(0);
        let array: Vec<Value> = serde_json::from_str(&json.stdout).expect("one array");
        assert_eq!(array.len(), ndjson.lines().len());
        let csv = served.run([command, "--format", "csv"]).expect(0);
        assert_eq!(csv.lines()[0], header);
        let table = served.run([command, "--format", "table"]).expect(0);
        assert_eq!(table.lines().len(), csv.lines().len());
        assert!(table.lines()[0].starts_with(if command == "actions" {
            "CATEGORY"
        } else {
            "OBJECT"
        }));
    }
}

#[test]
fn no_token_is_needed() {
    let served = Served::with(0);
    for command in ["actions", "schemas"] {
        let mut process = plain_command();
        process.args(["--base-url", &served.base_url(), command]);
        assert!(done(process).expect(0).lines().len() > 5);
    }
    assert!(
        served
            .api
            .requests()
            .iter()
            .all(|request| !request.headers.contains_key("authorization"))
    );
}
