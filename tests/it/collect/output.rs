//! The output on disk: refused when it is not what it was, cut back, rotated, and given again what
//! it refused.

use std::time::Duration;

use slack_audit_logs::collect::{FileSink, FileSinkError, Follow, MemoryStore, RedbStore};

use super::place::{Place, damage, file_error, the_api, words};
use crate::support::collect::{Output, START, api, audit_logs, ids_in, recorded, sorted};

#[tokio::test(start_paused = true)]
async fn an_output_that_is_not_what_it_was_is_refused_and_left_alone() {
    for how in [
        "missing",
        "shorter",
        "other",
        "other, longer",
        "rewritten",
        "not empty at first",
        "device",
    ] {
        let (place, api) = (Place::new(), the_api());
        let out = place.out();
        if how == "not empty at first" {
            std::fs::write(&out, "precious\n").expect("written");
        } else if how != "device" {
            place.once(&api).await.expect("collected");
        }
        let length = std::fs::metadata(&out).map_or(0, |metadata| metadata.len());
        match how {
            "missing" => std::fs::remove_file(&out).expect("removed"),
            "shorter" => damage(&out, "half"),
            "other" => std::fs::write(&out, vec![b'x'; usize::try_from(length).expect("small")])
                .expect("written"),
            "other, longer" => std::fs::write(&out, "precious\n".repeat(100_000)).expect("written"),
            "rewritten" => {
                let mut bytes = std::fs::read(&out).expect("read");
                let last = bytes.len() - 10;
                bytes[last] ^= 1;
                std::fs::write(&out, bytes).expect("written");
            }
            "device" => std::os::unix::fs::symlink("/dev/null", &out).expect("a link"),
            _ => {}
        }
        let before = std::fs::read(&out).ok();
        let error = place.once(&api).await.expect_err(how);
        let kind = file_error(&error);
        let expected = match how {
            "missing" => matches!(kind, FileSinkError::Missing { .. }),
            "shorter" => matches!(kind, FileSinkError::Shorter { .. }),
            "not empty at first" => matches!(kind, FileSinkError::NotEmpty { .. }),
            "device" => matches!(kind, FileSinkError::NotRegular { .. }),
            _ => matches!(kind, FileSinkError::Other { .. }),
        };
        assert!(expected, "{how}: {kind:?}");
        assert!(words(&error).contains("out.ndjson"), "{}", words(&error));
        println!("{how}: {}", words(&error));
        if how != "device" {
            assert_eq!(std::fs::read(&out).ok(), before, "{how}: left alone");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_output_swapped_for_another_file_is_refused() {
    let place = Place::new();
    let quiet = api().entries(0).build();
    place.once(&quiet).await.expect("nothing to collect");
    assert_eq!(std::fs::metadata(place.out()).expect("made").len(), 0);
    std::fs::write(place.path("mine"), "precious\n").expect("written");
    std::fs::rename(place.path("mine"), place.out()).expect("swapped");
    let error = place.once(&quiet).await.expect_err("not ours");
    assert!(
        matches!(file_error(&error), FileSinkError::Other { .. }),
        "{error:?}"
    );
    assert_eq!(std::fs::read(place.out()).expect("there"), b"precious\n");
}

#[tokio::test(start_paused = true)]
async fn what_was_written_but_not_marked_as_done_is_cut_off() {
    let (place, api) = (Place::new(), the_api());
    place.once(&api).await.expect("collected");
    let whole = std::fs::read(place.out()).expect("an output");
    let mut longer = whole.clone();
    longer.extend_from_slice(b"{\"id\":\"torn\",\"da");
    std::fs::write(place.out(), longer).expect("written");
    place.once(&api).await.expect("cut back");
    assert_eq!(std::fs::read(place.out()).expect("an output"), whole);
}

#[tokio::test(start_paused = true)]
async fn an_output_that_refuses_half_a_batch_gets_it_again() {
    let api = the_api();
    for refuse_after in [0, 1, 40] {
        let (output, store) = (Output::default(), MemoryStore::new());
        let follow = || {
            Follow::builder(audit_logs(&api), store.clone(), output.clone())
                .since(START - 10_000)
                .page_size(30)
                .build()
                .expect("valid")
        };
        *output.refuse_after.lock().expect("whole") = Some(refuse_after);
        let error = follow().run().await.expect_err("refused");
        assert!(
            words(&error).contains("the output is full"),
            "{}",
            words(&error)
        );
        assert!(error.to_string().contains("not marked as done"));
        assert_eq!(output.ids().len(), refuse_after, "half a batch is there");
        assert_eq!(store.checkpoint().expect("from the beginning").mark(), None);
        assert!(store.is_empty(), "no id is remembered");
        follow().run_once().await.expect("no error");
        assert_eq!(sorted(output.ids()), recorded(&api, START));
    }
}

#[tokio::test(start_paused = true)]
async fn files_rotate_by_size_and_day_and_hold_every_event_once() {
    let api = api()
        .entries(1_500)
        .span(Duration::from_secs(3 * 86_400))
        .build();
    for (by_size, expected) in [(true, 10), (false, 3)] {
        let place = Place::new();
        let mut ids = Vec::new();
        let mut sink = FileSink::new(place.out());
        sink = if by_size {
            sink.rotate_at(100_000)
        } else {
            sink.rotate_daily()
        };
        let follow = Follow::builder(audit_logs(&api), RedbStore::new(place.state()), sink)
            .since(START - 4 * 86_400)
            .page_size(30);
        follow
            .build()
            .expect("valid")
            .run_once()
            .await
            .expect("collected");
        let mut files: Vec<_> = std::fs::read_dir(place.directory.path())
            .expect("the directory")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "ndjson")
            })
            .collect();
        files.sort();
        assert!(files.len() >= expected, "{files:?}");
        assert!(files[0].ends_with("out-000001.ndjson"), "{files:?}");
        for file in &files {
            assert!(!by_size || std::fs::metadata(file).expect("there").len() <= 100_000);
            ids.extend(ids_in(file));
        }
        assert_eq!(
            ids,
            api.record()
                .into_iter()
                .map(|event| event.id)
                .collect::<Vec<_>>()
        );
    }
}
