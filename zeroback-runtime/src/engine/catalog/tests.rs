use super::*;
use crate::{ColumnDef, IndexDef};

const DEF: TableDef = TableDef {
    name: "users",
    columns: &[
        ColumnDef {
            field: "team",
            column_type: ColumnType::Text,
            nullable: false,
        },
        ColumnDef {
            field: "name",
            column_type: ColumnType::Text,
            nullable: true,
        },
    ],
    indexes: &[
        IndexDef {
            name: "by_name",
            columns: &["name"],
            unique: true,
        },
        IndexDef {
            name: "by_team",
            columns: &["team", "name"],
            unique: true,
        },
    ],
    searches: &[],
    crate_name: "app",
};

#[test]
fn a_violation_names_its_index_as_either_host_tells_it() {
    let columns = DEF
        .columns
        .iter()
        .zip([4, 2])
        .map(|(def, number)| ColumnPlan {
            field: def.field,
            column_type: def.column_type,
            nullable: def.nullable,
            number,
        });
    let plan = TablePlan::new(&DEF, columns.collect());
    let index = |message: &str| plan.violated(message).map(|index| index.name);
    let native = "UNIQUE constraint failed: users.f_4, users.f_2";
    assert_eq!(index(native), Some("by_team"));
    let durable = "UNIQUE constraint failed: users.f_2: SQLITE_CONSTRAINT";
    assert_eq!(index(durable), Some("by_name"));
    assert_eq!(index("UNIQUE constraint failed: users._id"), None);
    assert_eq!(index("disk full"), None);
}
