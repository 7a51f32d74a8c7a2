//! Looks at every document of a table that changes, before anything is written.

use super::change::TableChange;
use super::defaults::with_defaults;
use super::documents::read_documents;
use super::indexes::IndexSpec;
use super::report::SchemaReport;
use crate::engine::catalog::IndexPlan;
use crate::engine::key_bytes::KeyBytes;
use crate::engine::store::{SqlParam, Store, StoreError};
use crate::key::KeyPart;

/// Checks up to `rows_max` documents behind `after`: that they decode, that their columns hold
/// what they are to hold, that no two are under the same values of a unique index. Returns the last
/// id where there may be more.
pub(super) fn check<S: Store>(
    store: &S,
    change: &TableChange,
    document_bytes_max: usize,
    (after, rows_max): (&str, usize),
    report: &mut SchemaReport,
) -> Result<Option<String>, StoreError> {
    let table = change.plan.name;
    read_documents(store, table, after, rows_max, |id, stored| {
        let new = match new_document(change, stored) {
            Ok(new) => new,
            Err(what) => {
                report.add(table, &what, id);
                return Ok(());
            }
        };
        if new
            .as_ref()
            .is_some_and(|new| new.len() > document_bytes_max)
        {
            report.add(table, "is too large with its defaults", id);
            return Ok(());
        }
        let Ok(values) = change.plan.column_values(new.as_deref().unwrap_or(stored)) else {
            report.add(table, "a value does not fit its index", id);
            return Ok(());
        };
        for index in change.indexes.iter().filter(|index| index.is_unique()) {
            let is_first = match (index.is_built, &new) {
                (false, _) => is_first_seen(store, change, index, &values)?,
                (true, Some(_)) => {
                    is_free(store, change, index, &values, id)?
                        && is_first_seen(store, change, index, &values)?
                }
                // It stands in the index as it is.
                (true, None) => true,
            };
            if !is_first {
                let what = format!(
                    "the unique index \"{}\" has another document there",
                    index.name
                );
                report.add(table, &what, id);
            }
        }
        Ok(())
    })
}

/// Returns the document that a stored one is to become, where it is another.
pub(super) fn new_document(change: &TableChange, stored: &str) -> Result<Option<String>, String> {
    if change.is_reshaped {
        with_defaults(&change.entry, stored)
    } else {
        Ok(None)
    }
}

/// Tells whether no document has been seen under these values yet, and notes that one has.
fn is_first_seen<S: Store>(
    store: &S,
    change: &TableChange,
    index: &IndexSpec,
    values: &[KeyPart],
) -> Result<bool, StoreError> {
    let Some(parts) = distinct_parts(plan_of(change, index), values) else {
        return Ok(true);
    };
    let mut key = KeyBytes::new();
    parts.into_iter().for_each(|part| key.push(part));
    let rows = store.query(
        "INSERT INTO _zeroback_seen_keys (index_name, key) VALUES (?, ?)
         ON CONFLICT DO NOTHING RETURNING 1",
        &[
            SqlParam::Text(&format!("{}.{}", change.plan.name, index.name)),
            SqlParam::Blob(key.as_bytes()),
        ],
    )?;
    Ok(!rows.is_empty())
}

/// Tells whether no other document stands under these values in an index that is there.
fn is_free<S: Store>(
    store: &S,
    change: &TableChange,
    index: &IndexSpec,
    values: &[KeyPart],
    id: &str,
) -> Result<bool, StoreError> {
    let plan = plan_of(change, index);
    let Some(parts) = distinct_parts(plan, values) else {
        return Ok(true);
    };
    let conditions: Vec<_> = plan
        .columns
        .iter()
        .map(|place| format!("{} = ?", change.plan.columns[*place].sql_name()))
        .collect();
    let sql = format!(
        "SELECT _id FROM \"{}\" WHERE {} AND _id <> ?",
        change.plan.name,
        conditions.join(" AND ")
    );
    let params: Vec<_> = parts
        .into_iter()
        .map(SqlParam::from)
        .chain([SqlParam::Text(id)])
        .collect();
    Ok(store.query(&sql, &params)?.is_empty())
}

fn plan_of<'c>(change: &'c TableChange, index: &IndexSpec) -> &'c IndexPlan {
    let (_, plan) = change
        .plan
        .index(&index.name)
        .expect("the plan has the indexes of its table");
    plan
}

/// Returns the values of an index's columns, unless one of them is null: nulls are distinct.
fn distinct_parts<'v>(index: &IndexPlan, values: &'v [KeyPart]) -> Option<Vec<&'v KeyPart>> {
    let parts = index.columns.iter().map(|place| &values[*place]);
    parts
        .map(|part| (*part != KeyPart::Null).then_some(part))
        .collect()
}
