//! Archives by the names that `--output` and `--from` give them.

use std::path::Path;

use percent_encoding::percent_decode_str;
use slack_audit_logs::collect::destination::Archive;

use crate::{args::Global, client, exit::Exit};

/// The archive at a URL; none for what is a path.
pub(crate) fn at_url(global: &Global, name: &Path) -> Result<Option<Archive>, Exit> {
    let Some(url) = name.to_str().filter(|name| name.contains("://")) else {
        return Ok(None);
    };
    if let Some(path) = url.strip_prefix("file://") {
        let path = percent_decode_str(path).decode_utf8();
        let path = path.ok().filter(|path| path.starts_with('/'));
        let path = path.ok_or_else(|| {
            Exit::usage("write the URL of a directory like file:///var/log/audit/")
        })?;
        return Ok(Some(Archive::directory(&*path)));
    }
    Archive::from_url(url, client::transport(global, false)?)
        .map(Some)
        .map_err(|error| Exit::usage(error.to_string()))
}
