//! What a table's derive gives, and what it looks like outside.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use zeroback::__private::TableName;
use zeroback::__private::ts_rs::{Config, TS};
use zeroback::prelude::*;

/// In an index by its name.
#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub enum Status {
    /// Open.
    Open,
    /// Being done.
    InProgress,
}

/// A value without `Clone`, `Debug` or `PartialEq`.
#[derive(Value)]
struct Bare {
    number: u8,
}

/// A team, with every default.
#[derive(Debug, Clone, PartialEq, Table)]
pub struct HomeTeam {
    /// Its name.
    pub r#type: String,
    /// A name given.
    #[serde(rename = "nick", default)]
    pub nickname: Option<String>,
    status: Status,
    /// The team above.
    pub parent: Option<Id<Self>>,
}

/// Names as in Rust, and a field that lacks the usual traits.
#[derive(Table)]
#[serde(rename_all = "snake_case")]
#[table(name = "other_teams")]
#[index(by_status(status_now, team), by_team(team))]
#[index(by_score(score, status_now))]
struct Other {
    team: Id<HomeTeam>,
    status_now: Status,
    score: Option<f64>,
    bare: Bare,
}

/// What it has where a stored document lacks a field.
#[derive(Debug, PartialEq, Default, Table)]
#[serde(default)]
#[index(by_score(score, nick))]
struct Lenient {
    #[serde(default)]
    score: Option<u32>,
    nick: Option<String>,
    number: u32,
}

/// Everything that an index is compared with.
#[query]
fn compare(ctx: &QueryCtx, team: Id<HomeTeam>) -> Result<usize> {
    let all = ctx.db.query::<Other>();
    let mut found = all.with_index(|ix| ix.by_status).collect()?;
    let by_both = |ix: <Other as Table>::Indexes| ix.by_status.eq(&Status::Open).eq(&team);
    found.extend(ctx.db.query::<Other>().with_index(by_both).collect()?);
    let range = ctx
        .db
        .query::<Other>()
        .with_index(|ix| ix.by_score.gt(&0.5).lte(&1.0));
    found.extend(range.collect()?);
    let null = ctx
        .db
        .query::<Other>()
        .with_index(|ix| ix.by_score.eq(&None));
    found.extend(null.collect()?);
    let new = ctx
        .db
        .query::<Other>()
        .with_index(|ix| ix.by_creation_time.gte(&ctx.now()));
    found.extend(new.collect()?);
    let bare = found
        .iter()
        .filter(|other| other.bare.number > 0 && other.team == team);
    Ok(bare
        .filter(|other| other.score.is_some() && other.status_now == Status::Open)
        .count())
}

fn check_patch(json: &str, patch: &HomeTeamPatch) {
    let decoded: HomeTeamPatch = zeroback_protocol::decode(json.as_bytes()).expect("decodes");
    assert_eq!(decoded, *patch);
    assert_eq!(zeroback_protocol::encode(patch).expect("encodes"), json);
}

fn refuse_patch(json: &str) -> String {
    let decoded = zeroback_protocol::decode::<HomeTeamPatch>(json.as_bytes());
    decoded.expect_err("refused").to_string()
}

fn inline<T: TS>() -> String {
    let text = T::inline(&Config::default());
    let code = text
        .lines()
        .filter(|line| !line.starts_with(['/', ' ', '*']));
    code.flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

fn main() {
    assert_eq!(HomeTeam::TABLE_NAME, "home_team");
    let team = HomeTeam {
        r#type: "x".into(),
        nickname: None,
        status: Status::InProgress,
        parent: None,
    };
    let json = r#"{"type":"x","nick":null,"status":"inProgress","parent":null}"#;
    assert_eq!(zeroback_protocol::encode(&team).expect("encodes"), json);
    let decoded: HomeTeam = zeroback_protocol::decode(json.as_bytes()).expect("decodes");
    assert_eq!(decoded, team);
    assert_eq!(
        inline::<HomeTeam>(),
        r#"{ type: string, nick: string | null, status: Status, parent: Id<"home_team"> | null, }"#,
    );

    let decoded: Lenient = zeroback_protocol::decode(b"{}").expect("decodes");
    assert_eq!(decoded, Lenient::default());

    check_patch("{}", &HomeTeamPatch::default());
    let unset = HomeTeamPatch {
        nickname: Some(None),
        ..HomeTeamPatch::default()
    };
    check_patch(r#"{"nick":null}"#, &unset);
    let set = HomeTeamPatch {
        status: Some(Status::Open),
        ..HomeTeamPatch::default()
    };
    check_patch(r#"{"status":"open"}"#, &set);
    assert!(refuse_patch(r#"{"status":null}"#).contains("status"));
    assert!(refuse_patch(r#"{"stauts":"open"}"#).contains("stauts"));
    assert_eq!(
        inline::<HomeTeamPatch>(),
        r#"{ type?: string, nick?: string | null, status?: Status, parent?: Id<"home_team"> | null, }"#,
    );

    let def = Other::DEF;
    assert_eq!((def.name, def.crate_name), ("other_teams", module_path!()));
    let columns: Vec<_> = def.columns.iter().map(|column| column.field).collect();
    assert_eq!(columns, ["status_now", "team", "score"]);
    let indexes: Vec<_> = def
        .indexes
        .iter()
        .map(|index| (index.name, index.columns))
        .collect();
    let expected: [(&str, &[&str]); 3] = [
        ("by_status", &["status_now", "team"]),
        ("by_team", &["team"]),
        ("by_score", &["score", "status_now"]),
    ];
    assert_eq!(indexes, expected);
    let _ = OtherPatch::default().bare.is_none();
}
