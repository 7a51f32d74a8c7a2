///A partial update of a `Task`: fields that are left out stay as they are.
pub struct TaskPatch {
    ///The new `projectId`.
    pub project_id: ::core::option::Option<Id<Project>>,
    ///The new `isCompleted`.
    is_completed: ::core::option::Option<bool>,
    ///The new `nick`.
    pub name: ::core::option::Option<Option<Status>>,
}
#[automatically_derived]
impl ::core::default::Default for TaskPatch {
    fn default() -> Self {
        Self {
            project_id: ::core::option::Option::None,
            is_completed: ::core::option::Option::None,
            name: ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::core::clone::Clone for TaskPatch
where
    for<'zb> ::core::option::Option<Id<Project>>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<bool>: ::core::clone::Clone,
    for<'zb> ::core::option::Option<Option<Status>>: ::core::clone::Clone,
{
    fn clone(&self) -> Self {
        Self {
            project_id: ::core::clone::Clone::clone(&self.project_id),
            is_completed: ::core::clone::Clone::clone(&self.is_completed),
            name: ::core::clone::Clone::clone(&self.name),
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for TaskPatch
where
    for<'zb> ::core::option::Option<Id<Project>>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<bool>: ::core::fmt::Debug,
    for<'zb> ::core::option::Option<Option<Status>>: ::core::fmt::Debug,
{
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("TaskPatch")
            .field("project_id", &self.project_id)
            .field("is_completed", &self.is_completed)
            .field("name", &self.name)
            .finish()
    }
}
#[automatically_derived]
impl ::core::cmp::PartialEq for TaskPatch
where
    for<'zb> ::core::option::Option<Id<Project>>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<bool>: ::core::cmp::PartialEq,
    for<'zb> ::core::option::Option<Option<Status>>: ::core::cmp::PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.project_id == other.project_id && self.is_completed == other.is_completed
            && self.name == other.name
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
    }
    struct __Link;
    impl zb::wire::Wire<Task> for __Link
    where
        for<'zb> Project: zb::TableName,
        for<'zb> Status: zb::Value,
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
    >(question: __A) -> __A::Answer
    where
        __Type0: zb::Same<Is = Project>,
        <__Type0 as zb::Same>::Is: zb::TableName,
        __Type1: zb::Same<Is = Status>,
        <__Type1 as zb::Same>::Is: zb::Value,
    {
        __T::ask::<__Link, __A>(question)
    }
    fn __wire<__T: __Linked, __A: zb::wire::Ask<__T>>(
        question: __A,
    ) -> __A::Answer {
        __proof::<__T, __A, Project, Status>(question)
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
    pub struct __TaskFields<__P> {
        pub project_id: zb::Field<
            zb::Below<__P, Task, 0usize>,
            Id<Project>,
        >,
        pub is_completed: zb::Field<
            zb::Below<__P, Task, 1usize>,
            bool,
        >,
        pub name: zb::Field<
            zb::Below<__P, Task, 2usize>,
            Option<Status>,
        >,
        pub _id: zb::Field<
            zb::IdOf<Task>,
            zb::Id<Task>,
        >,
        pub _creation_time: zb::Field<
            zb::CreationTimeOf<Task>,
            zb::Timestamp,
        >,
        __path: ::core::marker::PhantomData<fn() -> __P>,
    }
    #[automatically_derived]
    impl zb::HasFields for Task {
        type Fields<__P: zb::Path> = __TaskFields<__P>;
        const NAMES: &'static [&'static str] = &["projectId", "isCompleted", "nick"];
        fn fields<__P: zb::Path>() -> &'static __TaskFields<__P> {
            const {
                &__TaskFields {
                    project_id: zb::Field::NEW,
                    is_completed: zb::Field::NEW,
                    name: zb::Field::NEW,
                    _id: zb::Field::NEW,
                    _creation_time: zb::Field::NEW,
                    __path: ::core::marker::PhantomData,
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
        type Searches = ();
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
            ],
            indexes: &[
                zb::IndexDef {
                    name: "by_project",
                    columns: &["projectId", "isCompleted"],
                    unique: false,
                },
            ],
            searches: &[],
            crate_name: zb::crate_name(::core::module_path!()),
        };
        fn indexes() -> Self::Indexes {
            __TaskIndexes {
                by_project: zb::Index::new("by_project"),
                by_creation_time: zb::Index::new("by_creation_time"),
                by_id: zb::Index::new("by_id"),
            }
        }
        fn searches() {}
    }
    zb::with_server! {
        zb::inventory::submit! {
        zb::TableEntry::of:: < Task > () }
    }
};
