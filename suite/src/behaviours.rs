//! The behaviours. Each is a function of a [`World`]; a file holds those of one chapter.

mod accounts;
mod actions;
mod bodies;
mod calls;
mod catalogue;
mod connections;
mod documents;
mod fetch;
mod files;
mod filters;
mod http;
mod identity;
mod indexes;
mod injection;
mod jobs;
mod live;
mod logs;
mod messages;
mod oauth;
mod once;
mod operator;
mod origins;
mod pages;
pub(crate) mod random;
mod reading;
mod registry;
mod restart;
mod resume;
mod route_identity;
mod routes;
mod rust_client;
mod rust_offline;
mod rust_pages;
mod schema;
mod searches;
mod size;
mod sleep;
mod slow_clients;
mod transactions;
mod transfer;
mod traps;
mod unique;
mod values;

use crate::target::Needs;
use crate::world::World;

/// Something that is true of every host.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// Chapter and name.
    pub name: &'static str,
    /// What it takes to show it.
    pub needs: Needs,
    /// Shows it, or panics.
    pub run: fn(&mut World<'_>),
}

/// Returns all of them.
pub fn behaviours() -> impl Iterator<Item = Behaviour> {
    CHAPTERS.iter().copied().flatten().copied()
}

const CHAPTERS: &[&[Behaviour]] = &[
    live::BEHAVIOURS,
    transactions::BEHAVIOURS,
    actions::BEHAVIOURS,
    identity::BEHAVIOURS,
    accounts::BEHAVIOURS,
    oauth::BEHAVIOURS,
    documents::BEHAVIOURS,
    indexes::BEHAVIOURS,
    filters::BEHAVIOURS,
    unique::BEHAVIOURS,
    searches::BEHAVIOURS,
    pages::BEHAVIOURS,
    reading::BEHAVIOURS,
    catalogue::BEHAVIOURS,
    injection::BEHAVIOURS,
    values::BEHAVIOURS,
    calls::BEHAVIOURS,
    messages::BEHAVIOURS,
    once::BEHAVIOURS,
    jobs::BEHAVIOURS,
    size::BEHAVIOURS,
    connections::BEHAVIOURS,
    http::BEHAVIOURS,
    routes::BEHAVIOURS,
    route_identity::BEHAVIOURS,
    fetch::BEHAVIOURS,
    origins::BEHAVIOURS,
    operator::BEHAVIOURS,
    logs::BEHAVIOURS,
    files::BEHAVIOURS,
    bodies::BEHAVIOURS,
    resume::BEHAVIOURS,
    rust_client::BEHAVIOURS,
    rust_offline::BEHAVIOURS,
    rust_pages::BEHAVIOURS,
    slow_clients::BEHAVIOURS,
    restart::BEHAVIOURS,
    sleep::BEHAVIOURS,
    schema::BEHAVIOURS,
    registry::BEHAVIOURS,
    transfer::BEHAVIOURS,
    traps::BEHAVIOURS,
    random::BEHAVIOURS,
];

/// Lists the behaviours of a chapter.
macro_rules! chapter {
    ($chapter:literal, $needs:ident: $($name:ident),* $(; $more:ident: $($other:ident),*)* $(,)?) => {
        pub(super) const BEHAVIOURS: &[$crate::behaviours::Behaviour] = &[
            $($crate::behaviours::Behaviour {
                name: concat!($chapter, "::", stringify!($name)),
                needs: $crate::target::Needs::$needs,
                run: $name,
            },)*
            $($($crate::behaviours::Behaviour {
                name: concat!($chapter, "::", stringify!($other)),
                needs: $crate::target::Needs::$more,
                run: $other,
            },)*)*
        ];
    };
}
use chapter;
