/// The newest tasks.
#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
pub fn list(
    ctx: &QueryCtx,
    project_id: Id<Project>,
    status: Option<Status>,
) -> Result<u32> {
    Ok(1)
}
///The call of [`list`](fn@list) as a value.
pub mod list {
    #[allow(unused_imports)]
    use super::*;
    ///The arguments of [`list`](fn@super::list).
    pub struct Args {
        /// Whose.
        pub project_id: Id<Project>,
        ///The argument `status`.
        pub status: Option<Status>,
    }
    const _: () = {
        #[derive(
            zb::serde::Serialize,
            zb::serde::Deserialize,
            zb::ts_rs::TS,
            zb::schemars::JsonSchema
        )]
        #[serde(remote = "Args")]
        #[ts(rename = "Args")]
        #[schemars(rename = "Args")]
        #[serde(crate = "zb::serde")]
        #[ts(crate = "zb::ts_rs")]
        #[schemars(crate = "zb::schemars")]
        ///The arguments of [`list`](fn@super::list).
        #[serde(deny_unknown_fields)]
        #[ts(optional_fields = nullable)]
        struct __ArgsMirror
        where
            for<'zb> Project: zb::TableName,
            for<'zb> Status: zb::Value,
        {
            /// Whose.
            #[serde(rename = "projectId")]
            #[ts(rename = "projectId")]
            project_id: Id<Project>,
            ///The argument `status`.
            #[serde(rename = "status")]
            #[ts(rename = "status")]
            status: Option<Status>,
        }
        struct __Link;
        impl zb::wire::Wire<Args> for __Link
        where
            for<'zb> Project: zb::TableName,
            for<'zb> Status: zb::Value,
        {
            type Shape = __ArgsMirror;
            fn serialize<__S: zb::serde::Serializer>(
                value: &Args,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                __ArgsMirror::serialize(value, serializer)
            }
            fn deserialize<'de, __D: zb::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Args, __D::Error> {
                __ArgsMirror::deserialize(deserializer)
            }
        }
        /// The types that `__Link` has a wire form of.
        trait __Linked: Sized {
            fn ask<__W, __A>(question: __A) -> __A::Answer
            where
                __W: zb::wire::Wire<Args>,
                __A: zb::wire::Ask<Self>;
        }
        impl __Linked for Args {
            fn ask<__W, __A>(question: __A) -> __A::Answer
            where
                __W: zb::wire::Wire<Args>,
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
            [Args] [__wire] [false]
        }
        #[automatically_derived]
        impl ::core::clone::Clone for Args
        where
            for<'zb> Id<Project>: ::core::clone::Clone,
            for<'zb> Option<Status>: ::core::clone::Clone,
        {
            fn clone(&self) -> Self {
                Self {
                    project_id: ::core::clone::Clone::clone(&self.project_id),
                    status: ::core::clone::Clone::clone(&self.status),
                }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for Args
        where
            for<'zb> Id<Project>: ::core::fmt::Debug,
            for<'zb> Option<Status>: ::core::fmt::Debug,
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct("Args")
                    .field("project_id", &self.project_id)
                    .field("status", &self.status)
                    .finish()
            }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for Args
        where
            for<'zb> Id<Project>: ::core::cmp::PartialEq,
            for<'zb> Option<Status>: ::core::cmp::PartialEq,
        {
            fn eq(&self, other: &Self) -> bool {
                self.project_id == other.project_id && self.status == other.status
            }
        }
    };
}
const _: () = {
    #[automatically_derived]
    impl zb::FunctionCall for list::Args
    where
        for<'zb> Result<u32>: zb::FunctionReturn,
    {
        type Output = <Result<u32> as zb::FunctionReturn>::Output;
        type Error = <Result<u32> as zb::FunctionReturn>::Error;
        const PATH: &'static str = zb::function_path!(
            ::core::module_path!(), "list"
        );
        const KIND: zb::FunctionKind = zb::FunctionKind::Query;
    }
    #[automatically_derived]
    impl zb::QueryCall for list::Args
    where
        for<'zb> Result<u32>: zb::FunctionReturn,
    {}
    zb::with_server! {
        const fn __zeroback_definition < __Output > () ->
        zb::FunctionDef where __Output : zb::Same <
        Is = Result < u32 > >, < __Output as zb::Same > ::Is :
        zb::FunctionReturn, { fn __zeroback_call(ctx : &
        zb::QueryCtx, encoded : & str,) -> ::core::result::Result <
        ::std::string::String, zb::Error > where for < 'zb > Result <
        u32 > : zb::FunctionReturn, {
        zb::call(encoded, | _args : list::Args | list(ctx, _args
        .project_id, _args.status)) } zb::FunctionDef::query:: <
        list::Args > (zb::FunctionMeta { crate_name :
        zb::crate_name(::core::module_path!()), docs :
        "The newest tasks.", internal : false, file : ::core::file!(), line :
        ::core::line!(), }, __zeroback_call) } zb::inventory::submit!
        { __zeroback_definition:: < Result < u32 > > () }
    }
    const _: () = {
        let _ = list;
    };
};
