//! CSV (RFC 4180): one event a line, with a header that stays as it is; new columns come at the
//! end.

use std::borrow::Cow;

use slack_audit_logs::model::Entry;

use super::columns::Column;

/// Writes lines of CSV.
pub(crate) struct Csv {
    columns: Vec<&'static Column>,
    /// Values as they came, also where a spreadsheet would take them for formulas.
    raw: bool,
}

impl Csv {
    pub(super) fn new(columns: Vec<&'static Column>, raw: bool) -> Self {
        Self { columns, raw }
    }

    pub(super) fn header(&self, to: &mut Vec<u8>) {
        line(to, self.columns.iter().map(|column| column.name));
    }

    /// Appends an event. What it does not have is empty; `details` is JSON, as it came.
    pub(super) fn event(&self, to: &mut Vec<u8>, entry: &Entry) {
        let fields = self.columns.iter().map(|column| {
            let value = (column.of)(entry);
            if self.raw || column.is_number {
                value
            } else {
                no_formula(value)
            }
        });
        line(to, fields);
    }
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

/// Appends a line.
pub(crate) fn line(to: &mut Vec<u8>, fields: impl IntoIterator<Item: AsRef<str>>) {
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(512)
        .from_writer(to);
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
        let csv = Csv::new(columns::of(columns::CSV), raw);
        let mut text = Vec::new();
        csv.header(&mut text);
        csv.event(&mut text, &Entry::from_json(json));
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn the_header_stays() {
        assert_eq!(
            lines("{}", false).lines().collect::<Vec<_>>(),
            [
                "time,date_create,id,action,actor_id,actor_name,actor_email,entity_type,entity_id,\
                 entity_name,location_type,location_id,location_name,ip_address,user_agent,\
                 session_id,details,actor_type",
                ",,,,,,,,,,,,,,,,,"
            ]
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
        assert!(
            safe.contains(",-5,") && safe.contains(",'=HYPERLINK(1),' +1,"),
            "{safe}"
        );
        assert!(lines(json, true).contains(",=HYPERLINK(1), +1,"));
    }
}
