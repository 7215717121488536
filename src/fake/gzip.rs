//! Compressed bodies, sound and unsound.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, write::GzEncoder};

use super::body::Step;

/// Below this a compressed body is hardly smaller.
pub(crate) const WORTHWHILE: usize = 1024;

/// Compresses. Writing to memory cannot fail; should it, the body is empty.
pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    let written = encoder.write_all(bytes);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// The same with a wrong checksum: the trailer is the checksum and the length, four bytes each (RFC
/// 1952, 2.3).
pub(crate) fn with_bad_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = compress(bytes);
    let at = gzip.len().saturating_sub(8);
    if let Some(byte) = gzip.get_mut(at) {
        *byte ^= 0xFF;
    }
    gzip
}

/// A page without entries, blown up with spaces to about `size` bytes: a thousandth of that on the
/// wire. One compressed block is made and sent over and over, so that neither time nor memory goes
/// into it.
pub(crate) fn bomb(size: u64) -> Vec<Step> {
    const BLOCK: u64 = 1 << 20;
    let (start, end): (&[u8], &[u8]) = (
        b"{\"entries\":[",
        b"],\"response_metadata\":{\"next_cursor\":\"\"}}",
    );
    let spaces = vec![b' '; usize::try_from(BLOCK).unwrap_or(0)];
    let count = size / BLOCK;
    // A gzip member by hand (RFC 1952): header, deflate blocks, checksum, length.
    let header: &[u8] = &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    let (opening, block, closing) = (
        deflate(start, false),
        deflate(&spaces, false),
        deflate(end, true),
    );
    let mut crc = Crc::new();
    crc.update(start);
    let mut block_crc = Crc::new();
    block_crc.update(&spaces);
    for _ in 0..count {
        crc.combine(&block_crc);
    }
    let mut end_crc = Crc::new();
    end_crc.update(end);
    crc.combine(&end_crc);
    let mut trailer = crc.sum().to_le_bytes().to_vec();
    trailer.extend_from_slice(&crc.amount().to_le_bytes());
    let mut parts = vec![Bytes::from_static(header), opening];
    parts.extend((0..count).map(|_| block.clone()));
    parts.extend([closing, Bytes::from(trailer)]);
    parts.into_iter().map(Step::Data).collect()
}

/// Deflate blocks that stand on their own, so that they can be repeated.
fn deflate(bytes: &[u8], last: bool) -> Bytes {
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(bytes.len() / 500 + 256);
    let flush = if last {
        FlushCompress::Finish
    } else {
        FlushCompress::Full
    };
    // Into a vector with room to spare; a failure would leave the bomb broken, which its tests
    // would see.
    let _ = compress.compress_vec(bytes, &mut out, flush);
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn decode(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn sound_and_unsound() {
        let text = b"audit ".repeat(500);
        assert_eq!(decode(&compress(&text)).unwrap(), text);
        assert!(decode(&with_bad_checksum(&text)).is_err());
    }

    #[test]
    fn the_bomb_is_valid_gzip_of_valid_json() {
        let parts = bomb(8 << 20).into_iter().map(|step| match step {
            Step::Data(bytes) => bytes,
            other => panic!("{other:?}"),
        });
        let bytes: Vec<u8> = parts.flatten().collect();
        assert!(bytes.len() < 16 << 10, "{}", bytes.len());
        let json = decode(&bytes).unwrap();
        assert!(json.len() > 8 << 20);
        assert!(serde_json::from_slice::<serde_json::Value>(&json).unwrap()["entries"].is_array());
    }
}
