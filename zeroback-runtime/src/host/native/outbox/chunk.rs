//! What is written to a socket as one piece: a text frame with its head, or bytes that have one.

use std::sync::Arc;

use crate::engine::Frame;

/// A final frame of text (RFC 6455, section 5.2).
const FINAL_TEXT: u8 = 0x81;

/// The longest head of a frame that is not masked.
const HEAD_BYTES_MAX: usize = 10;

/// A piece; cloning it does not copy what it says.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    head: [u8; HEAD_BYTES_MAX],
    head_bytes: u8,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Text(Frame),
    Raw(Arc<[u8]>),
}

impl Chunk {
    /// Makes a text frame, as a server sends it.
    pub(super) fn text(frame: Frame) -> Self {
        let length = frame.as_str().len();
        let mut head = [0; HEAD_BYTES_MAX];
        head[0] = FINAL_TEXT;
        let head_bytes = match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length), _) if length < 126 => {
                head[1] = length;
                2
            }
            (_, Ok(length)) => {
                head[1] = 126;
                head[2..4].copy_from_slice(&length.to_be_bytes());
                4
            }
            _ => {
                head[1] = 127;
                head[2..].copy_from_slice(&(length as u64).to_be_bytes());
                10
            }
        };
        Self {
            head,
            head_bytes,
            body: Body::Text(frame),
        }
    }

    /// Makes one of bytes that are whole frames already.
    pub(super) fn raw(bytes: &[u8]) -> Self {
        Self {
            head: [0; HEAD_BYTES_MAX],
            head_bytes: 0,
            body: Body::Raw(bytes.into()),
        }
    }

    /// Returns how many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }

    /// Returns what is to be written, one behind the other.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        let head = &self.head[..usize::from(self.head_bytes)];
        match &self.body {
            Body::Text(frame) => [head, frame.as_str().as_bytes()],
            Body::Raw(bytes) => [head, bytes],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(length: usize, head: &[u8]) {
        let text = "x".repeat(length);
        let chunk = Chunk::text(Frame::new(text.clone()));
        assert_eq!(chunk.parts(), [head, text.as_bytes()]);
        assert_eq!(chunk.bytes(), head.len() + length);
    }

    #[test]
    fn a_head_has_the_length_in_as_few_bytes_as_may_be() {
        check(0, &[0x81, 0]);
        check(125, &[0x81, 125]);
        check(126, &[0x81, 126, 0, 126]);
        check(65_535, &[0x81, 126, 0xff, 0xff]);
        check(65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
