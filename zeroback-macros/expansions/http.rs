/// Takes what another service tells.
#[cfg(unix)]
#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
pub async fn hook(ctx: &ActionCtx, request: Request) -> Result<Response> {
    todo!()
}
#[cfg(unix)]
const _: () = {
    zb::with_server! {
        fn __zeroback_answer < 'ctx > (ctx : & 'ctxzb::ActionCtx,
        request : zb::Request,) -> zb::RouteFuture
        < 'ctx > { ::std::boxed::Box::pin(async move {
        zb::responded(hook(ctx, request). await) }) }
        zb::inventory::submit! {
        zb::RouteEntry::new(("POST", "/hooks/{source}"),
        zb::function_path!(::core::module_path!(), "hook"),
        zb::crate_name(::core::module_path!()), (::core::file!(),
        ::core::line!()), __zeroback_answer,) }
    }
    const _: () = {
        let _ = hook;
    };
};
