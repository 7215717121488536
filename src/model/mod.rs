//! STUB
#![allow(missing_docs)]
use bytes::Bytes;
use serde::Deserialize;
pub trait FromBody: Sized {
    fn from_body(body: &Bytes) -> Result<Self, DecodeError>;
}
#[derive(Clone, Debug, thiserror::Error)]
#[error("not JSON")]
pub struct DecodeError;
macro_rules! fb { ($($t:ty),*) => {$(impl FromBody for $t { fn from_body(b: &Bytes) -> Result<Self, DecodeError> { serde_json::from_slice(b).map_err(|_| DecodeError) } })*} }
#[derive(Debug, Deserialize)]
pub struct LogsResponse {
    pub entries: Vec<serde_json::Value>,
}
impl LogsResponse {
    pub fn next_cursor(&self) -> Option<&str> {
        None
    }
}
#[derive(Debug, Deserialize)]
pub struct SchemasResponse {}
#[derive(Debug, Deserialize)]
pub struct ActionsResponse {}
#[derive(Debug, Deserialize)]
pub struct RawPage {}
fb!(
    LogsResponse,
    SchemasResponse,
    ActionsResponse,
    RawPage,
    serde_json::Value
);
