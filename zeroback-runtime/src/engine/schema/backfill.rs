//! Fills typed columns from the documents that exist.

use super::change::TableChange;
use crate::engine::store::{SqlParam, Store, StoreError};

/// How many documents are read at a time.
const ROWS_READ: i64 = 16;

/// Fills all typed columns of a table.
pub(super) fn fill<S: Store>(store: &S, change: &TableChange<'_>) -> Result<(), StoreError> {
    let table = change.plan.name;
    let select =
        format!("SELECT _id, doc FROM \"{table}\" WHERE _id > ? ORDER BY _id LIMIT {ROWS_READ}");
    let sets: Vec<_> = change
        .plan
        .columns
        .iter()
        .map(|column| format!("{} = ?", column.sql_name()))
        .collect();
    let update = format!("UPDATE \"{table}\" SET {} WHERE _id = ?", sets.join(", "));
    let mut after = String::new();
    loop {
        let rows = store.query(&select, &[SqlParam::Text(&after)])?;
        for row in &rows {
            let (Some(id), Some(document)) = (row[0].as_text(), row[1].as_text()) else {
                return Err(StoreError::new(format!("a row of \"{table}\" is damaged")));
            };
            let values = change.plan.column_values(document).map_err(|error| {
                let why = match error.cause() {
                    Some(cause) => cause.to_string(),
                    None => error.to_string(),
                };
                StoreError::new(format!(
                    "document {id} in table \"{table}\" cannot be indexed: {why}; give the new form of the field another name, or correct the documents first",
                ))
            })?;
            let params: Vec<_> = values
                .iter()
                .map(SqlParam::from)
                .chain([SqlParam::Text(id)])
                .collect();
            store.execute(&update, &params)?;
        }
        match rows.last().and_then(|row| row[0].as_text()) {
            Some(last) => last.clone_into(&mut after),
            None => return Ok(()),
        }
    }
}
