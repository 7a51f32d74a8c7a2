//! How much two texts have in common at their beginning and at their end.

/// Bytes that are compared at once: a few vector instructions.
const BLOCK: usize = 64;

/// Returns how many bytes both begin with.
pub(super) fn prefix(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.as_chunks::<BLOCK>().0.iter();
    let equal = blocks.zip(other.as_chunks::<BLOCK>().0);
    let start = BLOCK * equal.take_while(|(one, other)| one == other).count();
    let rest = one[start..].iter().zip(&other[start..]);
    start + rest.take_while(|(one, other)| one == other).count()
}

/// Returns how many bytes both end with.
pub(super) fn suffix(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.as_rchunks::<BLOCK>().1.iter().rev();
    let equal = blocks.zip(other.as_rchunks::<BLOCK>().1.iter().rev());
    let end = BLOCK * equal.take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    let rest = one.iter().rev().zip(other.iter().rev());
    end + rest.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::{prefix, suffix};

    #[test]
    fn every_length_is_found() {
        for len in 0..200 {
            for at in 0..len {
                let one = vec![b'x'; len];
                let mut other = one.clone();
                other[at] = b'y';
                assert_eq!(prefix(&one, &other), at);
                assert_eq!(suffix(&one, &other), len - at - 1);
            }
            let (one, longer) = (vec![b'x'; len], vec![b'x'; len + 70]);
            assert_eq!(prefix(&one, &longer), len);
            assert_eq!(suffix(&longer, &one), len);
        }
    }
}
