//! The behaviours of Zeroback, written once and run on every host.
//!
//! A behaviour ([`behaviours`]) speaks to a [`target`] by the frames of `PROTOCOL.md` and by HTTP,
//! and knows nothing of what is behind: the engine alone in virtual time, the native server, or a
//! packaged Worker on workerd. What only the engine can be asked, such as how many statements it
//! ran, is in [`inside`]. `tests/suite.rs` makes one named test of each behaviour on each host.
//!
//! Nothing here sleeps. That something does *not* happen is shown by a marker: a one-shot query
//! sent later, whose answer cannot overtake what was sent before it.

pub mod behaviours;
pub mod client;
pub mod inside;
pub mod target;
pub mod transcript;
pub mod world;
