//! All integration tests in one binary: one module per promise, helpers in `support`.

mod fake;
mod support;
