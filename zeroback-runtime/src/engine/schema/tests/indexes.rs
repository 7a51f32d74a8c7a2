//! Indexes of all three kinds come, change and go.

use super::*;

const DOCUMENTS: &[(&str, &str)] = &[
    ("a", r#"{"text":"Crème brûlée","rank":7}"#),
    ("b", r#"{"text":"x","title":"A title, a title"}"#),
    ("c", r#"{"text":"z"}"#),
];

const fn by(columns: &'static [&'static str], unique: bool) -> IndexDef {
    IndexDef {
        name: "by",
        columns,
        unique,
    }
}

const fn indexed(indexes: &'static [IndexDef]) -> TableDef {
    TableDef {
        columns: &[TEXT, RANK],
        indexes,
        ..NOTES
    }
}

const PLAIN: TableDef = indexed(&[by(&["rank", "text"], false)]);
const UNIQUE: TableDef = indexed(&[by(&["text"], true)]);
const UNIQUE_NULLABLE: TableDef = indexed(&[by(&["text", "rank"], true)]);

#[test]
fn a_plain_index_ends_in_the_id() {
    check(
        &app(NOTES),
        DOCUMENTS,
        &app(PLAIN),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7} f_0='Crème brûlée' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"} f_0='x' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
        CREATE INDEX "notes.by" ON "notes" (f_1, f_0, _id)
    "#]],
    );
}

#[test]
fn a_unique_index_has_its_columns_alone() {
    check(
        &app(NOTES),
        DOCUMENTS,
        &app(UNIQUE),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7} f_0='Crème brûlée' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"} f_0='x' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
        CREATE UNIQUE INDEX "notes.by" ON "notes" (f_0)
    "#]],
    );
}

#[test]
fn a_unique_index_with_nulls_is_read_by_another_one() {
    check(
        &app(NOTES),
        DOCUMENTS,
        &app(UNIQUE_NULLABLE),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7} f_0='Crème brûlée' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"} f_0='x' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
        CREATE UNIQUE INDEX "notes.by" ON "notes" (f_0, f_1)
        CREATE INDEX "notes.by.read" ON "notes" (f_0, f_1, _id)
    "#]],
    );
}

#[test]
fn an_index_that_has_become_another_is_made_again() {
    check(
        &app(UNIQUE_NULLABLE),
        DOCUMENTS,
        &app(PLAIN),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7} f_0='Crème brûlée' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"} f_0='x' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
        CREATE INDEX "notes.by" ON "notes" (f_1, f_0, _id)
    "#]],
    );
    check(
        &app(PLAIN),
        DOCUMENTS,
        &app(UNIQUE),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7} f_0='Crème brûlée' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"} f_0='x' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
        CREATE UNIQUE INDEX "notes.by" ON "notes" (f_0)
    "#]],
    );
}

#[test]
fn an_index_that_is_gone_is_dropped() {
    check(
        &app(UNIQUE_NULLABLE),
        DOCUMENTS,
        &app(NOTES),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7} f_0='Crème brûlée' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"} f_0='x' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
    "#]],
    );
}

#[test]
fn a_search_index_is_made_of_the_documents_that_exist() {
    check(
        &app(NOTES),
        DOCUMENTS,
        &app(SEARCHED),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7}
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"}
          3 {"_id":"notes_c","_creationTime":1,"text":"z"}
        notes.search_text.search
          1 c0: creme brulee
          2 c0: x
          2 c1: a title a title
          3 c0: z
    "#]],
    );
}

#[test]
fn a_search_index_over_other_fields_is_made_again() {
    const OTHER: TableDef = TableDef {
        searches: &[SearchDef {
            name: "search_text",
            fields: &["title"],
            filters: &[],
        }],
        ..NOTES
    };
    check(
        &app(SEARCHED),
        DOCUMENTS,
        &app(OTHER),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7}
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"}
          3 {"_id":"notes_c","_creationTime":1,"text":"z"}
        notes.search_text.search
          2 c0: a title a title
    "#]],
    );
}

#[test]
fn a_search_index_that_is_gone_is_dropped() {
    check(
        &app(SEARCHED),
        DOCUMENTS,
        &app(NOTES),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"Crème brûlée","rank":7}
          2 {"_id":"notes_b","_creationTime":1,"text":"x","title":"A title, a title"}
          3 {"_id":"notes_c","_creationTime":1,"text":"z"}
    "#]],
    );
}
