//! The part of the suite's app that lives in a crate of its own: a table and functions that the
//! app takes in with `app!(with suite_fixture_extra)`. Nothing in the app's crate calls them, so a
//! linker that drops what is not referred to would drop these first.

pub mod notes;
