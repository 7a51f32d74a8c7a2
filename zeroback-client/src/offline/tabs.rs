//! How the pages of an app know of each other.

#[cfg(all(target_family = "wasm", feature = "browser"))]
mod browser;
#[cfg(all(target_family = "wasm", feature = "browser"))]
mod locks;
#[cfg(not(all(target_family = "wasm", feature = "browser")))]
mod none;

#[cfg(all(target_family = "wasm", feature = "browser"))]
pub(super) use browser::Tabs;
#[cfg(not(all(target_family = "wasm", feature = "browser")))]
pub(super) use none::Tabs;
