//! The smallest app that a mutation and a push can be measured with.

pub mod articles;
pub mod rows;

zeroback::app!();
