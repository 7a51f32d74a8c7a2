//! Where a row stands in an index, and whether it is within bounds.

use suite_fixture::catalogue::{Bounds, Compound, Shelf, Source};

use super::words;
use super::{AsPart, Part, Row};

/// Returns the values by which rows are sorted, if this one is within the bounds.
pub(super) fn parts(source: &Source, row: &Row) -> Option<Vec<Part>> {
    let product = &row.product;
    match source {
        Source::Whole => Some(Vec::new()),
        Source::ById(bounds) => within(bounds, &row.id),
        Source::ByCreationTime(bounds) => within(bounds, &row.created),
        Source::ByText(bounds) => within(bounds, &product.text),
        Source::ByRank(bounds) => within(bounds, &product.rank),
        Source::ByPrice(bounds) => within(bounds, &product.price),
        Source::ByFlag(bounds) => within(bounds, &product.flag),
        Source::ByNick(bounds) => within(bounds, &product.nick),
        Source::ByStock(bounds) => within(bounds, &product.stock),
        Source::ByWeight(bounds) | Source::ByWeightAlone(bounds) => within(bounds, &product.weight),
        Source::ByParent(bounds) => within(bounds, &product.parent),
        Source::BySince(bounds) => within(bounds, &product.since),
        Source::ByShape(bounds) => within(bounds, &product.shape),
        Source::ByBig(bounds) => within(bounds, &product.big),
        Source::ByBigMaybe(bounds) => within(bounds, &product.big_maybe),
        Source::ByCode(bounds) => within(bounds, &product.code),
        Source::BySlug(bounds) => within(bounds, &product.slug),
        Source::ByBadge(bounds) => within(bounds, &product.badge),
        Source::ByNickStockRank(compound) => {
            let (nick, stock, rank) = (&product.nick, &product.stock, &product.rank);
            let is_in = match compound {
                Compound::Nick(bounds) => holds(bounds, nick),
                Compound::Stock(equal, bounds) => nick == equal && holds(bounds, stock),
                Compound::Rank(first, second, bounds) => {
                    nick == first && stock == second && holds(bounds, rank)
                }
            };
            is_in.then(|| vec![nick.part(), stock.part(), rank.part()])
        }
        Source::ByShelf(shelf) => {
            let (aisle, place) = (&product.aisle, &product.place);
            let is_in = match shelf {
                Shelf::Aisle(bounds) => holds(bounds, aisle),
                Shelf::Place(equal, bounds) => aisle == equal && holds(bounds, place),
            };
            is_in.then(|| vec![aisle.part(), place.part()])
        }
        Source::Search { text, flag, nicks } => {
            let texts = [Some(product.title.as_str()), product.summary.as_deref()];
            let is_in = flag.is_none_or(|flag| product.flag == flag)
                && nicks.iter().all(|nick| product.nick == *nick)
                && words::matches(text, &texts);
            is_in.then(Vec::new)
        }
    }
}

fn within<V: AsPart>(bounds: &Bounds<V>, value: &V) -> Option<Vec<Part>> {
    holds(bounds, value).then(|| vec![value.part()])
}

fn holds<V: AsPart>(bounds: &Bounds<V>, value: &V) -> bool {
    let found = value.part();
    let above = |from: &V, inclusive: bool| {
        let from = from.part();
        are_known(&found, &from) && (found > from || inclusive && found == from)
    };
    let below = |to: &V, inclusive: bool| {
        let to = to.part();
        are_known(&found, &to) && (found < to || inclusive && found == to)
    };
    match bounds {
        Bounds::All => true,
        Bounds::Equal(equal) => found == equal.part(),
        Bounds::From(from, inclusive) => above(from, *inclusive),
        Bounds::To(to, inclusive) => below(to, *inclusive),
        Bounds::Between(from, with_from, to, with_to) => {
            above(from, *with_from) && below(to, *with_to)
        }
    }
}

fn are_known(a: &Part, b: &Part) -> bool {
    *a != Part::Null && *b != Part::Null
}
