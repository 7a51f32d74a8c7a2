/// Splits names in two.
#[cfg(unix)]
#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
pub fn m0001_split_names(ctx: &MigrationCtx) -> Result<()> {
    Ok(())
}
#[cfg(unix)]
const _: () = {
    zb::with_server! {
        fn __zeroback_run(ctx : & zb::MigrationCtx,) ->
        ::core::result::Result < (), zb::Error > {
        zb::migrated(m0001_split_names(ctx)) }
        zb::inventory::submit! {
        zb::MigrationEntry::new(zb::function_path!(::core::module_path!(),
        "m0001_split_names"), zb::crate_name(::core::module_path!()),
        ::core::file!(), ::core::line!(), __zeroback_run,) }
    }
    const _: () = {
        let _ = m0001_split_names;
    };
};
