//! Filters on documents as they are written: the same meaning as their SQL (`run/filter_sql.rs`).

use serde_json::value::RawValue;

use super::document::Fields;
use crate::db::{Comparison, FieldPath, FilterExpr};
use crate::key::KeyPart;
use crate::{Error, Result};

/// Tells whether a document passes a filter.
///
/// # Errors
///
/// Fails where the document does not hold what its table says.
pub(super) fn passes(filter: &FilterExpr, document: &Fields<'_>) -> Result<bool> {
    Ok(match filter {
        FilterExpr::Compare {
            field,
            comparison,
            value,
        } => holds(*comparison, &read(field, document)?, value),
        FilterExpr::IsNull(field) => text_of(field, document)? == "null",
        FilterExpr::OneOf { field, values } => {
            let found = read(field, document)?;
            // The list is sorted when it is made.
            values
                .binary_search_by(|value| value.compare(&found))
                .is_ok()
        }
        FilterExpr::StartsWith { field, prefix } => {
            matches!(read(field, document)?, KeyPart::Text(text) if text.starts_with(prefix.as_str()))
        }
        FilterExpr::ContainsText { field, text } => {
            matches!(read(field, document)?, KeyPart::Text(found) if found.contains(text.as_str()))
        }
        FilterExpr::ContainsElement { field, value } => {
            let found = elements(text_of(field, document)?)?;
            let mut found = found
                .iter()
                .map(|element| KeyPart::from_json(element.get(), field.column_type));
            found.try_fold(false, |any, element| {
                Ok::<_, Error>(any || are_equal(&element?, value))
            })?
        }
        FilterExpr::All(all) => all.iter().try_fold(true, |so_far, one| {
            Ok::<_, Error>(so_far && passes(one, document)?)
        })?,
        FilterExpr::Any(any) => any.iter().try_fold(false, |so_far, one| {
            Ok::<_, Error>(so_far || passes(one, document)?)
        })?,
        FilterExpr::Not(one) => !passes(one, document)?,
    })
}

fn holds(comparison: Comparison, found: &KeyPart, value: &KeyPart) -> bool {
    let order = found.compare(value);
    let is_known = *found != KeyPart::Null && *value != KeyPart::Null;
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => is_known && order.is_lt(),
        Comparison::LessOrEqual => is_known && order.is_le(),
        Comparison::Greater => is_known && order.is_gt(),
        Comparison::GreaterOrEqual => is_known && order.is_ge(),
    }
}

fn are_equal(found: &KeyPart, value: &KeyPart) -> bool {
    found.compare(value).is_eq()
}

fn read(field: &FieldPath, document: &Fields<'_>) -> Result<KeyPart> {
    KeyPart::from_json(text_of(field, document)?, field.column_type)
}

/// Returns the JSON of a field; null where it, or what it should stand in, is not there.
fn text_of<'d>(field: &FieldPath, document: &Fields<'d>) -> Result<&'d str> {
    let mut segments = field.segments.iter();
    let first = segments.next().copied().unwrap_or_default();
    let mut text = document.get(first);
    for segment in segments {
        if !text.starts_with('{') {
            return Ok("null");
        }
        text = Fields::parse(text)?.get(segment);
    }
    Ok(text)
}

fn elements(json: &str) -> Result<Vec<&RawValue>> {
    if !json.starts_with('[') {
        return Ok(Vec::new());
    }
    Ok(serde_json::from_str(json)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnType;

    fn field(path: &[&'static str], column_type: ColumnType) -> FieldPath {
        FieldPath {
            segments: path.to_vec(),
            column_type,
        }
    }

    #[track_caller]
    fn check(filter: &FilterExpr, passing: &[&str], failing: &[&str]) {
        for document in passing {
            let fields = Fields::parse(document).unwrap();
            assert!(passes(filter, &fields).unwrap(), "{document}");
        }
        for document in failing {
            let fields = Fields::parse(document).unwrap();
            assert!(!passes(filter, &fields).unwrap(), "{document}");
        }
    }

    fn rank(comparison: Comparison, value: KeyPart) -> FilterExpr {
        FilterExpr::Compare {
            field: field(&["rank"], ColumnType::Integer),
            comparison,
            value,
        }
    }

    #[test]
    fn an_order_never_holds_for_null_and_its_opposite_does() {
        let less = rank(Comparison::Less, KeyPart::Integer(3));
        check(
            &less,
            &[r#"{"rank":2}"#],
            &[r#"{"rank":3}"#, r#"{"rank":null}"#, "{}"],
        );
        let not = FilterExpr::Not(Box::new(less));
        check(
            &not,
            &[r#"{"rank":3}"#, r#"{"rank":null}"#, "{}"],
            &[r#"{"rank":2}"#],
        );
        check(
            &rank(Comparison::Less, KeyPart::Null),
            &[],
            &[r#"{"rank":2}"#, "{}"],
        );
    }

    #[test]
    fn equality_takes_null_for_a_value() {
        check(
            &rank(Comparison::Equal, KeyPart::Null),
            &["{}"],
            &[r#"{"rank":0}"#],
        );
        check(
            &rank(Comparison::NotEqual, KeyPart::Integer(1)),
            &["{}"],
            &[r#"{"rank":1}"#],
        );
    }

    #[test]
    fn fields_within_fields_are_found() {
        let city = FilterExpr::StartsWith {
            field: field(&["home", "city"], ColumnType::Text),
            prefix: "Be".to_owned(),
        };
        check(
            &city,
            &[r#"{"home":{"zip":1,"city":"Bern"}}"#],
            &[r#"{"home":{"city":"bern"}}"#, r#"{"home":null}"#, "{}"],
        );
    }

    #[test]
    fn arrays_and_texts_contain() {
        let tag = FilterExpr::ContainsElement {
            field: field(&["tags"], ColumnType::Text),
            value: KeyPart::Text("x".to_owned()),
        };
        check(
            &tag,
            &[r#"{"tags":["a","x"]}"#],
            &[r#"{"tags":["xx"]}"#, "{}"],
        );
        let text = FilterExpr::ContainsText {
            field: field(&["text"], ColumnType::Text),
            text: "%\0".to_owned(),
        };
        check(
            &text,
            &[r#"{"text":"a%\u0000b"}"#],
            &[r#"{"text":"a%b"}"#, r#"{"text":null}"#],
        );
    }
}
