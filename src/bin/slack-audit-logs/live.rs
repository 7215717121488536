//! `follow` on standard output: a table that goes on for a person, ndjson for a program.

use std::sync::{Arc, Mutex, PoisonError};

use slack_audit_logs::collect::destination::{Batch, DestinationError};
use tower::{Service, service_fn};

use crate::{
    args::{Follow, Format, LiveFormat},
    exit::{self, Exit, Outcome},
    filter::{Reshaped, Wanted},
    format::{Choice, Entries},
    output::Output,
};

/// Writes batches to standard output, each as soon as it is there. Once the reader has gone, or the
/// disk behind it is full, it takes no more.
pub(crate) fn service(
    args: &Follow,
    wanted: Arc<Wanted>,
) -> Result<
    impl Service<Batch, Response = (), Error = DestinationError, Future: Send> + Send + use<>,
    Exit,
> {
    let output = Output::stdout();
    let format = match args.format {
        Some(LiveFormat::Table) => Format::Table,
        // What `--jq` makes of events need not have the columns of a table.
        None if output.is_terminal() && args.filters.jq.is_empty() => Format::Table,
        Some(LiveFormat::Ndjson) | None => Format::Ndjson,
    };
    let choice = Choice {
        is_live: true,
        ..Choice::default()
    };
    let entries = Entries::begin(format, choice, output)?;
    let entries = Arc::new(Mutex::new(entries));
    Ok(service_fn(move |batch: Batch| {
        let (entries, wanted) = (Arc::clone(&entries), Arc::clone(&wanted));
        // A reader that is slow holds up nothing but this.
        let written = tokio::task::spawn_blocking(move || {
            let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
            write(&mut entries, &wanted, &batch)
        });
        async move {
            let why = match written.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(exit)) => exit.message().map(|why| format!(": {why}")),
                Err(_) => None,
            };
            let why = why.unwrap_or_default();
            let words = format!("standard output does not take events any more{why}");
            Err(DestinationError::refused(words))
        }
    }))
}

fn write(entries: &mut Entries, wanted: &Wanted, batch: &Batch) -> Outcome {
    for event in batch.entries() {
        match wanted.reshape(&event.entry).unwrap_or_else(exit::now) {
            Reshaped::Others(others) => {
                for other in others {
                    entries.entry(&other)?;
                }
            }
            // What `--jq` cannot tell is shown rather than lost.
            Reshaped::Same | Reshaped::Failed(_) => entries.entry(&event.entry)?,
        }
    }
    entries.flush()
}
