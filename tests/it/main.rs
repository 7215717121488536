//! All integration tests in one binary: one module per promise, helpers in `support`.

mod model;
mod model_fields;
mod support;
