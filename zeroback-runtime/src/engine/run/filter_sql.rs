//! Filters as SQL: the same meaning as `engine/filter.rs` has on written documents.
//!
//! Comparisons leave null where a field is null, and SQL's `AND` and `OR` pass that on; only `NOT`
//! has to see false in its place. Names of fields are the author's, everything else is a parameter.

use crate::db::{Comparison, FieldPath, FilterExpr};
use crate::engine::catalog::TablePlan;
use crate::key::{ColumnType, KeyPart};
use crate::{Error, Result};

/// Writes a filter as a SQL expression, and adds what it compares with to the parameters.
pub(super) fn filter_sql(
    filter: &FilterExpr,
    table: &TablePlan,
    params: &mut Vec<KeyPart>,
) -> Result<String> {
    Ok(match filter {
        FilterExpr::Compare {
            field,
            comparison,
            value,
        } => {
            params.push(comparable(value, field.column_type));
            format!("{} {} ?", field_sql(field, table)?, operator(*comparison))
        }
        FilterExpr::IsNull(field) => format!("{} IS NULL", field_sql(field, table)?),
        FilterExpr::OneOf { field, values } => one_of_sql(field, values, table, params)?,
        FilterExpr::StartsWith { field, prefix } => {
            let field = field_sql(field, table)?;
            params.push(KeyPart::Text(prefix.clone()));
            match after_prefix(prefix) {
                Some(end) => {
                    params.push(KeyPart::Text(end));
                    format!("({field} >= ? AND {field} < ?)")
                }
                None => format!("{field} >= ?"),
            }
        }
        FilterExpr::ContainsText { field, text } => {
            let field = field_sql(field, table)?;
            params.push(KeyPart::Text(text.clone()));
            format!("instr({field}, ?) > 0")
        }
        FilterExpr::ContainsElement { field, value } => {
            params.push(comparable(value, field.column_type));
            let element = converted("value", field.column_type);
            let path = json_path(&field.segments)?;
            // Null, which is no list, has itself for an element there.
            format!(
                "(json_type(doc, {path}) IS 'array' \
                 AND EXISTS (SELECT 1 FROM json_each(doc, {path}) WHERE {element} IS ?))"
            )
        }
        FilterExpr::All(all) => joined(all, "AND", "1", table, params)?,
        FilterExpr::Any(any) => joined(any, "OR", "0", table, params)?,
        FilterExpr::Not(one) => format!("NOT coalesce({}, 0)", filter_sql(one, table, params)?),
    })
}

/// An operand in a form that crosses to either host's SQLite as a number: an integer beyond all that
/// a field can hold is as well compared as the first such one.
fn comparable(value: &KeyPart, column_type: ColumnType) -> KeyPart {
    const BEYOND: i64 = 1 << 53;
    match value {
        KeyPart::Integer(value) if column_type == ColumnType::Integer => {
            if value.unsigned_abs() < BEYOND.unsigned_abs() {
                return KeyPart::Integer(*value);
            }
            KeyPart::Real(if *value < 0 {
                -9_007_199_254_740_992.0
            } else {
                9_007_199_254_740_992.0
            })
        }
        value => value.clone(),
    }
}

/// Joins conditions as a balanced tree, which is not deep.
fn joined(
    all: &[FilterExpr],
    operator: &str,
    nothing: &str,
    table: &TablePlan,
    params: &mut Vec<KeyPart>,
) -> Result<String> {
    match all {
        [] => Ok(nothing.to_owned()),
        [one] => filter_sql(one, table, params),
        _ => {
            let (left, right) = all.split_at(all.len() / 2);
            let left = joined(left, operator, nothing, table, params)?;
            let right = joined(right, operator, nothing, table, params)?;
            Ok(format!("({left} {operator} {right})"))
        }
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "IS",
        Comparison::NotEqual => "IS NOT",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// All values are one parameter; null, which `IN` never finds, is asked for apart.
fn one_of_sql(
    field: &FieldPath,
    values: &[KeyPart],
    table: &TablePlan,
    params: &mut Vec<KeyPart>,
) -> Result<String> {
    let sql = field_sql(field, table)?;
    let json: Vec<_> = values.iter().filter_map(json_of).collect();
    params.push(KeyPart::Text(format!("[{}]", json.join(","))));
    let value = converted("value", field.column_type);
    let found = format!("{sql} IN (SELECT {value} FROM json_each(?))");
    Ok(if values.contains(&KeyPart::Null) {
        format!("({found} OR {sql} IS NULL)")
    } else {
        found
    })
}

fn json_of(value: &KeyPart) -> Option<String> {
    match value {
        KeyPart::Integer(value) => Some(value.to_string()),
        KeyPart::Real(value) => serde_json::to_string(value).ok(),
        KeyPart::Text(text) => serde_json::to_string(text).ok(),
        KeyPart::Null | KeyPart::Blob(_) => None,
    }
}

/// A field as SQL: its column where it has one.
fn field_sql(field: &FieldPath, table: &TablePlan) -> Result<String> {
    if let [name] = field.segments[..] {
        match name {
            "_id" => return Ok("_id".to_owned()),
            "_creationTime" => return Ok("_creation_time".to_owned()),
            _ => {}
        }
        if let Some(column) = table.column(name) {
            return Ok(column.sql_name());
        }
    }
    let path = json_path(&field.segments)?;
    let extracted = format!("json_extract(doc, {path})");
    Ok(converted(&extracted, field.column_type))
}

/// A number of a float's type as one: JSON tells `1e18` from no integer, and SQLite would compare
/// it as what its digits say.
fn converted(sql: &str, column_type: ColumnType) -> String {
    match column_type {
        ColumnType::Real => format!("CAST({sql} AS REAL)"),
        _ => sql.to_owned(),
    }
}

/// A path in SQLite's form, as a literal. The macros make no handle for a name with quotes in it.
fn json_path(segments: &[&str]) -> Result<String> {
    let mut path = String::from("'$");
    for segment in segments {
        if segment.contains(['"', '\\', '\0']) {
            return Err(Error::internal(format!(
                "the field \"{segment}\" cannot be filtered by"
            )));
        }
        path.push_str(".\"");
        path.push_str(&segment.replace('\'', "''"));
        path.push('"');
    }
    path.push('\'');
    Ok(path)
}

/// Returns the least text above all that begin with `prefix`, by UTF-8 bytes; there is none for one
/// of nothing but the last character.
fn after_prefix(prefix: &str) -> Option<String> {
    let kept = prefix.trim_end_matches(char::MAX);
    let last = kept.chars().next_back()?;
    let next = match last {
        '\u{d7ff}' => '\u{e000}',
        _ => char::from_u32(u32::from(last) + 1)?,
    };
    let mut end = kept[..kept.len() - last.len_utf8()].to_owned();
    end.push(next);
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::after_prefix;

    #[test]
    fn the_end_of_a_prefix_is_the_next_text_by_bytes() {
        let end = |prefix: &str| after_prefix(prefix);
        assert_eq!(end("ab").as_deref(), Some("ac"));
        assert_eq!(end("a\u{7f}").as_deref(), Some("a\u{80}"));
        assert_eq!(end("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(end("a\u{10ffff}\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end("\u{10ffff}"), None);
        assert_eq!(end(""), None);
    }
}
