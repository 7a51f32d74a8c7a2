//! The results that are kept of one identity: read once, shown until the server says something, and written in
//! batches. Bounded by age and by size; what was used least lately goes first.

use serde::{Deserialize, Serialize};
use zeroback_protocol::{RawJson, Tag};

use super::OfflineConfig;
use super::keys::{key_in, name_in, prefix_of};
use super::storing::Change;
use crate::engine::QueryKey;
use crate::engine::sorted::{SortedMap, SortedSet};

/// That a result is used is noted again after so long.
const TOUCH_AFTER_MS: u64 = 3_600_000;

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Entry {
    tag: String,
    /// The JSON of the wire.
    value: String,
    /// When it was used last, in Unix milliseconds.
    at: u64,
}

struct Kept {
    tag: Tag,
    /// Nothing while the newest is elsewhere, and was not gathered yet.
    json: Option<RawJson>,
    at_ms: u64,
    bytes: u64,
}

/// Order of calls: `load`; `get` and `put` whenever, and `gather` for what `put` has noted; `write`.
pub(crate) struct Cache {
    prefix: String,
    bytes_max: u64,
    kept: SortedMap<QueryKey, Kept>,
    unwritten: SortedSet<QueryKey>,
}

impl Cache {
    pub(crate) fn new(config: &OfflineConfig, identity: &str) -> Self {
        Self {
            prefix: prefix_of(&["cache", &config.url, &config.schema, identity]),
            bytes_max: config.cache_bytes_max,
            kept: SortedMap::default(),
            unwritten: SortedSet::default(),
        }
    }

    /// Takes in all that is kept of a deployment. Returns what goes: what is too old, too much or of another schema.
    pub(crate) fn load(
        &mut self,
        config: &OfflineConfig,
        now_ms: u64,
        entries: Vec<(String, String)>,
    ) -> Vec<Change> {
        let of_schema = prefix_of(&["cache", &config.url, &config.schema]);
        let oldest_ms = now_ms.saturating_sub(config.cache_age_ms);
        let mut entries = entries.into_iter();
        let mut found = Vec::new();
        let mut gone = Vec::new();
        for (name, text) in &mut entries {
            let entry = serde_json::from_str::<Entry>(&text).ok();
            let entry = entry.filter(|entry| name.starts_with(&of_schema) && entry.at > oldest_ms);
            match entry {
                Some(entry) => found.push((size_of(&name, &text), name, entry)),
                None => gone.push((name, None)),
            }
        }
        found.sort_by_key(|(_, _, entry)| std::cmp::Reverse(entry.at));
        let mut bytes = 0;
        for (size, name, entry) in found {
            bytes += size;
            if bytes > self.bytes_max {
                gone.push((name, None));
            } else if let Some(key) = name_in(&self.prefix, &name) {
                self.take_in(QueryKey::from_text(&key), entry, size);
            }
        }
        gone
    }

    /// Returns what is kept of a query, which is used now.
    pub(crate) fn get(&mut self, now_ms: u64, key: &QueryKey) -> Option<(Tag, RawJson)> {
        let kept = self.kept.get_mut(key)?;
        let found = (kept.tag, kept.json.clone()?);
        self.touch(now_ms, key);
        Some(found)
    }

    /// Takes in that the server has said this of a query.
    pub(crate) fn put(&mut self, now_ms: u64, key: &QueryKey, tag: Tag) {
        let before = self.kept.get(key);
        if before.is_some_and(|kept| kept.tag == tag) {
            return self.touch(now_ms, key);
        }
        let kept = Kept {
            tag,
            json: None,
            at_ms: now_ms,
            bytes: before.map_or(0, |kept| kept.bytes),
        };
        self.kept.insert(key.clone(), kept);
        self.unwritten.add(key.clone());
    }

    /// Has a query that failed, or whose result has no tag, begin with nothing next time.
    pub(crate) fn drop(&mut self, key: &QueryKey) {
        if self.kept.remove(key).is_some() {
            self.unwritten.add(key.clone());
        }
    }

    /// Tells whether there is something to be written.
    pub(crate) fn is_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Returns the queries of which the newest result is still to be gathered.
    pub(crate) fn ungathered(&self) -> Vec<QueryKey> {
        let is_elsewhere =
            |key: &&QueryKey| self.kept.get(key).is_some_and(|kept| kept.json.is_none());
        self.unwritten
            .keys()
            .filter(is_elsewhere)
            .cloned()
            .collect()
    }

    /// Takes in the newest result of a query; nothing where it is not known any more.
    pub(crate) fn gather(&mut self, key: &QueryKey, newest: Option<(Tag, RawJson)>) {
        let Some(kept) = self.kept.get_mut(key).filter(|kept| kept.json.is_none()) else {
            return;
        };
        match newest {
            Some((tag, json)) => (kept.tag, kept.json) = (tag, Some(json)),
            None => self.drop(key),
        }
    }

    /// Returns what is to be written, when all is gathered.
    pub(crate) fn write(&mut self) -> Vec<Change> {
        let unwritten = std::mem::take(&mut self.unwritten).into_keys();
        let mut changes: SortedMap<String, Option<String>> = SortedMap::default();
        for key in unwritten {
            let name = key_in(&self.prefix, key.as_str());
            let text = self.kept.get_mut(&key).and_then(|kept| {
                let text = kept.text()?;
                kept.bytes = size_of(&name, &text);
                Some(text)
            });
            changes.insert(name, text);
        }
        for key in self.too_much() {
            self.kept.remove(&key);
            changes.insert(key_in(&self.prefix, key.as_str()), None);
        }
        changes.into_entries().collect()
    }

    fn take_in(&mut self, key: QueryKey, entry: Entry, bytes: u64) {
        let tag = Tag::from_text(&entry.tag);
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&entry.value).is_ok();
        // What the server has said meanwhile is newer.
        if let Some(tag) = tag.filter(|_| is_json && !self.kept.contains_key(&key)) {
            let json = Some(RawJson::from_encoded(entry.value));
            let at_ms = entry.at;
            self.kept.insert(
                key,
                Kept {
                    tag,
                    json,
                    at_ms,
                    bytes,
                },
            );
        }
    }

    fn touch(&mut self, now_ms: u64, key: &QueryKey) {
        let kept = self.kept.get_mut(key).expect("it is kept");
        if now_ms.saturating_sub(kept.at_ms) >= TOUCH_AFTER_MS {
            kept.at_ms = now_ms;
            self.unwritten.add(key.clone());
        }
    }

    /// Returns what has to go.
    fn too_much(&self) -> Vec<QueryKey> {
        let mut all: Vec<_> = self.kept.iter().collect();
        all.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.at_ms));
        let mut bytes = 0;
        let is_too_much = all.into_iter().filter(|(_, kept)| {
            bytes += kept.bytes;
            bytes > self.bytes_max
        });
        is_too_much.map(|(key, _)| key.clone()).collect()
    }
}

impl Kept {
    fn text(&self) -> Option<String> {
        let entry = Entry {
            tag: self.tag.to_text(),
            value: self.json.as_ref()?.as_str().to_owned(),
            at: self.at_ms,
        };
        serde_json::to_string(&entry).ok()
    }
}

/// Browsers keep texts in two bytes a character.
fn size_of(key: &str, text: &str) -> u64 {
    2 * (key.encode_utf16().count() + text.encode_utf16().count()) as u64
}
