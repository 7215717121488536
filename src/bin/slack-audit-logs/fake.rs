//! `fake`: the embedded API on the loopback interface.

use std::{net::Ipv4Addr, time::Duration};

use slack_audit_logs::fake::FakeApi;
use tracing::Level;

use crate::{
    args::{Fake, Global, Rate},
    exit::{Exit, Outcome},
    output::Output,
    signals::Interrupted,
    trace,
};

/// Of the events that arrive one in twenty becomes visible late, by up to five minutes.
const LATE_SHARE: f64 = 0.05;
const MAX_LATE: Duration = Duration::from_secs(300);
/// Slack's "sporadic bursts", as the client takes them.
const BURST: u32 = 5;

pub(crate) async fn run(global: &Global, args: &Fake, interrupted: Interrupted) -> Outcome {
    let builder = FakeApi::builder()
        .entries(args.entries)
        .seed(args.seed)
        .latency(Duration::from_millis(args.latency_ms));
    let builder = match global.rate_limit {
        Rate::PerMinute(rate) => builder.rate_limit(rate.get(), BURST),
        Rate::Off => builder.without_rate_limit(),
    };
    let builder = match args.arrivals {
        0 => builder,
        arrivals => builder.arrivals(arrivals.into(), LATE_SHARE, MAX_LATE),
    };
    let api = builder.build();
    for fault in &args.fault {
        api.script(fault.clone());
    }
    let server = api
        .serve_on((Ipv4Addr::LOCALHOST, args.port).into())
        .await
        .map_err(|error| {
            Exit::network(format!(
                "127.0.0.1:{} cannot be listened on: {error} (choose another --port)",
                args.port
            ))
        })?;
    let mut output = Output::stdout();
    output.write(format!("{}\n{}\n", server.base_url(), FakeApi::TOKEN).as_bytes())?;
    output.flush()?;
    if !global.quiet {
        let words = format!(
            "The embedded API with {} made-up events runs until it is interrupted. To ask it:\n  \
             {}={} slack-audit-logs --base-url {} logs --since 24h",
            args.entries,
            global.token_env,
            FakeApi::TOKEN,
            server.base_url(),
        );
        trace::say(Level::INFO, &words);
    }
    interrupted.clone().wait().await;
    Err(interrupted.orderly(format!(
        "interrupted after {} requests",
        api.request_count()
    )))
}
