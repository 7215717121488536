//! JSON that keeps its exact bytes: a scanner, and a tape of what it met beside the text.

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
pub(crate) use error::{Fault, Reason};
pub(crate) use lookup::{Lookup, place};
pub(crate) use scan::{Scanner, Sink, Skip, Span};
pub(crate) use ser::raw;
pub(crate) use strings::trimmed_len;
pub(crate) use tape::{
    Builder, Name, Names, Tag, Tape, check_len, decode, outline, parse, short_name,
};
pub(crate) use text::Repaired;
pub(crate) use value::exact_integer;
pub use value::{FromValue, Items, Kind, List, Members, Number, Object, Value};
