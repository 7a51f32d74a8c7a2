//! Authors' own changes: once, in order, all or none.

use serde_json::json;

use super::*;
use crate::registry::MigrationEntry;
use crate::{Error, MigrationCtx, Result};

const DOCUMENTS: &[(&str, &str)] = &[("a", r#"{"text":"x","rank":7}"#), ("b", r#"{"text":"y"}"#)];

const fn migration(path: &'static str, run: fn(&MigrationCtx) -> Result<()>) -> MigrationEntry {
    MigrationEntry::new(path, "test", "tests.rs", 1, run)
}

/// Makes an app whose table `notes` has documents of this type.
fn with<T: crate::Value>(def: TableDef, migrations: &[MigrationEntry]) -> App {
    App::of(&[TableEntry::new::<T>(def)], migrations)
}

/// What a note has become.
#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Page {
    body: String,
    rank: u32,
}

const BODY: ColumnDef = ColumnDef {
    field: "body",
    column_type: ColumnType::Text,
    nullable: false,
};

const PAGES: TableDef = TableDef {
    columns: &[BODY],
    indexes: &[IndexDef {
        name: "by_body",
        columns: &["body"],
        unique: true,
    }],
    searches: &[SearchDef {
        name: "search",
        fields: &["body"],
        filters: &[],
    }],
    ..NOTES
};

const TO_PAGES: MigrationEntry = migration("notes:to_pages", |ctx| {
    let changed = ctx.table("notes")?.update_each(|note| {
        note.rename("text", "body");
        let rank: Option<u32> = note.get("rank")?;
        note.set("rank", rank.unwrap_or_default())
    })?;
    assert_eq!(changed, 2);
    Ok(())
});

#[test]
fn documents_are_brought_in_line_before_they_are_checked() {
    check(
        &app(BY_TEXT),
        DOCUMENTS,
        &with::<Page>(PAGES, &[TO_PAGES]),
        expect![[r#"
            notes
              1 {"_id":"notes_a","_creationTime":1,"rank":7,"body":"x"} f_0='x' f_1='x'
              2 {"_id":"notes_b","_creationTime":1,"body":"y","rank":0} f_0='y' f_1='y'
            CREATE UNIQUE INDEX "notes.by_body" ON "notes" (f_1)
            notes.search.search
              1 c0: x
              2 c0: y
        "#]],
    );
}

#[test]
fn migrations_run_once_and_in_the_order_of_their_paths() {
    const SET: fn(&MigrationCtx, &str) -> Result<()> = |ctx, text| {
        ctx.table("notes")?.update_each(|note| {
            let was: String = note.get("text")?;
            note.set("text", was + text)
        })?;
        Ok(())
    };
    const FIRST: MigrationEntry = migration("a:first", |ctx| SET(ctx, " first"));
    const SECOND: MigrationEntry = migration("b:second", |ctx| SET(ctx, " second"));
    const THIRD: MigrationEntry = migration("a:third", |ctx| SET(ctx, " third"));
    let store = left_by(&app(BY_TEXT), DOCUMENTS);
    for migrations in [
        &[SECOND, FIRST][..],
        &[FIRST, SECOND],
        &[THIRD],
        &[THIRD, FIRST],
    ] {
        let engine = open(&store, &with::<Note>(BY_TEXT, migrations));
        assert_eq!(engine.status(), Status::Ready);
    }
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x first second third","rank":7} f_0='x first second third'
          2 {"_id":"notes_b","_creationTime":1,"text":"y first second third"} f_0='y first second third'
        CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)
    "#]].assert_eq(&dump(&store));
}

#[test]
fn a_fresh_database_needs_none() {
    const FAILS: MigrationEntry = migration("a:fails", |_| Err(Error::invalid("it ran")));
    let store = TestStore::new();
    let app = with::<Note>(NOTES, &[FAILS]);
    assert_eq!(open(&store, &app).status(), Status::Ready);
    insert(&open(&store, &app), &NOTES, DOCUMENTS);
    assert_eq!(open(&store, &app).status(), Status::Ready);
}

#[test]
fn one_that_fails_undoes_them_all_and_is_named() {
    const DELETES: MigrationEntry = migration("a:deletes", |ctx| {
        ctx.table("notes")?.delete_where(|_| true)?;
        Ok(())
    });
    const FAILS: MigrationEntry = migration("b:fails", |ctx| {
        ctx.table("notes")?.for_each(|_| unreachable!())?;
        ctx.table("nothing")?;
        Ok(())
    });
    const PANICS: MigrationEntry = migration("b:panics", |_| panic!("planted"));
    let before = app(BY_TEXT);
    check(
        &before,
        DOCUMENTS,
        &with::<Note>(BY_TEXT, &[DELETES, FAILS]),
        expect![[r#"
        the migration "b:fails" failed, and the database is as it was before

          the database has no table "nothing"
    "#]],
    );
    check(
        &before,
        DOCUMENTS,
        &with::<Note>(BY_TEXT, &[DELETES, PANICS]),
        expect![[r#"
        the migration "b:panics" failed, and the database is as it was before

          the function panicked: planted
    "#]],
    );
}

#[test]
fn documents_that_still_do_not_fit_undo_the_migration() {
    const HALF: MigrationEntry = migration("a:half", |ctx| {
        ctx.table("notes")?.update_each(|note| {
            note.rename("text", "body");
            Ok(())
        })?;
        Ok(())
    });
    check(
        &app(BY_TEXT),
        DOCUMENTS,
        &with::<Page>(PAGES, &[HALF]),
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": rank: is missing
            1 document: notes_b

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn a_table_whose_struct_has_not_changed_is_checked_behind_a_migration() {
    const BREAKS: MigrationEntry = migration("a:breaks", |ctx| {
        ctx.table("notes")?
            .update_each(|note| note.set("text", 5))?;
        Ok(())
    });
    check(
        &app(BY_TEXT),
        DOCUMENTS,
        &with::<Note>(BY_TEXT, &[BREAKS]),
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": text: expected a string, found integer
            2 documents: notes_a, notes_b

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn a_unique_index_that_stays_holds_behind_a_migration() {
    const SWAPS: MigrationEntry = migration("a:swaps", |ctx| {
        ctx.table("notes")?.update_each(|note| {
            let other = if note.get::<String>("text")? == "x" {
                "y"
            } else {
                "x"
            };
            note.set("text", other)
        })?;
        Ok(())
    });
    const EQUALS: MigrationEntry = migration("a:equals", |ctx| {
        ctx.table("notes")?
            .update_each(|note| note.set("text", "same"))?;
        Ok(())
    });
    const UNIQUE: TableDef = TableDef {
        indexes: &[IndexDef {
            name: "by_text",
            columns: &["text"],
            unique: true,
        }],
        ..BY_TEXT
    };
    check(
        &app(UNIQUE),
        DOCUMENTS,
        &with::<Note>(UNIQUE, &[SWAPS]),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"y","rank":7} f_0='y'
          2 {"_id":"notes_b","_creationTime":1,"text":"x"} f_0='x'
        CREATE UNIQUE INDEX "notes.by_text" ON "notes" (f_0)
    "#]],
    );
    check(
        &app(UNIQUE),
        DOCUMENTS,
        &with::<Note>(UNIQUE, &[EQUALS]),
        expect![[r#"
        the database does not fit the schema of this version

          table "notes": the unique index "by_text" has another document there
            1 document: notes_b

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]],
    );
}

#[test]
fn rows_move_from_a_table_that_is_gone_to_one_that_is_new() {
    const MOVES: MigrationEntry = migration("a:moves", |ctx| {
        assert_eq!(ctx.now(), Timestamp::from_unix_ms(1_000));
        assert_eq!(ctx.tables()?, ["notes", "users"]);
        let (notes, users) = (ctx.table("notes")?, ctx.table("users")?);
        notes.for_each(|note| {
            users.insert_with(|user| {
                user.set("text", note.get::<String>("text")?)?;
                user.set("title", note.id())
            })?;
            Ok(())
        })?;
        assert_eq!((users.count()?, notes.count()?), (2, 2));
        assert!(notes.get("notes_a")?.is_some() && notes.delete("notes_a")?);
        assert!(notes.get("notes_a")?.is_none() && !notes.delete("notes_a")?);
        Ok(())
    });
    let users = TableDef {
        name: "users",
        ..BY_TEXT
    };
    let after = App::of(&[TableEntry::new::<Note>(users)], &[MOVES]);
    let store = left_by(&app(BY_TEXT), DOCUMENTS);
    let engine = open(&store, &after);
    let masked = dump(&store);
    let ids: Vec<_> = masked
        .match_indices("\"users_")
        .map(|(at, _)| &masked[at + 1..at + 33])
        .collect();
    assert!(ids.is_sorted() && ids.len() == 2, "{ids:?}");
    let last = engine.ids.borrow().last().to_text("users");
    assert_eq!(ids[1], last, "ids go on behind those that migrations gave");
    let masked = masked.replace(ids[0], "users_1").replace(ids[1], "users_2");
    expect![[r#"
        notes
          2 {"_id":"notes_b","_creationTime":1,"text":"y"} f_0='y'
        users
          1 {"_id":"users_1","_creationTime":1000,"text":"x","title":"notes_a"} f_0='x'
          2 {"_id":"users_2","_creationTime":1000,"text":"y","title":"notes_b"} f_0='y'
        CREATE INDEX "users.by_text" ON "users" (f_0, _id)
    "#]]
    .assert_eq(&masked);
}

#[test]
fn what_cannot_be_stored_fails_the_migration() {
    const RESERVED: MigrationEntry = migration("a:reserved", |ctx| {
        let fields = json!({ "$x": 1 });
        ctx.table("notes")?
            .insert(fields.as_object().cloned().unwrap_or_default())?;
        Ok(())
    });
    const LARGE: MigrationEntry = migration("a:large", |ctx| {
        ctx.table("notes")?
            .update_each(|note| note.set("text", "x".repeat(2 << 20)))?;
        Ok(())
    });
    check(
        &app(BY_TEXT),
        DOCUMENTS,
        &with::<Note>(BY_TEXT, &[RESERVED]),
        expect![[r#"
        the migration "a:reserved" failed, and the database is as it was before

          a field's name must not begin with `_` or `$`: "$x"
    "#]],
    );
    check(
        &app(BY_TEXT),
        DOCUMENTS,
        &with::<Note>(BY_TEXT, &[LARGE]),
        expect![[r#"
        the migration "a:large" failed, and the database is as it was before

          the document has 2097206 bytes; it may have at most 1048576
    "#]],
    );
}

#[test]
fn a_closure_that_inserts_into_its_own_table_comes_to_an_end() {
    const DOUBLES: MigrationEntry = migration("a:doubles", |ctx| {
        let notes = ctx.table("notes")?;
        notes.for_each(|note| notes.insert(note.fields().clone()).map(drop))?;
        assert_eq!(notes.count()?, 80);
        Ok(())
    });
    let names: Vec<_> = (10..50).map(|at| at.to_string()).collect();
    let notes: Vec<_> = names
        .iter()
        .map(|name| (&**name, r#"{"text":"x"}"#))
        .collect();
    let store = left_by(&app(NOTES), &notes);
    let engine = open(&store, &with::<Note>(NOTES, &[DOUBLES]));
    assert_eq!(engine.status(), Status::Ready);
}

#[test]
fn two_migrations_of_one_path_are_an_error_of_the_app() {
    let fault = with::<Note>(NOTES, &[TO_PAGES, TO_PAGES])
        .check()
        .unwrap_err();
    expect![[r#"the app cannot be served: two migrations have the path "notes:to_pages": one in crate `test` (tests.rs:1), one in crate `test` (tests.rs:1)"#]].assert_eq(&fault.to_string());
}
