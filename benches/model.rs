//! A page of 9,999 entries: the model beside a hand-written yardstick, in one run.
//!
//! | row | yardstick |
//! |---|---|
//! | `raw/RawPage` | `raw/serde_json RawValue`: `serde_json` into `Vec<&RawValue>` |
//! | `typed/LogsResponse` | `typed/derived`: plain derived structs with `String`s that drop unknown fields |
//! | `read/LogsResponse` | `read/derived`: the same, and then reading ten fields of every entry |
//! | `ndjson/RawPage` | `ndjson/copy`: copying the entries' bytes |
//!
//! Criterion's rows come one after the other, so a busy machine bends their ratios. `ratios` prints
//! what to compare: row and yardstick in turn, the fastest of 40 runs of each.
//!
//! What the pages need in memory is measured by `tests/model_memory.rs`.
// The yardstick's fields are parsed for their cost, not all of them are read.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::struct_field_names
)]

#[path = "support/pages.rs"]
mod pages;

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::Deserialize;
use serde_json::value::RawValue;
use slack_audit_logs::model::{
    Actor, Context, Entity, Entry, FromBody, Location, LogsResponse, RawPage, User,
};

#[derive(Deserialize)]
struct RawYardstick<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

mod derived {
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

/// Ten fields, as an alert would look at them.
fn read_typed(entry: &Entry) -> usize {
    let user = entry.actor().and_then(Actor::user);
    let context = entry.context();
    let location = context.and_then(Context::location);
    let texts = [
        entry.id(),
        user.and_then(User::id),
        user.and_then(User::email),
        user.and_then(User::name),
        entry.entity().and_then(Entity::type_name),
        context.and_then(Context::ua),
        context.and_then(Context::ip_address),
        location.and_then(Location::domain),
    ];
    let action = entry.action();
    let sum: usize = texts.into_iter().flatten().map(str::len).sum();
    sum + action.map_or(0, |action| action.as_str().len())
        + usize::from(entry.date_create() > Some(0))
}

fn read_derived(entry: &derived::Entry) -> usize {
    let user = entry.actor.as_ref().and_then(|actor| actor.user.as_ref());
    let context = entry.context.as_ref();
    let location = context.and_then(|context| context.location.as_ref());
    let texts = [
        entry.id.as_ref(),
        user.and_then(|user| user.id.as_ref()),
        user.and_then(|user| user.email.as_ref()),
        user.and_then(|user| user.name.as_ref()),
        entry
            .entity
            .as_ref()
            .and_then(|entity| entity.r#type.as_ref()),
        context.and_then(|context| context.ua.as_ref()),
        context.and_then(|context| context.ip_address.as_ref()),
        location.and_then(|location| location.domain.as_ref()),
    ];
    let sum: usize = texts.into_iter().flatten().map(String::len).sum();
    sum + entry.action.as_ref().map_or(0, String::len) + usize::from(entry.date_create > Some(0))
}

/// The fastest run of two readers that take turns.
fn ratio<A, B>(what: &str, mut yardstick: impl FnMut() -> A, mut ours: impl FnMut() -> B) {
    let mut best = [Duration::MAX; 2];
    for _ in 0..40 {
        let start = Instant::now();
        black_box(yardstick());
        let between = Instant::now();
        black_box(ours());
        best = [best[0].min(between - start), best[1].min(between.elapsed())];
    }
    let [yardstick, ours] = best;
    eprintln!(
        "{what}: {:.2} x the yardstick ({ours:.2?} to {yardstick:.2?})",
        ours.as_secs_f64() / yardstick.as_secs_f64()
    );
}

fn ratios(_: &mut Criterion) {
    let body = Bytes::from(pages::page(9_999));
    ratio(
        "raw",
        || {
            serde_json::from_slice::<RawYardstick<'_>>(&body)
                .unwrap()
                .entries
                .len()
        },
        || RawPage::parse(body.clone()).unwrap(),
    );
    let derived = || serde_json::from_slice::<derived::Page>(&body).unwrap();
    ratio("typed", derived, || LogsResponse::parse(&body).unwrap());
    ratio(
        "read",
        || derived().entries.iter().map(read_derived).sum::<usize>(),
        || {
            LogsResponse::parse(&body)
                .unwrap()
                .iter()
                .map(read_typed)
                .sum::<usize>()
        },
    );
}

fn pages(criterion: &mut Criterion) {
    let body = Bytes::from(pages::page(9_999));
    let raw = RawPage::parse(body.clone()).unwrap();
    let typed = LogsResponse::from_body(&body).unwrap();
    let derived: derived::Page = serde_json::from_slice(&body).unwrap();
    let ours: usize = typed.iter().map(read_typed).sum();
    assert_eq!(
        ours,
        derived.entries.iter().map(read_derived).sum::<usize>(),
        "both read the same"
    );
    assert!(
        typed
            .iter()
            .all(|entry| !entry.is_degraded() && entry.drift().is_empty())
    );

    let mut group = criterion.benchmark_group("raw");
    group
        .sample_size(30)
        .throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("serde_json RawValue", |bencher| {
        bencher.iter(|| {
            black_box(
                serde_json::from_slice::<RawYardstick<'_>>(&body)
                    .unwrap()
                    .entries
                    .len(),
            )
        });
    });
    group.bench_function("RawPage", |bencher| {
        bencher.iter(|| RawPage::parse(black_box(body.clone())).unwrap());
    });
    group.finish();

    let mut group = criterion.benchmark_group("typed");
    group
        .sample_size(30)
        .throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("derived", |bencher| {
        bencher.iter(|| serde_json::from_slice::<derived::Page>(black_box(&body)).unwrap());
    });
    group.bench_function("LogsResponse", |bencher| {
        bencher.iter(|| LogsResponse::parse(black_box(&body)).unwrap());
    });
    group.finish();

    let mut group = criterion.benchmark_group("read");
    group
        .sample_size(30)
        .throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("derived", |bencher| {
        bencher.iter(|| {
            let page: derived::Page = serde_json::from_slice(black_box(&body)).unwrap();
            page.entries.iter().map(read_derived).sum::<usize>()
        });
    });
    group.bench_function("LogsResponse", |bencher| {
        bencher.iter(|| {
            LogsResponse::parse(black_box(&body))
                .unwrap()
                .iter()
                .map(read_typed)
                .sum::<usize>()
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("ndjson");
    group
        .sample_size(30)
        .throughput(Throughput::Bytes(body.len() as u64));
    let mut lines = Vec::with_capacity(body.len() + 1024);
    group.bench_function("copy", |bencher| {
        bencher.iter(|| {
            lines.clear();
            for entry in &raw {
                lines.extend_from_slice(black_box(entry.json()));
                lines.push(b'\n');
            }
            lines.len()
        });
    });
    group.bench_function("RawPage", |bencher| {
        bencher.iter(|| {
            lines.clear();
            for entry in &raw {
                black_box(entry).append_ndjson(&mut lines);
            }
            lines.len()
        });
    });
    group.finish();
}

criterion_group!(benches, ratios, pages);
criterion_main!(benches);
