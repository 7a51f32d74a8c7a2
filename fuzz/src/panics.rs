//! Which panics are findings.
//!
//! The engine turns an author's panic into an error, so libFuzzer's hook, which ends the process at
//! any panic, must not see those of the fixture: they are planted there, or its arithmetic overflows.
//! A panic of the engine itself is one wherever it comes from, also within an author's function.

use std::panic;

/// Where a panic is the author's.
const AUTHORS: &str = "suite/fixture";

/// Lets the fixture panic; to be called once, when libFuzzer has set its hook.
pub fn let_the_fixture_panic() {
    let findings = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_authors = info
            .location()
            .is_some_and(|at| at.file().contains(AUTHORS));
        if !is_authors {
            findings(info);
        }
    }));
}
