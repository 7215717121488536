//! The stores of this crate.

mod memory;
pub(super) mod redb;

pub(super) use self::redb::sync_parent;
pub use self::{memory::MemoryStore, redb::RedbStore};
