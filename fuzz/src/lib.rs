//! Coverage-guided tests of what comes from outside: each module is one target, which takes the
//! bytes of an input and panics where something that Zeroback promises does not hold.
//!
//! The targets in `fuzz_targets/` only call these; `cargo xtask fuzz` builds and runs them.

pub mod archives;
pub mod cursors;
pub mod frames;
pub mod messages;

mod calls;
mod database;
mod input;
mod panics;

pub use panics::let_the_fixture_panic;
