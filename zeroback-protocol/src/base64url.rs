//! Base64url without padding, for ids of a few bytes.
//!
//! By hand, since the engine of the `base64` crate, which `Bytes` use, would be a hundredth of the client in a
//! browser's module.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut len) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        len += 8;
        while len >= 6 {
            len -= 6;
            text.push(digit(bits >> len));
        }
    }
    if len > 0 {
        text.push(digit(bits << (6 - len)));
    }
    text
}

/// Fills `bytes` with what the text says; tells whether it is the text of just so many.
pub(crate) fn decode(text: &str, bytes: &mut [u8]) -> bool {
    if text.len() != (bytes.len() * 8).div_ceil(6) {
        return false;
    }
    let mut digits = text.bytes();
    let (mut bits, mut len) = (0_u32, 0);
    for byte in bytes {
        while len < 8 {
            let value = digits.next().and_then(value);
            let Some(value) = value else {
                return false;
            };
            bits = bits << 6 | value;
            len += 6;
        }
        len -= 8;
        *byte = (bits >> len) as u8;
    }
    // Each value has but one text: the bits behind the last byte say nothing.
    bits & ((1 << len) - 1) == 0
}

fn digit(bits: u32) -> char {
    DIGITS[(bits & 63) as usize].into()
}

fn value(digit: u8) -> Option<u32> {
    let at = DIGITS.iter().position(|own| *own == digit)?;
    Some(at as u32)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check<const LEN: usize>(bytes: [u8; LEN], any: &str) {
        let text = encode(&bytes);
        assert_eq!(text, URL_SAFE_NO_PAD.encode(bytes));
        for text in [text.as_str(), any] {
            let mut decoded = [0; LEN];
            let expected = URL_SAFE_NO_PAD.decode(text).ok();
            let expected = expected.filter(|bytes| bytes.len() == LEN);
            let is_decoded = decode(text, &mut decoded);
            assert_eq!(is_decoded.then(|| decoded.to_vec()), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_crate_says(
            short: [u8; 8],
            long: [u8; 16],
            eleven in "[A-Za-z0-9_-]{10}[A-Za-z0-9_=+/é-]",
            twenty_two in "[A-Za-z0-9_-]{21}[A-Za-z0-9_=+/é-]",
        ) {
            check(short, &eleven);
            check(long, &twenty_two);
            check(long, &eleven);
        }
    }
}
