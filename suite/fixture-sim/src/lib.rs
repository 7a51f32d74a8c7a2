//! The app that the simulator runs: queries of every form of result, one mutation that makes any
//! changes and ends in any way, and jobs that make some later.
//!
//! It is an app of its own, so that a database is made quickly, and what it runs is noted
//! ([`take_runs`]), so that the simulator knows what was done without asking the engine.

pub mod later;
pub mod pages;
pub mod piece;
pub mod pieces;
pub mod runs;
pub mod search;

pub use runs::{PageOf, Question, Run, note_fault, take_runs};

zeroback::app!();
