//! The baseline of reads and writes: what an author would write with rusqlite alone, to the same
//! end: typed rows out of an index, as JSON.

use anyhow::Result;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xtask_bench::articles::{article, row_values, words};

use crate::process::Folder;

/// A database, which goes with this.
pub(crate) struct ByHand {
    pub(crate) connection: Connection,
    _data: Folder,
}

/// An article as an author would type it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Article {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_creationTime")]
    creation_time: i64,
    shelf: i64,
    rank: i64,
    title: String,
    text: String,
    is_open: bool,
}

#[derive(Serialize, Deserialize)]
struct Text {
    #[serde(rename = "_id")]
    id: String,
    words: String,
}

const CREATION_TIME: i64 = 1_795_000_000_000;

fn id(number: i64) -> String {
    format!("articles_{number:026}")
}

impl ByHand {
    pub(crate) fn open(name: &str) -> Result<Self> {
        let data = Folder::fresh(name)?;
        let connection = Connection::open(data.path().join("rows.sqlite"))?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
             CREATE TABLE articles (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, \
                 doc TEXT NOT NULL, shelf INTEGER NOT NULL, rank INTEGER NOT NULL);
             CREATE INDEX by_shelf ON articles (shelf, rank, id);
             CREATE TABLE plain (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL);
             CREATE TABLE indexed (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, \
                 doc TEXT NOT NULL, a INTEGER, b INTEGER, c TEXT, d INTEGER);
             CREATE INDEX by_a ON indexed (a, id); CREATE INDEX by_b ON indexed (b, id);
             CREATE INDEX by_c ON indexed (c, id); CREATE INDEX by_d ON indexed (d, a, id);
             CREATE TABLE texts (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL);
             CREATE VIRTUAL TABLE found USING fts5(words, content='', contentless_delete=1);",
        )?;
        Ok(Self {
            connection,
            _data: data,
        })
    }

    pub(crate) fn fill(&mut self, from: i64, count: i64) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO articles (id, doc, shelf, rank) VALUES (?, ?, ?, ?)",
            )?;
            for number in from..from + count {
                let made = article(number);
                let row = Article {
                    id: id(number),
                    creation_time: CREATION_TIME,
                    shelf: made.shelf,
                    rank: made.rank,
                    title: made.title,
                    text: made.text,
                    is_open: made.is_open,
                };
                let doc = serde_json::to_string(&row)?;
                insert.execute((&row.id, doc, row.shelf, row.rank))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn shelf(&self, shelf: i64) -> Result<String> {
        self.articles(
            "SELECT doc FROM articles WHERE shelf = ? ORDER BY rank, id LIMIT 50",
            (shelf,),
        )
    }

    pub(crate) fn open_on_shelf(&self, shelf: i64) -> Result<String> {
        self.articles(
            "SELECT doc FROM articles WHERE shelf = ? AND json_extract(doc, '$.isOpen') = 1 \
             ORDER BY rank, id",
            (shelf,),
        )
    }

    pub(crate) fn page(&self, number: i64) -> Result<String> {
        self.articles(
            "SELECT doc FROM articles WHERE (shelf, rank, id) > (?, ?, ?) \
             ORDER BY shelf, rank, id LIMIT 50",
            (number - 1, 49, id(number * 50 - 1)),
        )
    }

    fn articles(&self, sql: &str, params: impl rusqlite::Params) -> Result<String> {
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query(params)?;
        let mut articles = Vec::new();
        while let Some(row) = rows.next()? {
            let article: Article = serde_json::from_str(row.get_ref(0)?.as_str()?)?;
            articles.push(article);
        }
        Ok(serde_json::to_string(&articles)?)
    }

    pub(crate) fn add(&mut self, table: &str, from: i64, count: i64) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let is_plain = table == "plain";
            let sql = match is_plain {
                true => "INSERT INTO plain (id, doc) VALUES (?, ?)",
                false => "INSERT INTO indexed (id, doc, a, b, c, d) VALUES (?, ?, ?, ?, ?, ?)",
            };
            let mut insert = transaction.prepare_cached(sql)?;
            for a in from..from + count {
                let (b, c, d) = row_values(a);
                let id = id(a);
                let doc = format!(
                    r#"{{"_id":"{id}","_creationTime":{CREATION_TIME},"a":{a},"b":{b},"c":"{c}","d":{d}}}"#
                );
                match is_plain {
                    true => insert.execute((id, doc))?,
                    false => insert.execute((id, doc, a, b, c, d))?,
                };
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn write_texts(&mut self, from: i64, count: i64) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO texts (id, doc) VALUES (?, ?)")?;
            let mut index =
                transaction.prepare_cached("INSERT INTO found (rowid, words) VALUES (?, ?)")?;
            for number in from..from + count {
                let row = Text {
                    id: id(number),
                    words: words(number),
                };
                insert.execute((&row.id, serde_json::to_string(&row)?))?;
                index.execute((transaction.last_insert_rowid(), &row.words))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn find(&self, text: &str) -> Result<String> {
        let mut select = self.connection.prepare_cached(
            "SELECT doc FROM found JOIN texts ON texts.key = found.rowid WHERE found MATCH ? \
             ORDER BY found.rank LIMIT 10",
        )?;
        let mut rows = select.query((text,))?;
        let mut texts = Vec::new();
        while let Some(row) = rows.next()? {
            let text: Text = serde_json::from_str(row.get_ref(0)?.as_str()?)?;
            texts.push(text);
        }
        Ok(serde_json::to_string(&texts)?)
    }
}
