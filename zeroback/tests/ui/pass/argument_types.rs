//! Types of arguments and fields as people write them.
#![deny(warnings)]
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap};

use zeroback::prelude::*;

zeroback::app!();

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum Status {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Page<T> {
    pub items: Vec<T>,
}

/// Stands for an option without looking like one.
pub type Maybe = Option<Status>;

pub type Outcome<T> = std::result::Result<T, Failure>;

#[derive(Debug, Value)]
pub enum Failure {
    Refused(Status),
    #[value(system)]
    System(zeroback::Error),
}

#[derive(Debug, Table)]
#[index(by_maybe(maybe, status))]
pub struct Row {
    pub maybe: Maybe,
    pub status: std::option::Option<self::Status>,
    pub statuses: HashMap<String, Page<Status>>,
    pub pair: (Status, [u8; 4]),
    pub boxed: Box<Page<Option<Status>>>,
    pub alone: (),
}

#[query]
pub fn many(
    ctx: &zeroback::QueryCtx,
    maybe: Maybe,
    optional: Option<Page<Status>>,
    by_status: BTreeMap<Status, Vec<Status>>,
    patch: RowPatch,
    row: Doc<Row>,
    id: zeroback::Id<self::Row>,
) -> Outcome<Page<Doc<Row>>> {
    let rows = ctx.db.query::<Row>();
    let found = rows
        .with_index(|ix| ix.by_maybe.eq(&maybe).eq(&None))
        .collect()?;
    if patch.maybe == Some(maybe) || *row.id() == id || by_status.is_empty() {
        return Err(Failure::Refused(Status::Open));
    }
    let wanted = optional.map_or(0, |page| page.items.len());
    let items = found.into_iter().take(wanted).collect();
    Ok(Page { items })
}

macro_rules! stamped {
    ($name:ident, $ty:ty) => {
        #[mutation]
        pub fn $name(ctx: &MutationCtx, value: Option<$ty>) -> Result<$ty> {
            let _ = ctx.now();
            value.ok_or_else(|| Error::invalid("no value"))
        }
    };
}

stamped!(stamp_number, u32);
stamped!(stamp_status, Status);

fn main() {
    use zeroback::__private::ts_rs::{Config, TS};

    let args = many::Args::inline(&Config::default());
    assert!(args.contains("maybe?: Status | null"), "{args}");
    assert!(args.contains("optional?: Page<Status> | null"), "{args}");
    let paths: Vec<_> = app().function_paths().collect();
    assert_eq!(paths, ["many", "stamp_number", "stamp_status"]);
}
