//! Reads a table's documents in the order of their ids, some at a time.

use crate::engine::store::{SqlParam, Store, StoreError};

/// How many documents are read at once at most.
const PAGE_ROWS_MAX: usize = 256;

/// How many are read first, while nothing is known of their size.
const PAGE_ROWS_FIRST: usize = 16;

/// About how many bytes are read at once.
const PAGE_BYTES: usize = 1 << 20;

/// Hands out up to `rows_max` documents behind `after` with their ids. No statement is open
/// meanwhile. Returns the last id where there may be more.
pub(super) fn read_documents<S: Store>(
    store: &S,
    table: &str,
    after: &str,
    rows_max: usize,
    mut visit: impl FnMut(&str, &str) -> Result<(), StoreError>,
) -> Result<Option<String>, StoreError> {
    let sql = format!("SELECT _id, doc FROM \"{table}\" WHERE _id > ? ORDER BY _id LIMIT ?");
    let mut after = after.to_owned();
    let mut rows_left = rows_max;
    let mut page_rows = PAGE_ROWS_FIRST;
    while rows_left > 0 {
        let limit = page_rows.min(rows_left);
        let rows = store.query(
            &sql,
            &[
                SqlParam::Text(&after),
                SqlParam::Integer(i64::try_from(limit).unwrap_or(i64::MAX)),
            ],
        )?;
        let mut bytes = 1;
        for row in &rows {
            let (Some(id), Some(document)) = (row[0].as_text(), row[1].as_text()) else {
                return Err(StoreError::new(format!("a row of \"{table}\" is damaged")));
            };
            visit(id, document)?;
            bytes += document.len();
        }
        if rows.len() < limit {
            return Ok(None);
        }
        if let Some(last) = rows.last().and_then(|row| row[0].as_text()) {
            last.clone_into(&mut after);
        }
        rows_left -= rows.len();
        page_rows = (PAGE_BYTES * rows.len() / bytes).clamp(1, PAGE_ROWS_MAX);
    }
    Ok(Some(after))
}

/// Counts the documents of a table, up to a limit.
pub(super) fn count_up_to<S: Store>(
    store: &S,
    table: &str,
    limit: usize,
) -> Result<usize, StoreError> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM \"{table}\" LIMIT ?)");
    let limit = SqlParam::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = store.query(&sql, &[limit])?;
    let count = rows.first().and_then(|row| row[0].as_integer());
    let count = count.and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| StoreError::new(format!("\"{table}\" cannot be counted")))
}
