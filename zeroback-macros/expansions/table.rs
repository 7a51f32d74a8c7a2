///A partial update of a `Task`: fields that are left out stay as they are.
pub struct TaskPatch {
    ///The new `projectId`.
    pub project_id: ::core::option::Option<Id<Project>>,
    ///The new `isCompleted`.
    is_completed: ::core::option::Option<bool>,
    ///The new `nick`.
    pub name: ::core::option::Option<Option<Status>>,
    ///The new `text`.
    pub text: ::core::option::Option<String>,
    ///The new `title`.
    pub title: ::core::option::Option<Option<String>>,
    ///The new `type`.
    pub(crate) r#type: ::core::option::Option<Kind>,
    ///The new `"quoted"`.
    pub quoted: ::core::option::Option<u32>,
}
#[automatically_derived]
impl ::core::default::Default for TaskPatch {
    fn default() -> Self {
        Self {
            project_id: ::core::option::Option::None,
            is_completed: ::core::option::Option::None,
            name: ::core::option::Option::None,
            text: ::core::option::Option::None,
            title: ::core::option::Option::None,
            r#type: ::core::option::Option::None,
            quoted: ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::core::clone::Clone for TaskPatch
where
    for<'zb> ::core::option::Option<Id<Project>>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<bool>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<Option<Status>>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<String>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<Option<String>>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<Kind>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<u32>: ::core::clone::Clone,
{
    fn clone(&self) -> Self {
        Self {
            project_id: ::core::clone::Clone::clone(&self.project_id),
            is_completed: ::core::clone::Clone::clone(&self.is_completed),
            name: ::core::clone::Clone::clone(&self.name),
            text: ::core::clone::Clone::clone(&self.text),
            title: ::core::clone::Clone::clone(&self.title),
            r#type: ::core::clone::Clone::clone(&self.r#type),
            quoted: ::core::clone::Clone::clone(&self.quoted),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for TaskPatch
where
    for<'zb> ::core::option::Option<Id<Project>>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<bool>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<Option<Status>>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<String>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<Option<String>>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<Kind>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<u32>: ::core::fmt::Debug,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("TaskPatch")
            .field("project_id", &self.project_id)
            .field("is_completed", &self.is_completed)
            .field("name", &self.name)
            .field("text", &self.text)
            .field("title", &self.title)
            .field("type", &self.r#type)
            .field("quoted", &self.quoted)
            .finish()
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for TaskPatch
where
    for<'zb> ::core::option::Option<Id<Project>>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<bool>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<Option<Status>>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<String>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<Option<String>>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<Kind>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<u32>: ::core::cmp::PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.project_id == other.project_id && self.is_completed == other.is_completed
            && self.name == other.name && self.text == other.text
            && self.title == other.title && self.r#type == other.r#type
            && self.quoted == other.quoted
    }
}
const _: () = {
    #[derive(
        zb::serde::Serialize,
        zb::serde::Deserialize,
        zb::ts_rs::TS,
        zb::schemars::JsonSchema
    )]
    #[serde(remote = "Task")]
    #[ts(rename = "Task")]
    #[schemars(rename = "Task")]
    #[serde(crate = "zb::serde")]
    #[ts(crate = "zb::ts_rs")]
    #[schemars(crate = "zb::schemars")]
    /// A task.
    struct __TaskMirror
    where
        for<'zb> Project: zb::TableName,
        for<'zb> Status: zb::Value,
        for<'zb> Kind: zb::Value,
    {
        /// Whose.
        #[serde(rename = "projectId")]
        #[ts(rename = "projectId")]
        project_id: Id<Project>,
        #[serde(rename = "isCompleted")]
        #[ts(rename = "isCompleted")]
        is_completed: bool,
        #[serde(default)]
        #[serde(rename = "nick")]
        #[ts(rename = "nick")]
        name: Option<Status>,
        #[serde(rename = "text")]
        #[ts(rename = "text")]
        text: String,
        #[serde(rename = "title")]
        #[ts(rename = "title")]
        title: Option<String>,
        #[serde(rename = "type")]
        #[ts(rename = "type")]
        r#type: Kind,
        #[serde(rename = "\"quoted\"")]
        #[ts(rename = "\"quoted\"")]
        quoted: u32,
    }
    #[derive(
        zb::serde::Serialize,
        zb::serde::Deserialize,
        zb::ts_rs::TS,
        zb::schemars::JsonSchema
    )]
    #[serde(remote = "TaskPatch")]
    #[ts(rename = "TaskPatch")]
    #[schemars(rename = "TaskPatch")]
    #[serde(crate = "zb::serde")]
    #[ts(crate = "zb::ts_rs")]
    #[schemars(crate = "zb::schemars")]
    ///A partial update of a `Task`: fields that are left out stay as they are.
    #[serde(deny_unknown_fields)]
    struct __TaskPatchMirror
    where
        for<'zb> Project: zb::TableName,
        for<'zb> Status: zb::Value,
        for<'zb> Kind: zb::Value,
    {
        ///The new `projectId`.
        #[serde(rename = "projectId")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "projectId", optional)]
        project_id: ::core::option::Option<Id<Project>>,
        ///The new `isCompleted`.
        #[serde(rename = "isCompleted")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "isCompleted", optional)]
        is_completed: ::core::option::Option<bool>,
        ///The new `nick`.
        #[serde(rename = "nick")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "nick", optional)]
        name: ::core::option::Option<Option<Status>>,
        ///The new `text`.
        #[serde(rename = "text")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "text", optional)]
        text: ::core::option::Option<String>,
        ///The new `title`.
        #[serde(rename = "title")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "title", optional)]
        title: ::core::option::Option<Option<String>>,
        ///The new `type`.
        #[serde(rename = "type")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "type", optional)]
        r#type: ::core::option::Option<Kind>,
        ///The new `"quoted"`.
        #[serde(rename = "\"quoted\"")]
        #[serde(default)]
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        #[serde(deserialize_with = "zb::some")]
        #[ts(rename = "\"quoted\"", optional)]
        quoted: ::core::option::Option<u32>,
    }
    struct __Link;
    impl zb::wire::Wire<Task> for __Link
    where
        for<'zb> Project: zb::TableName,
        for<'zb> Status: zb::Value,
        for<'zb> Kind: zb::Value,
    {
        type Shape = __TaskMirror;
        fn serialize<__S: zb::serde::Serializer>(
            value: &Task,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __TaskMirror::serialize(value, serializer)
        }
        fn deserialize<'de, __D: zb::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Task, __D::Error> {
            __TaskMirror::deserialize(deserializer)
        }
    }
    impl zb::wire::Wire<TaskPatch> for __Link
    where
        for<'zb> Project: zb::TableName,
        for<'zb> Status: zb::Value,
        for<'zb> Kind: zb::Value,
    {
        type Shape = __TaskPatchMirror;
        fn serialize<__S: zb::serde::Serializer>(
            value: &TaskPatch,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __TaskPatchMirror::serialize(value, serializer)
        }
        fn deserialize<'de, __D: zb::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<TaskPatch, __D::Error> {
            __TaskPatchMirror::deserialize(deserializer)
        }
    }
    /// The types that `__Link` has a wire form of.
    trait __Linked: Sized {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<Task>
                + zb::wire::Wire<TaskPatch>,
            __A: zb::wire::Ask<Self>;
    }
    impl __Linked for Task {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<Task>
                + zb::wire::Wire<TaskPatch>,
            __A: zb::wire::Ask<Self>,
        {
            question.ask::<__W>()
        }
    }
    impl __Linked for TaskPatch {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<Task>
                + zb::wire::Wire<TaskPatch>,
            __A: zb::wire::Ask<Self>,
        {
            question.ask::<__W>()
        }
    }
    fn __proof<
        __T: __Linked,
        __A: zb::wire::Ask<__T>,
        __Type0,
        __Type1,
        __Type2,
    >(question: __A) -> __A::Answer
    where
        __Type0: zb::Same<Is = Project>,
        <__Type0 as zb::Same>::Is: zb::TableName,
        __Type1: zb::Same<Is = Status>,
        <__Type1 as zb::Same>::Is: zb::Value,
        __Type2: zb::Same<Is = Kind>,
        <__Type2 as zb::Same>::Is: zb::Value,
    {
        __T::ask::<__Link, __A>(question)
    }
    fn __wire<__T: __Linked, __A: zb::wire::Ask<__T>>(
        question: __A,
    ) -> __A::Answer {
        __proof::<__T, __A, Project, Status, Kind>(question)
    }
    zb::same_wire! {
        [Task] [__wire] [false]
    }
    zb::same_wire! {
        [TaskPatch] [__wire] [false]
    }
    ///The indexes of [`Task`].
    pub struct __TaskIndexes {
        ///Documents by `project_id`, then `is_completed`.
        pub by_project: zb::Index<Task, (Id<Project>, (bool, ()))>,
        ///Documents by `name`, of which no two have the same.
        pub by_name: zb::Index<Task, (Option<Status>, ())>,
        /// Documents by the time of their creation.
        pub by_creation_time: zb::Index<
            Task,
            (zb::Timestamp, ()),
        >,
        /// Documents by their ids.
        pub by_id: zb::Index<
            Task,
            (zb::Id<Task>, ()),
        >,
    }
    ///The searches in [`Task`].
    pub struct __TaskSearches {
        ///A search in `text`, `title`.
        pub search_text: zb::Search<__Task_search_text_Search>,
    }
    ///A search in `text`, `title`.
    pub struct __Task_search_text_Search {
        bounds: zb::SearchBounds,
    }
    #[automatically_derived]
    impl __Task_search_text_Search {
        ///Keeps the documents whose `project_id` equals the value; null equals null.
        #[must_use]
        pub fn project_id<
            __V: zb::Operand<Id<Project>> + ?::core::marker::Sized,
        >(self, value: &__V) -> Self {
            Self {
                bounds: self.bounds.with::<Id<Project>, __V>("projectId", value),
            }
        }
        ///Keeps the documents whose `type` equals the value; null equals null.
        #[must_use]
        pub(crate) fn r#type<
            __V: zb::Operand<Kind> + ?::core::marker::Sized,
        >(self, value: &__V) -> Self {
            Self {
                bounds: self.bounds.with::<Kind, __V>("type", value),
            }
        }
    }
    #[automatically_derived]
    impl zb::SearchQuery for __Task_search_text_Search {
        fn from_bounds(bounds: zb::SearchBounds) -> Self {
            Self { bounds }
        }
    }
    #[automatically_derived]
    impl zb::SearchRange<Task> for __Task_search_text_Search {
        fn into_bounds(self) -> zb::SearchBounds {
            self.bounds
        }
    }
    ///The fields of [`Task`], as a filter names them.
    pub struct __TaskFields<__P> {
        ///The field `project_id`.
        pub project_id: zb::Field<
            zb::Below<__P, Task, 0usize>,
            Id<Project>,
        >,
        ///The field `is_completed`.
        is_completed: zb::Field<
            zb::Below<__P, Task, 1usize>,
            bool,
        >,
        ///The field `name`.
        pub name: zb::Field<
            zb::Below<__P, Task, 2usize>,
            Option<Status>,
        >,
        ///The field `text`.
        pub text: zb::Field<
            zb::Below<__P, Task, 3usize>,
            String,
        >,
        ///The field `title`.
        pub title: zb::Field<
            zb::Below<__P, Task, 4usize>,
            Option<String>,
        >,
        ///The field `type`.
        pub(crate) r#type: zb::Field<
            zb::Below<__P, Task, 5usize>,
            Kind,
        >,
        ///The document's id.
        #[doc(hidden)]
        pub _id: zb::Field<
            zb::IdOf<Task>,
            zb::Id<Task>,
        >,
        ///When the document was inserted.
        #[doc(hidden)]
        pub _creation_time: zb::Field<
            zb::CreationTimeOf<Task>,
            zb::Timestamp,
        >,
        __zeroback_path: ::core::marker::PhantomData<fn() -> (__P,)>,
    }
    #[automatically_derived]
    impl zb::HasFields for Task {
        type Fields<__P: zb::Path> = __TaskFields<__P>;
        const NAMES: &'static [&'static str] = &[
            "projectId",
            "isCompleted",
            "nick",
            "text",
            "title",
            "type",
        ];
        fn fields<__P: zb::Path>() -> &'static Self::Fields<__P> {
            const {
                &__TaskFields {
                    project_id: zb::Field::NEW,
                    is_completed: zb::Field::NEW,
                    name: zb::Field::NEW,
                    text: zb::Field::NEW,
                    title: zb::Field::NEW,
                    r#type: zb::Field::NEW,
                    _id: zb::Field::NEW,
                    _creation_time: zb::Field::NEW,
                    __zeroback_path: ::core::marker::PhantomData,
                }
            }
        }
    }
    #[automatically_derived]
    impl zb::TableName for Task {
        const TABLE_NAME: &'static str = "tasks";
    }
    #[automatically_derived]
    impl zb::Table for Task {
        type Patch = TaskPatch;
        type Indexes = __TaskIndexes;
        type Searches = __TaskSearches;
        const DEF: zb::TableDef = zb::TableDef {
            name: "tasks",
            columns: &[
                zb::ColumnDef {
                    field: "projectId",
                    column_type: <Id<
                        Project,
                    > as zb::IndexValue>::COLUMN_TYPE,
                    nullable: <Id<
                        Project,
                    > as zb::IndexValue>::NULLABLE,
                },
                zb::ColumnDef {
                    field: "isCompleted",
                    column_type: <bool as zb::IndexValue>::COLUMN_TYPE,
                    nullable: <bool as zb::IndexValue>::NULLABLE,
                },
                zb::ColumnDef {
                    field: "nick",
                    column_type: <Option<
                        Status,
                    > as zb::IndexValue>::COLUMN_TYPE,
                    nullable: <Option<
                        Status,
                    > as zb::IndexValue>::NULLABLE,
                },
                zb::ColumnDef {
                    field: "type",
                    column_type: <Kind as zb::IndexValue>::COLUMN_TYPE,
                    nullable: <Kind as zb::IndexValue>::NULLABLE,
                },
            ],
            indexes: &[
                zb::IndexDef {
                    name: "by_project",
                    columns: &["projectId", "isCompleted"],
                    unique: false,
                },
                zb::IndexDef {
                    name: "by_name",
                    columns: &["nick"],
                    unique: true,
                },
            ],
            searches: &[
                zb::SearchDef {
                    name: "search_text",
                    fields: &[
                        zb::searched::<String>("text"),
                        zb::searched::<Option<String>>("title"),
                    ],
                    filters: &["projectId", "type"],
                },
            ],
            crate_name: zb::crate_name(::core::module_path!()),
        };
        fn indexes() -> Self::Indexes {
            __TaskIndexes {
                by_project: zb::Index::new("by_project"),
                by_name: zb::Index::new("by_name"),
                by_creation_time: zb::Index::new("by_creation_time"),
                by_id: zb::Index::new("by_id"),
            }
        }
        fn searches() -> Self::Searches {
            __TaskSearches {
                search_text: zb::Search::new("search_text"),
            }
        }
    }
    zb::with_server! {
        zb::inventory::submit! {
        zb::TableEntry::of:: < Task > () }
    }
};
