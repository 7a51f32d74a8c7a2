//! Fields, indexes and searches with the names of methods, of keywords, and of what is generated.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use zeroback::prelude::*;

/// Names that methods have.
#[derive(Debug, Table)]
#[index(new(add), eq(eq), clone(clone), r#match(r#match), bounds(marker))]
#[unique(value(value))]
#[search(
    matching(text),
    filter(
        add, as_ref, bounds, clone, default, deref, drop, eq, from_bounds, into_bounds, is_on,
        marker, new, r#match, to_text, value,
    )
)]
#[search(r#type(text))]
#[search(filter(text, filter(eq)))]
pub struct Names {
    /// Text.
    pub text: String,
    /// An operator.
    pub add: u8,
    /// A conversion.
    pub as_ref: bool,
    /// A part of what is generated.
    pub bounds: String,
    /// A method.
    pub clone: Option<String>,
    /// A function.
    pub default: i64,
    /// A method.
    pub deref: f64,
    /// A method.
    pub drop: u8,
    /// A method.
    pub eq: String,
    /// A part of what is generated.
    pub from_bounds: String,
    /// A part of what is generated.
    pub into_bounds: String,
    /// A predicate.
    pub is_on: u8,
    /// A part of what is generated.
    pub marker: u8,
    /// A function.
    pub new: u32,
    /// A keyword.
    pub r#match: String,
    /// A conversion.
    pub to_text: String,
    /// A part of what is generated.
    pub value: String,
    /// More of them.
    pub below: Below,
}

/// A part of what is generated, too.
#[derive(Debug, Value)]
pub struct Below {
    /// A private part of a handle.
    pub marker: u8,
    /// A function.
    pub fields: u8,
    /// A method.
    pub eq: u8,
    /// A method.
    pub is_null: u8,
    /// A keyword.
    pub r#fn: u8,
}

/// Types that are called like what the expansions name.
pub mod types {
    use zeroback::prelude::*;

    /// One.
    #[derive(Debug, Value)]
    pub struct Field {
        /// Its name.
        pub name: String,
    }

    /// One.
    #[derive(Debug, Clone, Copy, Value)]
    pub enum Option2 {
        /// None.
        None,
        /// Some.
        Some,
    }

    /// Nobody's.
    #[derive(Debug, Value)]
    pub struct V<P, T> {
        /// One.
        pub p: P,
        /// Another.
        pub t: Vec<T>,
    }

    /// One.
    #[derive(Debug, Table)]
    #[search(all(text), filter(option))]
    pub struct Index {
        /// Text.
        pub text: String,
        /// One.
        pub option: Option2,
        /// One.
        pub field: Field,
        /// One.
        pub v: V<String, u8>,
    }
}

/// # Errors
///
/// Where the database fails.
#[query]
pub fn read(ctx: &QueryCtx) -> Result<u64> {
    let names = || ctx.db.query::<Names>();
    names().with_index(|ix| ix.new.eq(&1)).first()?;
    names().with_index(|ix| ix.eq.eq("x")).first()?;
    names().with_index(|ix| ix.clone.eq("x")).first()?;
    names().with_index(|ix| ix.r#match.eq("x")).first()?;
    names().with_index(|ix| ix.value.eq("x")).unique()?;
    names()
        .search(|s| {
            let text = s.matching.matching("x").add(&1).as_ref(&true).bounds("x");
            let text = text.clone("x").default(&1).deref(&0.5).drop(&1).eq("x");
            let text = text.from_bounds("x").into_bounds("x").is_on(&1);
            text.marker(&1).new(&1).r#match("x").to_text("x").value("x")
        })
        .first()?;
    names().search(|s| s.r#type.matching("x")).first()?;
    names().search(|s| s.filter.matching("x").eq("x")).first()?;
    names()
        .filter(|t| {
            t.add.eq(1) & t.clone.eq("x") & t.eq.eq("x") & t.r#match.eq("x") & t.marker.eq(1)
        })
        .filter(|t| {
            t.below.marker.eq(1)
                & t.below.fields.eq(1)
                & t.below.eq.eq(1)
                & t.below.is_null.eq(1)
                & t.below.r#fn.eq(1)
        })
        .first()?;
    ctx.db
        .query::<types::Index>()
        .search(|s| s.all.matching("x").option(&types::Option2::Some))
        .filter(|t| t.field.name.eq("x") & t.v.p.eq("x") & t.v.t.contains(1))
        .count()
}

fn main() {}
