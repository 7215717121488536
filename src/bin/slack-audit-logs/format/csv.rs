//! CSV (RFC 4180): one event a line, with a header that stays as it is; new columns come at the
//! end.

use std::borrow::Cow;

use slack_audit_logs::model::Entry;

use super::columns::Column;

pub(super) fn header(to: &mut Vec<u8>, columns: &[&Column]) {
    line(to, columns.iter().map(|column| column.name));
}

/// Appends an event. What it does not have is empty; `details` is JSON, as it came. Values that a
/// spreadsheet would take for formulas stay as they came only if that is wanted.
pub(super) fn event(to: &mut Vec<u8>, columns: &[&Column], raw: bool, entry: &Entry) {
    let fields = columns.iter().map(|column| match (column.of)(entry) {
        value if raw || column.is_number => value,
        value => no_formula(value),
    });
    line(to, fields);
}

/// A value that no spreadsheet takes for a formula: a `'` stands before what begins like one. See
/// OWASP, "CSV Injection".
pub(crate) fn no_formula(value: Cow<'_, str>) -> Cow<'_, str> {
    let begins = value.trim_start_matches(' ').chars().next();
    let is_formula = matches!(
        begins,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '|' | '%')
    );
    if is_formula {
        format!("'{value}").into()
    } else {
        value
    }
}

pub(crate) fn line(to: &mut Vec<u8>, fields: impl IntoIterator<Item: AsRef<str>>) {
    let mut writer = csv::WriterBuilder::new();
    let mut writer = writer.buffer_capacity(512).from_writer(to);
    // A vector takes everything.
    for field in fields {
        let _ = writer.write_field(field.as_ref());
    }
    let _ = writer.write_record(None::<&[u8]>);
    let _ = writer.flush();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::columns;

    fn lines(json: &'static str, raw: bool) -> String {
        let columns = columns::of(columns::CSV);
        let mut text = Vec::new();
        header(&mut text, &columns);
        event(&mut text, &columns, raw, &Entry::from_json(json));
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn the_header_stays() {
        assert_eq!(
            lines("{}", false),
            "time,date_create,id,action,actor_id,actor_name,actor_email,entity_type,entity_id,\
             entity_name,location_type,location_id,location_name,ip_address,user_agent,\
             session_id,details,actor_type\n,,,,,,,,,,,,,,,,,\n"
        );
    }

    #[test]
    fn every_field_has_its_column() {
        let json = r#"{"id":"e1","date_create":1566215192,"action":"file_shared",
            "actor":{"type":"user","user":{"id":"W1","name":"A, \"B\"","email":"a@b"}},
            "entity":{"type":"file","file":{"id":"F1","title":"t"}},
            "context":{"location":{"type":"workspace","id":"T1","name":"N"},"ip_address":"::1",
            "ua":"U","session_id":7},
            "details":{"x":[1, "y"]}}"#;
        assert_eq!(
            lines(json, false).lines().nth(1),
            Some(concat!(
                r#"2019-08-19T11:46:32Z,1566215192,e1,file_shared,W1,"A, ""B""",a@b,file,F1,t,"#,
                r#"workspace,T1,N,::1,U,7,"{""x"":[1,""y""]}",user"#
            ))
        );
    }

    #[test]
    fn no_name_is_a_formula_unless_it_is_wanted_raw() {
        let json = r#"{"date_create":-5,"actor":{"user":{"name":"=HYPERLINK(1)","email":" +1"}}}"#;
        let safe = lines(json, false);
        assert!(safe.contains(",-5,"), "{safe}");
        assert!(safe.contains(",'=HYPERLINK(1),' +1,"), "{safe}");
        assert!(lines(json, true).contains(",=HYPERLINK(1), +1,"));
    }
}
