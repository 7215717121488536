//! A page of 9,999 entries beside `serde_json`, sonic-rs and simd-json.

use std::sync::LazyLock;

use bytes::Bytes;
use nix::sys::resource::UsageWho;
use serde::Deserialize;
use serde_json::value::RawValue;
use slack_audit_logs::model::{FromBody, LogsResponse, RawPage};

use crate::{
    pages,
    time::{Row, turns},
};

pub const ROWS: &[(&str, fn() -> Row)] = &[
    ("raw page, id, date and action: serde_json RawValue", || {
        turns(SELF, TURNS, ours, serde_json_raw)
    }),
    ("raw page, bytes alone: serde_json RawValue", || {
        turns(SELF, TURNS, ours, || page::<&RawValue>().len())
    }),
    ("raw page: sonic-rs LazyValue", || {
        turns(SELF, TURNS, ours, sonic)
    }),
    ("raw page: simd-json tape", || {
        turns(SELF, TURNS, ours, simd)
    }),
    ("typed page: structs derived with serde", || {
        turns(
            SELF,
            TURNS,
            || LogsResponse::from_body(&BODY).unwrap(),
            || page::<derived::Entry>(),
        )
    }),
];

const TURNS: u32 = 40;
const SELF: UsageWho = UsageWho::RUSAGE_SELF;

static BODY: LazyLock<Bytes> = LazyLock::new(|| pages::page(9_999).into());

#[derive(Deserialize)]
struct Page<T> {
    entries: Vec<T>,
}

fn page<'a, T: Deserialize<'a>>() -> Vec<T> {
    serde_json::from_slice::<Page<T>>(&BODY).unwrap().entries
}

/// What a program needs of each entry that it forwards.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    date_create: i64,
    #[serde(borrow)]
    action: std::borrow::Cow<'a, str>,
}

impl Head<'_> {
    fn sum(&self) -> usize {
        self.id.len() + self.action.len() + usize::from(self.date_create > 0)
    }
}

fn ours() -> usize {
    let page = RawPage::parse(BODY.clone()).unwrap();
    let sum = page.iter().map(|entry| {
        let lengths = entry.id().unwrap().len() + entry.action().unwrap().len();
        lengths + usize::from(entry.date_create() > Some(0))
    });
    sum.sum()
}

fn serde_json_raw() -> usize {
    let head = |raw: &&RawValue| serde_json::from_str::<Head>(raw.get()).unwrap().sum();
    page::<&RawValue>().iter().map(head).sum()
}

/// Each entry's bytes as a slice of the page, and a lazy look at three of its members.
fn sonic() -> usize {
    use sonic_rs::{JsonValueTrait, LazyValue};
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        entries: Vec<LazyValue<'a>>,
    }
    let page: Page<'_> = sonic_rs::from_slice(&BODY).unwrap();
    let sum = page.entries.iter().map(|entry| {
        let text = |name| entry.get(name).as_str().map_or(0, str::len);
        text("id") + text("action") + usize::from(entry.get("date_create").as_i64() > Some(0))
    });
    sum.sum()
}

/// It works in the page's own bytes, so that these are gone, and a copy of them belongs to it.
fn simd() -> usize {
    use simd_json::prelude::*;
    let mut body = BODY.to_vec();
    let tape = simd_json::to_tape(&mut body).unwrap();
    let page = tape.as_value();
    let entries = page.get("entries").unwrap().as_array().unwrap();
    let sum = entries.iter().map(|entry| {
        let text = |name| entry.get_str(name).map_or(0, str::len);
        text("id") + text("action") + usize::from(entry.get_i64("date_create") > Some(0))
    });
    sum.sum()
}

/// The fields that the pages hold: what a program written by hand would ask for.
#[expect(dead_code, reason = "parsed for their cost")]
pub mod derived {
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub struct Page {
        pub entries: Vec<Entry>,
        pub response_metadata: Option<ResponseMetadata>,
    }

    #[derive(Deserialize)]
    pub struct ResponseMetadata {
        pub next_cursor: Option<String>,
    }

    #[derive(Deserialize)]
    pub struct Entry {
        pub id: Option<String>,
        pub date_create: Option<i64>,
        pub action: Option<String>,
        pub actor: Option<Actor>,
        pub entity: Option<Entity>,
        pub context: Option<Context>,
        pub details: Option<Details>,
    }

    #[derive(Deserialize)]
    pub struct Actor {
        pub r#type: Option<String>,
        pub user: Option<User>,
    }

    #[derive(Deserialize)]
    pub struct User {
        pub id: Option<String>,
        pub name: Option<String>,
        pub email: Option<String>,
        pub team: Option<String>,
    }

    #[derive(Deserialize)]
    pub struct Entity {
        pub r#type: Option<String>,
        pub user: Option<User>,
        pub workspace: Option<Location>,
        pub channel: Option<Channel>,
        pub file: Option<File>,
        pub app: Option<App>,
    }

    #[derive(Deserialize)]
    pub struct Location {
        pub r#type: Option<String>,
        pub id: Option<String>,
        pub name: Option<String>,
        pub domain: Option<String>,
    }

    #[derive(Deserialize)]
    pub struct Channel {
        pub id: Option<String>,
        pub privacy: Option<String>,
        pub name: Option<String>,
        pub is_shared: Option<bool>,
        pub is_org_shared: Option<bool>,
        pub teams_shared_with: Option<Vec<String>>,
    }

    #[derive(Deserialize)]
    pub struct File {
        pub id: Option<String>,
        pub name: Option<String>,
        pub filetype: Option<String>,
        pub title: Option<String>,
    }

    #[derive(Deserialize)]
    pub struct App {
        pub id: Option<String>,
        pub name: Option<String>,
        pub is_distributed: Option<bool>,
        pub is_directory_approved: Option<bool>,
        pub is_workflow_app: Option<bool>,
        pub scopes: Option<Vec<String>>,
    }

    #[derive(Deserialize)]
    pub struct Context {
        pub location: Option<Location>,
        pub ua: Option<String>,
        pub ip_address: Option<String>,
        pub session_id: Option<u64>,
    }

    // The few fields that the pages hold: what a hand-written program would ask for.
    #[derive(Deserialize)]
    pub struct Details {
        pub r#type: Option<String>,
        pub url_private: Option<String>,
        pub inviter: Option<User>,
        pub app_owner_id: Option<String>,
        pub bot_scopes: Option<Vec<String>>,
        pub reason: Option<Vec<String>>,
        pub previous_ip_address: Option<String>,
        pub location: Option<String>,
    }
}
