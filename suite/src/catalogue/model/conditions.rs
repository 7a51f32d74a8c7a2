//! Conditions on rows: each is true or false.

use suite_fixture::catalogue::{Condition, Is};

use super::{AsPart, Part, Row};

/// Tells whether a condition holds.
pub(super) fn holds(condition: &Condition, row: &Row) -> bool {
    let product = &row.product;
    let (part, spare) = (&product.part, product.spare.as_ref());
    let inner = part.inner.as_ref();
    let spare_inner = spare.and_then(|spare| spare.inner.as_ref());
    let spare_note = spare.and_then(|spare| spare.note.as_ref());
    let nick = product.nick.as_ref();
    match condition {
        Condition::Id(is) => says(is, &row.id.part()),
        Condition::CreationTime(is) => says(is, &row.created.part()),
        Condition::Text(is) => says(is, &product.text.part()),
        Condition::Rank(is) => says(is, &product.rank.part()),
        Condition::Price(is) => says(is, &product.price.part()),
        Condition::Flag(is) => says(is, &product.flag.part()),
        Condition::Nick(is) => says(is, &product.nick.part()),
        Condition::Stock(is) => says(is, &product.stock.part()),
        Condition::Weight(is) => says(is, &product.weight.part()),
        Condition::Parent(is) => says(is, &product.parent.part()),
        Condition::Since(is) => says(is, &product.since.part()),
        Condition::Shape(is) => says(is, &product.shape.part()),
        Condition::Title(is) => says(is, &product.title.part()),
        Condition::PartColor(is) => says(is, &part.color.part()),
        Condition::PartSize(is) => says(is, &part.size.part()),
        Condition::PartNote(is) => says(is, &part.note.part()),
        Condition::PartInnerDepth(is) => says(is, &inner.map(|inner| inner.depth).part()),
        Condition::PartInnerAt(is) => says(is, &inner.and_then(|inner| inner.at).part()),
        Condition::SpareColor(is) => says(is, &spare.map(|spare| spare.color.clone()).part()),
        Condition::SpareSize(is) => says(is, &spare.map(|spare| spare.size).part()),
        Condition::SpareNote(is) => says(is, &spare_note.cloned().part()),
        Condition::SpareInnerDepth(is) => says(is, &spare_inner.map(|inner| inner.depth).part()),
        Condition::NickIsNull => nick.is_none(),
        Condition::WeightIsNull => product.weight.is_none(),
        Condition::BigMaybeIsNull => product.big_maybe.is_none(),
        Condition::SpareIsNull => spare.is_none(),
        Condition::SpareNoteIsNull => spare_note.is_none(),
        Condition::SpareInnerIsNull => spare_inner.is_none(),
        Condition::SummaryIsNull => product.summary.is_none(),
        Condition::TextStartsWith(prefix) => product.text.starts_with(prefix),
        Condition::TextContains(text) => product.text.contains(text),
        Condition::NickStartsWith(prefix) => nick.is_some_and(|nick| nick.starts_with(prefix)),
        Condition::NickContains(text) => nick.is_some_and(|nick| nick.contains(text)),
        Condition::PartColorStartsWith(prefix) => part.color.starts_with(prefix),
        Condition::SpareNoteContains(text) => spare_note.is_some_and(|note| note.contains(text)),
        Condition::TagsContain(tag) => product.tags.contains(tag),
        Condition::SizesContain(size) => product.sizes.contains(size),
        Condition::All(all) => all.iter().all(|one| holds(one, row)),
        Condition::Any(any) => any.iter().any(|one| holds(one, row)),
        Condition::Not(one) => !holds(one, row),
    }
}

fn says<V: AsPart>(is: &Is<V>, found: &Part) -> bool {
    let known = |value: &V| *found != Part::Null && value.part() != Part::Null;
    match is {
        Is::Eq(value) => *found == value.part(),
        Is::Ne(value) => *found != value.part(),
        Is::Lt(value) => known(value) && *found < value.part(),
        Is::Le(value) => known(value) && *found <= value.part(),
        Is::Gt(value) => known(value) && *found > value.part(),
        Is::Ge(value) => known(value) && *found >= value.part(),
        Is::InList(values) => values.iter().any(|value| *found == value.part()),
    }
}
