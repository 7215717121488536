//! JSON that keeps its exact bytes: a scanner, and a tape of what it met beside the text. It knows
//! JSON only; what Slack's objects are is said in [`model`](crate::model).
//!
//! Why no library serves:
//! - An entry is its exact bytes, to the last digit and space, with typed views beside them.
//!   `serde_json`'s `RawValue` keeps bytes, but reading id, date and action takes a second parse of
//!   each entry; its `Value` and derived structs keep no bytes, and round large numbers.
//! - One broken entry must not take its page with it. To all of them a document is one result: a
//!   bad number or an invalid byte in one entry fails the page.
//! - Memory is bounded for any content, and depth costs no stack.
//! - This crate forbids `unsafe`; sonic-rs and simd-json are built on it.
//! - They are no faster at this: for a page of 9,999 entries, with id, date and action of each,
//!   this pass takes 0.46 of the time of `serde_json`'s `RawValue`, 0.45 of sonic-rs's `LazyValue`
//!   and 0.19 of simd-json's tape (`benches/speed`, `docs/performance.md`).

mod body;
mod de;
mod error;
mod lookup;
mod scan;
mod ser;
mod strings;
mod tape;
mod text;
mod value;

pub(crate) use body::read_members;
pub(crate) use de::{any_value, text_of};
pub use error::{Category, DecodeError};
pub(crate) use error::{Reason, ScanFault};
pub(crate) use lookup::{Lookup, place};
pub(crate) use scan::{Scanner, Sink, Skip, Span};
pub(crate) use ser::{raw, takes_text};
pub(crate) use strings::trimmed_len;
pub(crate) use tape::{
    Builder, Name, Names, Tag, Tape, check_len, decode, outline, parse, short_name,
};
pub(crate) use text::Repaired;
pub(crate) use value::exact_integer;
pub use value::{FromValue, Items, List, Members, Number, Object, Value, ValueKind};
