//! `fake`: the embedded API on the loopback interface.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use slack_audit_logs::fake::FakeApi;

use crate::{
    args::{Fake, Global, Rate},
    exit::{Exit, Outcome},
    output::Output,
    progress::Screen,
    signals::Interrupted,
};

/// Of the events that arrive one in twenty becomes visible late, by up to five minutes.
const LATE_SHARE: f64 = 0.05;
const MAX_LATE: Duration = Duration::from_secs(300);
/// Slack's "sporadic bursts", as the client takes them.
const BURST: u32 = 5;

pub(crate) async fn run(
    global: &Global,
    args: &Fake,
    screen: &Screen,
    interrupted: Interrupted,
) -> Outcome {
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
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let server = api.serve_on(address).await.map_err(|error| {
        Exit::network(format!(
            "{address} cannot be listened on: {error} (choose another --port)"
        ))
    })?;
    let (url, token) = (server.base_url(), FakeApi::TOKEN);
    let mut output = Output::stdout();
    output.write(format!("{url}\n{token}\n").as_bytes())?;
    output.flush()?;
    let (entries, variable) = (args.entries, &global.token_env);
    screen.note(&format!(
        "The embedded API with {entries} made-up events runs until it is interrupted. To ask \
         it:\n  {variable}={token} slack-audit-logs --base-url {url} logs --since 24h"
    ));
    interrupted.clone().wait().await;
    let requests = api.request_count();
    Err(interrupted.orderly(format!("interrupted after {requests} requests")))
}
