//! The catalogue's reads and writes, held against a model that is as plain as can be: rows in a
//! map, filtered, sorted and cut.
//!
//! A [`script`] is made at random, from a seed, and replayed on a target and on the model at once.
//! What goes over the wire has the target's ids; the script and the model have ids of their own
//! ([`names`]), so that a script can be replayed anywhere, and in part.

pub mod model;
pub mod names;
pub mod random;
pub mod replay;
pub mod script;
pub mod shop;
