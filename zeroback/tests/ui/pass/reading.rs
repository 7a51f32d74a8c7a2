//! The ways to read that the contract promises, as it writes them.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

zeroback::app!();

/// Who works.
pub mod users {
    use zeroback::prelude::*;

    /// Who works.
    #[derive(Debug, Table)]
    #[table(name = "users")]
    pub struct User {
        /// What people call them.
        pub name: String,
    }
}

/// What is worked on.
pub mod projects {
    use zeroback::prelude::*;

    /// What tasks belong to; it has no fields.
    #[derive(Debug, Table)]
    #[table(name = "projects")]
    pub struct Project {}
}

/// What is to be done.
pub mod tasks {
    use zeroback::db::{Fields, Filter, TableQuery};
    use zeroback::prelude::*;

    use super::projects::Project;
    use super::users::User;

    /// Where something is.
    #[derive(Debug, Clone, PartialEq, Value)]
    pub struct Address {
        /// The city.
        pub city: String,
        /// Where exactly.
        pub geo: Option<Geo>,
        /// Where else.
        pub next: Option<Box<Self>>,
        /// How to get there.
        #[serde(flatten)]
        pub way: Way,
        /// Has the name of a method.
        pub eq: u32,
        /// Has the name of a method.
        pub deref: bool,
        clone: Option<Hidden>,
    }

    /// A place on the globe.
    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub struct Geo {
        /// Degrees to the north.
        pub lat: f64,
        /// Degrees to the east.
        pub lon: f64,
    }

    /// How to get there.
    #[derive(Debug, Clone, PartialEq, Value)]
    pub struct Way {
        /// The line of the tram.
        pub tram: Option<u8>,
    }

    /// Nobody else's business.
    #[derive(Debug, Clone, PartialEq, Value)]
    struct Hidden {
        secret: String,
    }

    /// Anything with a label.
    #[derive(Debug, Clone, PartialEq, Value)]
    pub struct Labelled<T> {
        /// The label.
        pub label: String,
        /// What has it.
        pub item: T,
    }

    /// How much it matters.
    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum Priority {
        /// Not much.
        Low,
        /// Much.
        High,
    }

    /// A unit of work on a project's board.
    #[derive(Debug, Table)]
    #[table(name = "tasks")]
    #[index(by_project(project_id, is_completed))]
    #[unique(by_slug(slug))]
    #[index(by_hidden(hidden))]
    #[unique(by_place(project_id, rank), by_code(code))]
    #[search(search_text(text), filter(project_id, is_completed, r#type, assignee, hidden))]
    #[search(search_all(text, notes))]
    pub struct Task {
        /// Whose it is.
        pub project_id: Id<Project>,
        /// What it is called in addresses.
        pub slug: String,
        /// What to do.
        pub text: String,
        /// More about it.
        pub notes: Option<String>,
        /// Whether it is done.
        #[serde(default)]
        pub is_completed: bool,
        /// Who does it.
        pub assignee: Option<Id<User>>,
        /// Its place in the project.
        #[serde(default = "first_rank")]
        pub rank: i64,
        /// Has the name of a keyword.
        pub r#type: Priority,
        /// A code.
        pub code: Option<String>,
        /// Where to do it.
        pub address: Address,
        /// Words.
        pub tags: Vec<String>,
        /// Something with a label.
        pub labelled: Labelled<Geo>,
        /// Has a name that no path can hold.
        #[serde(rename = "\"quoted\"")]
        pub quoted: u32,
        hidden: Secrecy,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    enum Secrecy {
        Open,
    }

    fn first_rank() -> i64 {
        1
    }

    /// The newest open tasks of a project.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn list(
        ctx: &QueryCtx,
        project_id: Id<Project>,
        limit: Option<u32>,
    ) -> Result<Vec<Doc<Task>>> {
        ctx.db
            .query::<Task>()
            .with_index(|ix| ix.by_project.eq(&project_id).eq(&false))
            .order(Order::Desc)
            .take(limit.unwrap_or(50))
    }

    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn by_slug(ctx: &QueryCtx, slug: String) -> Result<Option<Doc<Task>>> {
        let in_place = ctx
            .db
            .query::<Task>()
            .with_index(|ix| ix.by_code.eq(&None))
            .first()?;
        if in_place.is_some() {
            return Ok(in_place);
        }
        ctx.db
            .query::<Task>()
            .with_index(|ix| ix.by_slug.eq(&slug))
            .unique()
    }

    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn search(
        ctx: &QueryCtx,
        text: String,
        project: Id<Project>,
        by: Option<Id<User>>,
    ) -> Result<Vec<Doc<Task>>> {
        let mut found = ctx
            .db
            .query::<Task>()
            .search(|s| s.search_all.matching(&text))
            .take(5)?;
        found.extend(
            ctx.db
                .query::<Task>()
                .search(|s| {
                    s.search_text
                        .matching("x")
                        .r#type(&Priority::High)
                        .project_id(&project)
                        .assignee(&by)
                        .hidden(&Secrecy::Open)
                        .is_completed(&false)
                })
                .filter(|t| t.rank.gt(5))
                .take(10)?,
        );
        Ok(found)
    }

    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn page(ctx: &QueryCtx, text: String, page: PageOpts) -> Result<Page<Doc<Task>>> {
        let tasks = ctx.db.query::<Task>();
        let tasks = if text.is_empty() {
            tasks.with_index(|ix| ix.by_creation_time)
        } else {
            tasks.search(|s| s.search_text.matching(text))
        };
        tasks.paginate(page)
    }

    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn filtered(ctx: &QueryCtx, user: Id<User>, name: String) -> Result<u64> {
        let (user_ref, names) = (&user, [name.clone()]);
        let tasks = ctx.db.query::<Task>().filter(|t| {
            t.text.starts_with("a") & !t.assignee.is_null()
                | t.text.contains(&name)
                | t.slug.eq("x") & t.slug.ne(name.clone()) & t.slug.gt(&name)
                | t.notes.eq("x") & t.notes.ne(None) & t.notes.starts_with("x")
                | (t.assignee.eq(user) | t.assignee.eq(user_ref) | t.assignee.eq(Some(user)))
                | t.assignee.eq(None)
                | t.tags.contains("a")
                | t.rank.one_of([1, 2, 3])
                | t.slug.one_of(["a", "b"])
                | t.slug.one_of(&names)
                | t.r#type.eq(Priority::High)
                | t._id.one_of(Vec::<Id<Task>>::new())
                | t._creation_time.lt(ctx.now())
                | t.hidden.eq(Secrecy::Open)
        });
        let tasks = tasks.filter(|t| {
            t.address.city.eq("Bern")
                & t.address.geo.is_null()
                & t.address.geo.lat.ge(0.5)
                & t.address.next.next.geo.lon.le(1.0)
                & t.address.way.tram.eq(7)
                & t.address.eq.eq(1)
                & t.address.deref.eq(true)
                & t.address.clone.secret.eq("x")
                & t.labelled.label.contains("x")
                & t.labelled.item.lat.gt(0.0)
        });
        tasks.count()
    }

    /// What needs somebody to look at it.
    pub fn is_urgent(t: &Fields<Task>) -> Filter<Task> {
        t.r#type.eq(Priority::High) & t.assignee.is_null()
    }

    fn newest<S>(tasks: TableQuery<Task, S>) -> Result<Vec<Doc<Task>>> {
        tasks.filter(is_urgent).order(Order::Desc).take(5)
    }

    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn urgent(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
        let mut found = newest(ctx.db.query())?;
        let tasks = ctx.db.query::<Task>();
        found.extend(newest(
            tasks.with_index(|ix| ix.by_hidden.eq(&Secrecy::Open)),
        )?);
        Ok(found)
    }

    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn others(ctx: &QueryCtx, ids: Vec<Id<Task>>) -> Result<Vec<Doc<Task>>> {
        let mut others: Vec<_> = ctx.db.get_many(&ids)?.into_iter().flatten().collect();
        for task in ctx.db.query::<Task>().iter() {
            others.push(task?);
        }
        Ok(others)
    }
}

fn main() {
    use zeroback::prelude::*;

    let def = tasks::Task::DEF;
    let indexes: Vec<_> = def.indexes.iter().map(|i| (i.name, i.unique)).collect();
    let expected = [
        ("by_project", false),
        ("by_slug", true),
        ("by_hidden", false),
        ("by_place", true),
        ("by_code", true),
    ];
    assert_eq!(indexes, expected);
    let columns: Vec<_> = def.columns.iter().map(|c| (c.field, c.nullable)).collect();
    let expected = [
        ("projectId", false),
        ("isCompleted", false),
        ("slug", false),
        ("hidden", false),
        ("rank", false),
        ("code", true),
        ("type", false),
        ("assignee", true),
    ];
    assert_eq!(columns, expected);
    let searches: Vec<_> = def
        .searches
        .iter()
        .map(|search| (search.name, search.fields, search.filters))
        .collect();
    let filters: &[&str] = &["projectId", "isCompleted", "type", "assignee", "hidden"];
    let expected: [(&str, &[&str], &[&str]); 2] = [
        ("search_text", &["text"], filters),
        ("search_all", &["text", "notes"], &[]),
    ];
    assert_eq!(searches, expected);
    app().check().expect("a sound app");
}
