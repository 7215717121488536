//! A body that is one object: its members go to a tape, but for those that the caller reads itself.

use super::{
    error::{Category, Reason, ScanFault},
    scan::{Scanner, Skip, Span},
    tape::{Builder, check_len, short_name},
};

/// Reads a body's members into `builder`, which has begun. `take` is asked first, with the scanner
/// before the value: it reads the value and says true, or leaves it alone.
///
/// After a fault the builder has the members before it.
pub(crate) fn read_members(
    input: &[u8],
    builder: &mut Builder,
    mut take: impl FnMut(&mut Scanner<'_>, &[u8]) -> Result<bool, ScanFault>,
) -> Result<(), ScanFault> {
    check_len(input)?;
    let mut scanner = Scanner::new(input);
    if scanner.peek()? != b'{' {
        return Err(no_object(&mut scanner));
    }
    builder.open_object(scanner.at())?;
    scanner.jump(scanner.at() + 1);
    let mut more = !scanner.skip_if(b'}')?;
    while more {
        let name = scanner.key()?;
        let plain = name
            .escaped
            .then(|| short_name(input, name).unwrap_or_default());
        let text = match &plain {
            Some(plain) => plain.as_bytes(),
            None => input.get(name.start..name.end).unwrap_or_default(),
        };
        if !take(&mut scanner, text)? {
            read_member(&mut scanner, name, builder)?;
        }
        more = scanner.skip_if(b',')?;
        if !more {
            scanner.expect(b'}', Reason::OBJECT_END)?;
        }
    }
    scanner.finish()
}

/// One member. What is too deep or too much for a tape is left out: it must not cost the body its
/// other members.
fn read_member(
    scanner: &mut Scanner<'_>,
    name: Span,
    builder: &mut Builder,
) -> Result<(), ScanFault> {
    let (start, len) = (scanner.at(), builder.len());
    let read = builder
        .name(scanner.input(), name)
        .and_then(|()| scanner.value(builder));
    match read {
        Ok(()) => Ok(()),
        Err(fault) => {
            builder.rewind(len);
            if !matches!(fault.category(), Category::Depth | Category::Size) {
                return Err(fault);
            }
            scanner.jump(start);
            scanner.value(&mut Skip)
        }
    }
}

/// Valid JSON that is no object, or no JSON at all: an HTML page, most likely.
#[cold]
fn no_object(scanner: &mut Scanner<'_>) -> ScanFault {
    let start = scanner.at();
    match scanner.value(&mut Skip).and_then(|()| scanner.finish()) {
        Ok(()) => ScanFault::new(Reason::OBJECT, start),
        Err(fault) => fault,
    }
}
