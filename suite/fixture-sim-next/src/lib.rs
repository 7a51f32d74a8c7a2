//! The next version of the app that the simulator runs: the same functions on pieces with a weight,
//! which those have that were there before too, and of which no two of a list have one title.

#[path = "../../fixture-sim/src/later.rs"]
pub mod later;
#[path = "../../fixture-sim/src/pages.rs"]
pub mod pages;
pub mod piece;
#[path = "../../fixture-sim/src/pieces.rs"]
pub mod pieces;
#[path = "../../fixture-sim/src/search.rs"]
pub mod search;
pub mod weights;

use suite_fixture_sim::runs;

zeroback::app!();
