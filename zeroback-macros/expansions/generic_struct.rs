const _: () = {
    #[derive(
        zb::serde::Serialize,
        zb::serde::Deserialize,
        zb::ts_rs::TS,
        zb::schemars::JsonSchema
    )]
    #[serde(remote = "Page")]
    #[ts(rename = "Page")]
    #[schemars(rename = "Page")]
    #[serde(crate = "zb::serde")]
    #[ts(crate = "zb::ts_rs")]
    #[schemars(crate = "zb::schemars")]
    struct __PageMirror<T> {
        #[serde(rename = "page_items")]
        #[ts(rename = "page_items")]
        page_items: Vec<T>,
    }
    #[automatically_derived]
    impl<T> zb::serde::Serialize for Page<T>
    where
        T: zb::serde::Serialize,
    {
        fn serialize<__S: zb::serde::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __PageMirror::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl<'de, T> zb::serde::Deserialize<'de> for Page<T>
    where
        T: zb::serde::Deserialize<'de>,
    {
        fn deserialize<__D: zb::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            __PageMirror::deserialize(deserializer)
        }
    }
    zb::same_shape! {
        [T] [Page < T >] [Page < zb::ts_rs::Dummy >] [__PageMirror < T
        >] [where T : zb::ts_rs::TS,] [where T :
        zb::schemars::JsonSchema,]
    }
    ///The fields of [`Page`], as a filter names them.
    struct __PageFields<__P, T> {
        ///The field `page_items`.
        page_items: zb::Field<
            zb::Below<__P, Page<T>, 0usize>,
            Vec<T>,
        >,
        __zeroback_path: ::core::marker::PhantomData<fn() -> (__P, T)>,
    }
    #[automatically_derived]
    impl<T: 'static> zb::HasFields for Page<T> {
        type Fields<__P: zb::Path> = __PageFields<__P, T>;
        const NAMES: &'static [&'static str] = &["page_items"];
        fn fields<__P: zb::Path>() -> &'static Self::Fields<__P> {
            const {
                &__PageFields {
                    page_items: zb::Field::NEW,
                    __zeroback_path: ::core::marker::PhantomData,
                }
            }
        }
    }
};
