//! The behaviours of Zeroback, written once and run on every host.
//!
//! A behaviour ([`behaviours`]) speaks to a [`target`] by the frames of `PROTOCOL.md` and by HTTP,
//! and knows nothing of what is behind: the engine alone in virtual time, the native server, or a
//! packaged Worker on workerd. What only the engine can be asked, such as how many statements it
//! ran, is in [`inside`]. `tests/suite.rs` makes one named test of each behaviour on each host.
//!
//! `cargo test -p suite` runs what needs nothing else, `cargo xtask test --only suite-workerd` packages
//! the Workers and runs the rest; a name, or a part of one, picks what to run:
//! `cargo test -p suite --test suite -- native::live`. `suite-fixture` is the app, `World` what a
//! behaviour is given, and a new behaviour is a function and its name in its chapter's list.
//!
//! Nothing here sleeps. That something does *not* happen is shown by a marker: a one-shot query
//! sent later, whose answer cannot overtake what was sent before it.

pub mod accounts;
pub mod behaviours;
pub mod catalogue;
pub mod client;
pub mod inside;
pub mod issuer;
pub mod kills;
pub mod provider;
pub mod proxy;
pub mod queue;
pub mod rendering;
pub mod samples;
pub mod sim;
pub mod target;
pub mod transcript;
pub mod world;
