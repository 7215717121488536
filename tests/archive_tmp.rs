#[path = "it/archive/mod.rs"]
mod archive;
