//! `AuditLogsClient`: the whole stack, end to end.

mod assertions;
mod build;
mod calls;
mod heads;
mod outcomes;
mod secrets;

use slack_audit_logs::{AuditLogsClient, AuditLogsClientBuilder, fake::FakeApi};

fn api() -> FakeApi {
    FakeApi::builder()
        .entries(2_000)
        .seed(1)
        .without_rate_limit()
        .build()
}

fn builder(api: &FakeApi) -> AuditLogsClientBuilder {
    AuditLogsClient::builder()
        .token(FakeApi::TOKEN)
        .transport(api.clone())
}

fn client(api: &FakeApi) -> AuditLogsClient {
    builder(api).build().expect("a client")
}
