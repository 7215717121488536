//! `actions` and `schemas`: what the API itself says about its events.

use serde_json::{Value, json};
use slack_audit_logs::{
    ActionsRequest, Endpoint, SchemasRequest,
    model::{ActionsResponse, SchemasResponse},
};

use crate::{
    args::{Catalog, Format, Global},
    client,
    exit::{Exit, Outcome},
    format::{self, Cell, Head, Table},
    output::Output,
};

struct Listing {
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
    objects: Vec<Value>,
}

pub(crate) async fn actions(global: &Global, args: &Catalog) -> Outcome {
    let response = ask(global, ActionsRequest::new()).await?;
    listing_of_actions(&response).write(args)
}

pub(crate) async fn schemas(global: &Global, args: &Catalog) -> Outcome {
    let response = ask(global, SchemasRequest::new()).await?;
    listing_of_schemas(&response).write(args)
}

/// Neither needs a token, but one that is there is sent: it may be what the proxy or the
/// organization wants to see.
async fn ask<E>(global: &Global, request: E) -> Result<E::Response, Exit>
where
    E: Endpoint,
    E::Response: slack_audit_logs::model::FromBody,
{
    let token = client::usable_token(global)?;
    let connection = client::connect(global, token.as_ref())?;
    Ok(connection.client.send(request).await?.typed_body()?)
}

fn listing_of_actions(response: &ActionsResponse) -> Listing {
    let actions = response.categories().flat_map(|(category, actions)| {
        let row = move |action: &str| vec![category.to_owned(), action.to_owned()];
        actions.iter().map(row)
    });
    let rows: Vec<_> = actions.collect();
    let object = |row: &Vec<String>| json!({ "category": row[0], "action": row[1] });
    Listing {
        header: &["category", "action"],
        objects: rows.iter().map(object).collect(),
        rows,
    }
}

fn listing_of_schemas(response: &SchemasResponse) -> Listing {
    let rows = response.schemas().flat_map(|schema| {
        let kind = schema.type_name().unwrap_or_default();
        let row =
            move |(field, of): (&str, &str)| vec![kind.to_owned(), field.to_owned(), of.to_owned()];
        schema.fields().map(row)
    });
    let objects = response
        .schemas()
        .filter_map(|schema| serde_json::to_value(schema.as_object()).ok());
    Listing {
        header: &["object", "field", "type"],
        rows: rows.collect(),
        objects: objects.collect(),
    }
}

impl Listing {
    fn write(self, args: &Catalog) -> Outcome {
        let mut output = Output::stdout();
        match output.format(args.format) {
            Format::Html => return Err(Exit::usage("lists are not written as HTML")),
            Format::Table => {
                let heads = self
                    .header
                    .iter()
                    .map(|name| Head::new(&name.to_uppercase()));
                let mut table = Table::new(heads.collect(), &output);
                for row in &self.rows {
                    let row = row.iter().map(|cell| Cell::new(cell));
                    table.push(row.collect(), &mut output)?;
                }
                table.flush(&mut output)?;
            }
            Format::Ndjson => format::write_objects(&mut output, self.objects, false)?,
            Format::Json => format::write_objects(&mut output, self.objects, true)?,
            Format::Csv => {
                let mut csv = Vec::new();
                format::csv_line(&mut csv, self.header);
                for row in &self.rows {
                    format::csv_line(&mut csv, row);
                }
                output.write_text(&csv)?;
            }
        }
        output.finish()
    }
}
