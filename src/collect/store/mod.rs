//! The stores of this crate.

mod memory;
pub(super) mod redb;

pub use self::{memory::MemoryStore, redb::RedbStore};
pub(super) use self::redb::sync_parent;
