//! Runs the embedded Audit Logs API on the loopback interface, for programs in any language.
//!
//! ```text
//! cargo run --example fake_server -- [ENTRIES] [PORT] [FAULT]…
//! cargo run --example fake_server -- 25000 0 status=503,times=2 reset-in-body,nth=5
//! ```
//!
//! The first line on stdout is the base URL, the second one the token. It stops when its standard
//! input ends.

use std::error::Error;

use slack_audit_logs::fake::{FakeApi, ScriptedResponse};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let entries = args.next().map_or(Ok(5_000), |text| text.parse())?;
    let port: u16 = args.next().map_or(Ok(0), |text| text.parse())?;

    // Without the rate limit, so that a drain ends soon.
    let api = FakeApi::builder()
        .entries(entries)
        .without_rate_limit()
        .build();
    for fault in args {
        api.script(fault.parse::<ScriptedResponse>()?);
    }
    let server = api.serve_on(([127, 0, 0, 1], port).into()).await?;
    {
        println!("{}", server.base_url());
        println!("{}", FakeApi::TOKEN);
    }

    // A parent that dies closes the pipe; nothing is left behind then.
    let mut input = Vec::new();
    tokio::io::stdin().read_to_end(&mut input).await?;
    Ok(())
}
