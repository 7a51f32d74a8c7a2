#[cfg(unix)]
#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
pub(in super::super) fn sweep(_: &MutationCtx) -> Result<()> {
    Ok(())
}
///The call of [`sweep`](fn@sweep) as a value.
#[cfg(unix)]
pub(in super::super) mod sweep {
    #[allow(unused_imports)]
    use super::*;
    ///The arguments of [`sweep`](fn@super::sweep).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(in super::super::super) struct Args;
    const _: () = {
        #[automatically_derived]
        impl zb::serde::Serialize for Args {
            fn serialize<S: zb::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                zb::serde::Serialize::serialize(
                    &zb::NoArguments {
                    },
                    serializer,
                )
            }
        }
        #[automatically_derived]
        impl<'de> zb::serde::Deserialize<'de> for Args {
            fn deserialize<D: zb::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                zb::NoArguments::check(deserializer)?;
                ::core::result::Result::Ok(Self)
            }
        }
        zb::same_shape! {
            [] [Args] [Args] [zb::NoArguments] [] []
        }
    };
}
#[cfg(unix)]
const _: () = {
    #[automatically_derived]
    impl zb::FunctionCall for sweep::Args
    where
        for<'zb> Result<()>: zb::FunctionReturn,
    {
        type Output = <Result<()> as zb::FunctionReturn>::Output;
        type Error = <Result<()> as zb::FunctionReturn>::Error;
        const PATH: &'static str = zb::function_path!(
            ::core::module_path!(), "sweep"
        );
        const KIND: zb::FunctionKind = zb::FunctionKind::Mutation;
    }
    #[automatically_derived]
    impl zb::MutationCall for sweep::Args
    where
        for<'zb> Result<()>: zb::FunctionReturn,
    {}
    #[automatically_derived]
    impl zb::ScheduledCall for sweep::Args
    where
        for<'zb> Result<()>: zb::FunctionReturn,
    {}
    zb::with_server! {
        const fn __zeroback_definition < __Output > () ->
        zb::FunctionDef where __Output : zb::Same <
        Is = Result < () > >, < __Output as zb::Same > ::Is :
        zb::FunctionReturn, { fn __zeroback_call(ctx : &
        zb::MutationCtx, encoded : & str,) -> ::core::result::Result <
        ::std::string::String, zb::Error > where for < 'zb > Result <
        () > : zb::FunctionReturn, {
        zb::call(encoded, | _args : sweep::Args | sweep(ctx)) }
        zb::FunctionDef::mutation:: < sweep::Args >
        (zb::FunctionMeta { crate_name :
        zb::crate_name(::core::module_path!()), docs : "", internal :
        true, file : ::core::file!(), line : ::core::line!(), }, __zeroback_call) }
        zb::inventory::submit! { __zeroback_definition:: < Result < ()
        > > () }
    }
    const _: () = {
        let _ = sweep;
    };
};
