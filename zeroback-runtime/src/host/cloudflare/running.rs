//! Which function runs, at a place that JavaScript knows: when a function has trapped, nothing of its
//! module can be called any more, but its memory can be read.

use std::sync::atomic::{AtomicU32, Ordering};

use zeroback_protocol::FunctionKind;

use crate::engine::Running;

/// What `glue.js` reads: 0, or 1 for a mutation and 2 for a query, and where the path, the arguments
/// and the viewer stand, each with its length.
static RUNNING: [AtomicU32; 7] = [const { AtomicU32::new(0) }; 7];

/// Notes that a function begins.
pub(super) fn begins(running: Running<'_>) {
    let kind = match running.kind {
        FunctionKind::Mutation => 1,
        FunctionKind::Query => 2,
        FunctionKind::Action => 0,
    };
    let texts = [running.path, running.args, running.viewer].map(place);
    let words = texts.into_iter().flat_map(<[u32; 2]>::from);
    for (word, value) in RUNNING.iter().zip(std::iter::once(kind).chain(words)) {
        word.store(value, Ordering::Relaxed);
    }
}

/// Notes that the function has ended.
pub(super) fn ends() {
    RUNNING[0].store(0, Ordering::Relaxed);
}

/// Returns where all of it stands.
pub(super) fn address() -> u32 {
    RUNNING.as_ptr().addr() as u32
}

/// Returns where a text stands, and its length.
fn place(text: &str) -> (u32, u32) {
    (text.as_ptr().addr() as u32, text.len() as u32)
}
