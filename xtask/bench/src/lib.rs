//! The smallest app that mutations, pushes and reads can be measured with.
//!
#![doc = include_str!("../SCENARIOS.md")]

pub mod articles;
pub mod rows;

zeroback::app!();
