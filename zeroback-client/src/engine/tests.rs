//! The engine in virtual time, with a server that is played.

mod calls;
mod calls_of;
mod connections;
mod faults;
mod guesses;
mod kept;
mod model;
#[cfg(feature = "offline")]
mod offline;
mod page_guesses;
mod page_list;
mod page_server;
mod pages;
mod pages_random;
mod promise;
mod transcripts;
mod world;

/// Returns what promises have come to.
#[cfg(feature = "offline")]
fn promise_texts(promises: &[promise::Promise]) -> Vec<String> {
    promises.iter().map(promise::Promise::text).collect()
}
