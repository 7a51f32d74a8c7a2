//! Writes what is new into the documents that exist: their defaults, and their typed columns.

use super::change::TableChange;
use super::check::new_document;
use super::documents::read_documents;
use super::indexes::update_searches;
use crate::engine::store::{SqlParam, Store, StoreError};

/// Fills up to `rows_max` documents behind `after`, which have been checked. Returns the last id
/// where there may be more.
pub(super) fn fill<S: Store>(
    store: &S,
    change: &TableChange,
    after: &str,
    rows_max: usize,
) -> Result<Option<String>, StoreError> {
    let table = change.plan.name;
    read_documents(store, table, after, rows_max, |id, stored| {
        let unfit = |why: String| StoreError::new(format!("document {id} of \"{table}\": {why}"));
        let new = new_document(change, stored).map_err(unfit)?;
        if new.is_none() && change.fills.is_empty() {
            return Ok(());
        }
        let document = new.as_deref().unwrap_or(stored);
        let values = change
            .plan
            .column_values(document)
            .map_err(|error| unfit(error.to_string()))?;
        let params: Vec<_> = std::iter::once(SqlParam::Text(document))
            .chain(values.iter().map(SqlParam::from))
            .chain([SqlParam::Text(id)])
            .collect();
        store.execute(&change.plan.update_sql, &params)?;
        match new {
            Some(new) => update_searches(store, change, id, &new),
            None => Ok(()),
        }
    })
}
