//! Helpers that several test modules share.

pub(crate) mod model;
pub(crate) mod model_probes;
