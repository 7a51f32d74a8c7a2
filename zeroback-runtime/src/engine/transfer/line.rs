//! One line of an archive: a document that is right in every respect, or why it is not.

use serde_json::from_str;
use zeroback_protocol::{RawId, Timestamp};

use super::compact::{check_limits, compact};
use crate::Error;
use crate::engine::catalog::TablePlan;
use crate::engine::config::WorkLimits;
use crate::engine::document::Fields;
use crate::engine::read_set::searched_tokens;
use crate::engine::run::guarded;
use crate::engine::schema::with_defaults;
use crate::key::KeyPart;
use crate::registry::TableEntry;

/// Ids that are to come would push all later ids before them. So much the clocks of two machines
/// may differ.
const AHEAD_MS_MAX: i64 = 24 * 60 * 60 * 1_000;

/// What a line is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'r> {
    pub(super) entry: &'r TableEntry,
    pub(super) plan: &'r TablePlan,
    pub(super) limits: &'r WorkLimits,
    /// Whether the archive is an export, in which every line has an id.
    pub(super) is_export: bool,
    pub(super) now: Timestamp,
}

/// A document that may be stored.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) id: RawId,
    pub(super) creation_time: Timestamp,
    pub(super) json: String,
    /// Of the typed columns.
    pub(super) values: Vec<KeyPart>,
    /// JSON: for each search index, for each of its fields, the tokens with blanks between them.
    pub(super) tokens: String,
}

impl Rules<'_> {
    /// Makes a document of a line. One without an id is given one, where that may be.
    pub(super) fn check(
        &self,
        line: &str,
        next_id: impl FnOnce() -> (RawId, Timestamp),
    ) -> Result<Document, String> {
        let mut fields = parse(line)?;
        let stated_id = fields.take("_id");
        let stated_time = fields.take("_creationTime");
        let (id, creation_time) = match stated_id {
            Some(id) => self.check_id(id, stated_time)?,
            None if self.is_export => return Err("`_id` is missing".to_owned()),
            None if stated_time.is_some() => {
                return Err("has a `_creationTime`, and no `_id` to go with it".to_owned());
            }
            None => next_id(),
        };
        if let Some((name, _)) = fields.iter().find(|(name, _)| name.starts_with('_')) {
            return Err(format!("`{name}`: fields may not begin with `_`"));
        }
        let json = self.write(line, id, creation_time)?;
        self.check_size(&json)?;
        let values = self.plan.column_values(&json).map_err(reason)?;
        let tokens = self.tokens(&json).map_err(reason)?;
        Ok(Document {
            id,
            creation_time,
            json,
            values,
            tokens,
        })
    }

    fn check_id(&self, id: &str, time: Option<&str>) -> Result<(RawId, Timestamp), String> {
        let table = self.plan.name;
        let id = from_str::<String>(id)
            .ok()
            .and_then(|text| RawId::from_text(&text, table))
            .ok_or_else(|| format!("`_id`: expected an id of table \"{table}\""))?;
        let unix_ms = id.creation_time().unix_ms();
        match time {
            None if self.is_export => return Err("`_creationTime` is missing".to_owned()),
            Some(time) if from_str::<i64>(time).ok() != Some(unix_ms) => {
                return Err(format!(
                    "`_creationTime`: expected {unix_ms}, which is the time in `_id`"
                ));
            }
            _ => {}
        }
        if unix_ms > self.now.unix_ms() + AHEAD_MS_MAX {
            return Err("`_id`: its time is more than a day ahead".to_owned());
        }
        Ok((id, Timestamp::from_unix_ms(unix_ms)))
    }

    /// Writes the document. That of an export stays as it is; what is absent gets its default, and
    /// a field that is gone from the code stays with its document.
    fn write(&self, line: &str, id: RawId, time: Timestamp) -> Result<String, String> {
        let line = compact(line);
        let fields = if self.is_export {
            self.complete(&line)?
        } else {
            self.tidy(&line)?
        };
        let id = id.to_text(self.plan.name);
        let separator = if fields == "{}" { "" } else { "," };
        let time = time.unix_ms();
        Ok(format!(
            "{{\"_id\":\"{id}\",\"_creationTime\":{time}{separator}{}",
            &fields[1..]
        ))
    }

    fn complete(&self, line: &str) -> Result<String, String> {
        let complete = guarded(|| {
            let text = with_defaults(self.entry, line).map_err(Error::invalid)?;
            Ok(text.unwrap_or_else(|| line.to_owned()))
        });
        let complete = complete.map_err(|told| self.normal(line).err().unwrap_or(reason(told)))?;
        fields_of(&complete)?.encode().map_err(reason)
    }

    /// Writes the fields that the table's type knows as it encodes them.
    fn tidy(&self, line: &str) -> Result<String, String> {
        let normal = self.normal(line)?;
        let mut fields = fields_of(line)?;
        fields.patch(parse(&normal)?);
        let tidy = fields.encode().map_err(reason)?;
        if self.normal(&tidy).as_ref() != Ok(&normal) {
            return Err("a field stands under an older name, which only reading knows".to_owned());
        }
        Ok(tidy)
    }

    /// Returns the fields as the table's type encodes them.
    fn normal(&self, document: &str) -> Result<String, String> {
        guarded(|| (self.entry.normalize)(document).map_err(Error::invalid)).map_err(reason)
    }

    fn check_size(&self, json: &str) -> Result<(), String> {
        let bytes_max = self.limits.document_bytes_max;
        if json.len() > bytes_max {
            return Err(format!("has over {bytes_max} bytes"));
        }
        check_limits(json, &self.limits.document())
    }

    fn tokens(&self, json: &str) -> crate::Result<String> {
        if self.plan.searches().is_empty() {
            return Ok(String::new());
        }
        let fields = Fields::parse(json)?;
        let searches = self.plan.searches().iter().map(|search| {
            let texts = search.fields.iter();
            texts
                .map(|field| Ok(searched_tokens(&fields, field)?.join(" ")))
                .collect::<crate::Result<Vec<_>>>()
        });
        let searches = searches.collect::<crate::Result<Vec<_>>>()?;
        Ok(zeroback_protocol::encode(&searches)?)
    }
}

fn parse(json: &str) -> Result<Fields<'_>, String> {
    if !json.trim_start().starts_with('{') {
        return Err("expected a JSON object".to_owned());
    }
    let fields: Fields<'_> = from_str(json).map_err(|error| {
        let text = error.to_string();
        format!("is not JSON: {}", text.replace("line 1 column", "column"))
    })?;
    match fields.repeated() {
        Some(name) => Err(format!("has the field `{name}` twice")),
        None => Ok(fields),
    }
}

/// Returns the fields of a line that are the author's.
fn fields_of(line: &str) -> Result<Fields<'_>, String> {
    let mut fields = parse(line)?;
    fields.take("_id");
    fields.take("_creationTime");
    Ok(fields)
}

/// Returns what there is to say of an error, to someone who may see everything.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn reason(error: Error) -> String {
    match error.cause() {
        Some(cause) => cause.to_string(),
        None => error.message().to_owned(),
    }
}
