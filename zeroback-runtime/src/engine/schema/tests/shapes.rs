//! Documents meet another struct than they were written for.

use super::*;

const DOCUMENTS: &[(&str, &str)] = &[
    ("a", r#"{"text":"x","rank":7}"#),
    ("b", r#"{"text":"y","rank":null}"#),
    ("c", r#"{"text":"z"}"#),
];

/// Opens with another struct, and the same table or another one.
#[track_caller]
fn check_shape<T: crate::Value>(def: TableDef, expected: Expect) {
    let after = App::of(&[TableEntry::new::<T>(def)], &[]);
    check(&app(BY_TEXT), DOCUMENTS, &after, expected);
}

#[test]
fn a_new_optional_field_needs_nothing() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Optional {
        text: String,
        by: Option<String>,
    }
    check_shape::<Optional>(
        BY_TEXT,
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7} f_0='x'
          2 {"_id":"notes_b","_creationTime":1,"text":"y","rank":null} f_0='y'
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z'
        CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)
    "#]],
    );
}

#[test]
fn a_new_field_with_a_default_is_written_into_the_documents() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Defaulted {
        text: String,
        #[serde(default = "draft")]
        status: String,
        #[serde(default)]
        rank: Option<i32>,
    }
    fn draft() -> String {
        "draft".to_owned()
    }
    const DEF: TableDef = TableDef {
        columns: &[TEXT, STATUS],
        indexes: &[IndexDef {
            name: "by_status",
            columns: &["status"],
            unique: false,
        }],
        searches: &[SearchDef {
            name: "search",
            fields: &["status"],
            filters: &[],
        }],
        ..NOTES
    };
    check_shape::<Defaulted>(
        DEF,
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","status":"draft","rank":7} f_0='x' f_1='draft'
          2 {"_id":"notes_b","_creationTime":1,"text":"y","status":"draft","rank":null} f_0='y' f_1='draft'
          3 {"_id":"notes_c","_creationTime":1,"text":"z","status":"draft"} f_0='z' f_1='draft'
        CREATE INDEX "notes.by_status" ON "notes" (f_1, _id)
        notes.search.search
          1 c0: draft
          2 c0: draft
          3 c0: draft
    "#]],
    );
}

const STATUS: ColumnDef = ColumnDef {
    field: "status",
    column_type: ColumnType::Text,
    nullable: false,
};

#[test]
fn defaults_of_nested_structs_are_written_too() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Place {
        city: String,
        #[serde(default = "country")]
        country: String,
    }
    fn country() -> String {
        "nz".to_owned()
    }
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Nested {
        home: Place,
        stops: Vec<Place>,
    }
    let documents = [(
        "a",
        r#"{"home":{"city":"x","zip":5},"stops":[{"city":"y"},{"city":"z","country":"fr"}]}"#,
    )];
    let before = App::of(&[TableEntry::new::<Anything>(NOTES)], &[]);
    let after = App::of(&[TableEntry::new::<Nested>(NOTES)], &[]);
    check(
        &before,
        &documents,
        &after,
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"home":{"city":"x","country":"nz","zip":5},"stops":[{"city":"y","country":"nz"},{"city":"z","country":"fr"}]}
    "#]],
    );
}

#[test]
fn an_optional_field_that_gets_a_default_moves_in_the_indexes_that_stay() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Ranked {
        text: String,
        #[serde(default = "three")]
        rank: i32,
        #[serde(default = "untitled")]
        title: String,
    }
    fn three() -> i32 {
        3
    }
    fn untitled() -> String {
        "Untitled".to_owned()
    }
    const DEF: TableDef = TableDef {
        columns: &[RANK],
        indexes: &[IndexDef {
            name: "by_rank",
            columns: &["rank"],
            unique: false,
        }],
        ..SEARCHED
    };
    let documents = [("a", r#"{"text":"x","rank":7}"#), ("b", r#"{"text":"y"}"#)];
    let store = left_by(&app(DEF), &[]);
    let engine = open(&store, &app(DEF));
    insert(&engine, &NOTES, &documents);
    for (_, search) in [engine
        .catalog
        .table(&NOTES)
        .unwrap()
        .1
        .search("search_text")
        .unwrap()]
    {
        for (id, text) in [("notes_a", "x"), ("notes_b", "y")] {
            let params = [SqlParam::Text(text), SqlParam::Text(""), SqlParam::Text(id)];
            store.execute(&search.insert_sql, &params).unwrap();
        }
    }
    open(&store, &App::of(&[TableEntry::new::<Ranked>(DEF)], &[]));
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7,"title":"Untitled"} f_0=7
          2 {"_id":"notes_b","_creationTime":1,"text":"y","rank":3,"title":"Untitled"} f_0=3
        CREATE INDEX "notes.by_rank" ON "notes" (f_0, _id)
        notes.search_text.search
          1 c0: x
          1 c1: untitled
          2 c0: y
          2 c1: untitled
    "#]]
    .assert_eq(&dump(&store));
}

#[test]
fn a_field_that_is_gone_stays_in_the_document() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Less {
        rank: Option<i32>,
    }
    check_shape::<Less>(
        NOTES,
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7} f_0='x'
          2 {"_id":"notes_b","_creationTime":1,"text":"y","rank":null} f_0='y'
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z'
    "#]],
    );
}

#[test]
fn a_new_required_field_is_refused() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    struct Required {
        text: String,
        written_by: String,
    }
    check_shape::<Required>(
        BY_TEXT,
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": writtenBy: is missing
            3 documents: notes_a, notes_b, notes_c

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn a_field_of_another_type_is_refused_without_a_word_of_what_it_holds() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Retyped {
        text: u32,
        rank: i32,
    }
    check_shape::<Retyped>(
        BY_TEXT,
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": text: expected u32, found string
            3 documents: notes_a, notes_b, notes_c

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn a_field_of_a_wider_type_fits() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Wider {
        text: String,
        rank: Option<f64>,
    }
    const DEF: TableDef = TableDef {
        columns: &[ColumnDef {
            column_type: ColumnType::Real,
            ..RANK
        }],
        indexes: &[IndexDef {
            name: "by_rank",
            columns: &["rank"],
            unique: false,
        }],
        ..NOTES
    };
    check_shape::<Wider>(
        DEF,
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7} f_0='x' f_1=7.0
          2 {"_id":"notes_b","_creationTime":1,"text":"y","rank":null} f_0='y' f_1=NULL
          3 {"_id":"notes_c","_creationTime":1,"text":"z"} f_0='z' f_1=NULL
        CREATE INDEX "notes.by_rank" ON "notes" (f_1, _id)
    "#]],
    );
}

#[test]
fn a_field_renamed_by_an_alias_is_refused() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Aliased {
        #[serde(alias = "text")]
        body: String,
    }
    check_shape::<Aliased>(
        NOTES,
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": with its defaults: duplicate field `body`
            3 documents: notes_a, notes_b, notes_c

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn a_set_of_structs_gets_its_defaults_only_where_that_changes_nothing_else() {
    use std::collections::BTreeSet;

    #[derive(Serialize, Deserialize, TS, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
    struct Tag {
        name: String,
        note: Option<String>,
    }
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Tagged {
        tags: BTreeSet<Tag>,
        #[serde(default)]
        count: u32,
    }
    let documents = [("a", r#"{"tags":[{"name":"b"},{"name":"a","note":"of a"}]}"#)];
    let before = App::of(&[TableEntry::new::<Anything>(NOTES)], &[]);
    let after = App::of(&[TableEntry::new::<Tagged>(NOTES)], &[]);
    check(
        &before,
        &documents,
        &after,
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"tags":[{"name":"b"},{"name":"a","note":"of a"}],"count":0}
    "#]],
    );
}

#[test]
fn two_documents_under_one_value_refuse_a_unique_index() {
    let documents = [
        ("a", r#"{"text":"x","rank":1}"#),
        ("b", r#"{"text":"x","rank":2}"#),
        ("c", r#"{"text":"y"}"#),
        ("d", r#"{"text":"y"}"#),
    ];
    const UNIQUE: TableDef = TableDef {
        columns: &[TEXT, RANK],
        indexes: &[IndexDef {
            name: "by_text",
            columns: &["text"],
            unique: true,
        }],
        ..NOTES
    };
    const NULLS: TableDef = TableDef {
        indexes: &[IndexDef {
            name: "by_both",
            columns: &["text", "rank"],
            unique: true,
        }],
        ..UNIQUE
    };
    check(
        &app(NOTES),
        &documents,
        &app(UNIQUE),
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": the unique index "by_text" has another document there
            2 documents: notes_b, notes_d

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
    check(
        &app(NOTES),
        &documents,
        &app(NULLS),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":1} f_0='x' f_1=1
          2 {"_id":"notes_b","_creationTime":1,"text":"x","rank":2} f_0='x' f_1=2
          3 {"_id":"notes_c","_creationTime":1,"text":"y"} f_0='y' f_1=NULL
          4 {"_id":"notes_d","_creationTime":1,"text":"y"} f_0='y' f_1=NULL
        CREATE UNIQUE INDEX "notes.by_both" ON "notes" (f_0, f_1)
        CREATE INDEX "notes.by_both.read" ON "notes" (f_0, f_1, _id)
    "#]],
    );
}

#[test]
fn a_default_that_is_no_longer_unique_refuses_the_schema() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Ranked {
        text: String,
        #[serde(default = "seven")]
        rank: i32,
    }
    fn seven() -> i32 {
        7
    }
    const NULLABLE: TableDef = TableDef {
        columns: &[RANK],
        indexes: &[IndexDef {
            name: "by_rank",
            columns: &["rank"],
            unique: true,
        }],
        ..NOTES
    };
    let documents = [
        ("a", r#"{"text":"x"}"#),
        ("b", r#"{"text":"y","rank":7}"#),
        ("c", r#"{"text":"z"}"#),
    ];
    let after = App::of(&[TableEntry::new::<Ranked>(NULLABLE)], &[]);
    check(
        &app(NULLABLE),
        &documents,
        &after,
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": the unique index "by_rank" has another document there
            2 documents: notes_a, notes_c

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
    const REQUIRED: TableDef = TableDef {
        columns: &[ColumnDef {
            nullable: false,
            ..RANK
        }],
        ..NULLABLE
    };
    let after = App::of(&[TableEntry::new::<Ranked>(REQUIRED)], &[]);
    check(
        &app(NULLABLE),
        &documents,
        &after,
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": the unique index "by_rank" has another document there
            2 documents: notes_b, notes_c

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn faults_of_all_tables_are_told_at_once() {
    #[derive(Serialize, Deserialize, TS, JsonSchema)]
    struct Required {
        text: String,
        by: String,
    }
    let both = |notes, users| App::of(&[notes, users], &[]);
    let before = both(
        TableEntry::new::<Note>(NOTES),
        TableEntry::new::<Note>(USERS),
    );
    let after = both(
        TableEntry::new::<Required>(NOTES),
        TableEntry::new::<Required>(USERS),
    );
    let store = left_by(&before, DOCUMENTS);
    insert(&open(&store, &before), &USERS, DOCUMENTS);
    let engine = open(&store, &after);
    expect![[r#"
        schema_conflict: the database does not fit the schema of this version: table "notes": by: is missing (3 documents, the first is notes_a); table "users": by: is missing (3 documents, the first is users_a)
    "#]].assert_eq(&format!("{}\n", engine.refusal().unwrap()));
    let back = open(&store, &before);
    assert_eq!(back.status(), Status::Ready, "the version before goes on");
}
