//! A search index: an FTS5 table that holds tokens and no text, by the numbers of the rows.

use crate::SearchDef;

/// One search index and its statements.
#[derive(Debug)]
pub(in crate::engine) struct SearchPlan {
    pub(in crate::engine) name: &'static str,
    /// Outside names of the searched fields.
    pub(in crate::engine) fields: &'static [&'static str],
    /// The FTS5 table, in quotes.
    pub(in crate::engine) sql_name: String,
    /// Takes each field's tokens, then the document's id.
    pub(in crate::engine) insert_sql: String,
    /// Takes each field's tokens, then the document's id.
    pub(in crate::engine) update_sql: String,
    /// Takes the document's id.
    pub(in crate::engine) delete_sql: String,
}

impl SearchPlan {
    pub(in crate::engine) fn new(table: &str, def: &SearchDef) -> Self {
        let sql_name = format!("\"{table}.{}.search\"", def.name);
        let columns: Vec<_> = (0..def.fields.len()).map(|at| format!("c{at}")).collect();
        let marks = vec!["?"; columns.len()].join(", ");
        let names = columns.join(", ");
        let sets = columns.join(" = ?, ");
        let key = format!("SELECT _key FROM \"{table}\" WHERE _id = ?");
        Self {
            name: def.name,
            fields: def.fields,
            insert_sql: format!(
                "INSERT INTO {sql_name} ({names}, rowid) VALUES ({marks}, ({key}))"
            ),
            update_sql: format!("UPDATE {sql_name} SET {sets} = ? WHERE rowid = ({key})"),
            delete_sql: format!("DELETE FROM {sql_name} WHERE rowid = ({key})"),
            sql_name,
        }
    }
}
