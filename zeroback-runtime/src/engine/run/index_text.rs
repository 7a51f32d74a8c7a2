//! Keeping search indexes right as documents come, change and go.

use zeroback_protocol::ErrorCode;

use super::Run;
use super::plan::VALUE_BYTES_MAX;
use crate::engine::catalog::{SearchPlan, TablePlan};
use crate::engine::document::Fields;
use crate::engine::read_set::searched_tokens;
use crate::engine::store::{SqlParam, Store};
use crate::{Error, Result};

impl<S: Store> Run<S> {
    pub(super) fn insert_into_searches(
        &self,
        plan: &TablePlan,
        id: &str,
        document: &str,
    ) -> Result<()> {
        for (search, texts) in texts_of(plan, document)? {
            self.write_texts(&search.insert_sql, &texts, id)?;
        }
        Ok(())
    }

    pub(super) fn update_searches(
        &self,
        plan: &TablePlan,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<()> {
        let old = texts_of(plan, old)?;
        for ((search, new), (_, old)) in texts_of(plan, new)?.into_iter().zip(old) {
            if new != old {
                self.write_texts(&search.update_sql, &new, id)?;
            }
        }
        Ok(())
    }

    /// Comes before the row is deleted, which knows the number that the search indexes have for it.
    pub(super) fn delete_from_searches(&self, plan: &TablePlan, id: &str) -> Result<()> {
        for search in plan.searches() {
            self.ask(|store| store.execute(&search.delete_sql, &[SqlParam::Text(id)]))?;
        }
        Ok(())
    }

    fn write_texts(&self, sql: &str, texts: &[String], id: &str) -> Result<()> {
        if texts.iter().any(|text| text.len() > VALUE_BYTES_MAX) {
            let text = format!("a searched text may have at most {VALUE_BYTES_MAX} bytes of words");
            return Err(Error::new(ErrorCode::DOCUMENT_TOO_LARGE, text));
        }
        let texts = texts.iter().map(|text| SqlParam::Text(text));
        let params: Vec<_> = texts.chain([SqlParam::Text(id)]).collect();
        self.ask(|store| store.execute(sql, &params))
    }
}

/// Returns each search index with the tokens of its fields, joined by blanks.
fn texts_of<'p>(plan: &'p TablePlan, document: &str) -> Result<Vec<(&'p SearchPlan, Vec<String>)>> {
    if plan.searches().is_empty() {
        return Ok(Vec::new());
    }
    let fields = Fields::parse(document)?;
    let text = |field: &&str| Ok(searched_tokens(&fields, field)?.join(" "));
    plan.searches()
        .iter()
        .map(|search| {
            let texts: Result<_> = search.fields.iter().map(text).collect();
            Ok((search, texts?))
        })
        .collect()
}
