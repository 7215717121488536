//! Compressed bodies, valid and broken.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, write::GzEncoder};

use super::body::Instruction;

/// Below this a compressed body is hardly smaller.
pub(super) const WORTHWHILE: usize = 1024;

/// Compresses. Writing to memory cannot fail; should it, the body is empty.
pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    let written = encoder.write_all(bytes);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// The same with a wrong checksum: the trailer is the checksum and the length, four bytes each (RFC
/// 1952, 2.3).
pub(super) fn with_bad_checksum(bytes: &[u8]) -> Vec<u8> {
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
pub(super) fn bomb(size: u64) -> Vec<Instruction> {
    const BLOCK: u64 = 1 << 20;
    let start = br#"{"entries":["#;
    let end = br#"],"response_metadata":{"next_cursor":""}}"#;
    let spaces = vec![b' '; usize::try_from(BLOCK).unwrap_or(0)];
    let count = (size / BLOCK).min(1 << 20);
    // A gzip member by hand (RFC 1952): header, deflate blocks, checksum, length.
    let header: &[u8] = &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    let checksum = |bytes: &[u8]| {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc
    };
    let mut crc = checksum(start);
    let block = checksum(&spaces);
    for _ in 0..count {
        crc.combine(&block);
    }
    crc.combine(&checksum(end));
    let trailer = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()].concat();
    vec![
        Instruction::Write(Bytes::from_static(header)),
        Instruction::Write(deflate(start, FlushCompress::Full)),
        Instruction::Repeat(deflate(&spaces, FlushCompress::Full), count),
        Instruction::Write(deflate(end, FlushCompress::Finish)),
        Instruction::Write(trailer.into()),
    ]
}

/// Deflate blocks that stand on their own, so that they can be repeated.
fn deflate(bytes: &[u8], flush: FlushCompress) -> Bytes {
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(bytes.len() / 500 + 256);
    // Into a vector with room to spare; a failure would leave the bomb broken, which its tests
    // would see.
    let _ = compress.compress_vec(bytes, &mut out, flush);
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http_body_util::BodyExt;

    use super::*;
    use crate::fake::FakeBody;

    fn decode(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn no_size_of_a_bomb_takes_memory_or_time() {
        assert_eq!(bomb(u64::MAX).len(), 5);
    }

    #[test]
    fn valid_and_broken() {
        let text = b"audit ".repeat(500);
        assert_eq!(decode(&compress(&text)).unwrap(), text);
        assert!(decode(&with_bad_checksum(&text)).is_err());
    }

    #[tokio::test]
    async fn the_bomb_is_valid_gzip_of_valid_json() {
        let body = FakeBody::new(bomb(8 << 20), 0);
        let bytes = body.collect().await.unwrap().to_bytes();
        assert!(bytes.len() < 16 << 10, "{}", bytes.len());
        let json = decode(&bytes).unwrap();
        assert!(json.len() > 8 << 20);
        assert!(serde_json::from_slice::<serde_json::Value>(&json).unwrap()["entries"].is_array());
    }
}
