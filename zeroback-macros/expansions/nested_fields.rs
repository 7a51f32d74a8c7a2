const _: () = {
    #[derive(
        zb::serde::Serialize,
        zb::serde::Deserialize,
        zb::ts_rs::TS,
        zb::schemars::JsonSchema
    )]
    #[serde(remote = "Address")]
    #[ts(rename = "Address")]
    #[schemars(rename = "Address")]
    #[serde(crate = "zb::serde")]
    #[ts(crate = "zb::ts_rs")]
    #[schemars(crate = "zb::schemars")]
    struct __AddressMirror
    where
        for<'zb> Address: zb::Value,
        for<'zb> Place: zb::Value,
    {
        #[serde(rename = "streetName")]
        #[ts(rename = "streetName")]
        street_name: String,
        /// Recursive.
        #[serde(rename = "else")]
        #[ts(rename = "else")]
        r#else: Option<Box<Address>>,
        #[serde(flatten)]
        place: Place,
        #[serde(skip)]
        #[serde(rename = "hidden")]
        #[ts(rename = "hidden")]
        hidden: Secret,
        #[serde(default)]
        #[serde(skip_serializing_if = "is_zero")]
        #[serde(rename = "count")]
        #[ts(rename = "count")]
        #[ts(optional = nullable)]
        count: u32,
        #[serde(with = "hex")]
        #[serde(rename = "code")]
        #[ts(rename = "code")]
        code: Vec<u8>,
        #[serde(default)]
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[serde(rename = "tags")]
        #[ts(rename = "tags")]
        #[ts(optional = nullable)]
        tags: Vec<String>,
    }
    struct __Link;
    impl zb::wire::Wire<Address> for __Link
    where
        for<'zb> Address: zb::Value,
        for<'zb> Place: zb::Value,
    {
        type Shape = __AddressMirror;
        fn serialize<__S: zb::serde::Serializer>(
            value: &Address,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __AddressMirror::serialize(value, serializer)
        }
        fn deserialize<'de, __D: zb::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Address, __D::Error> {
            __AddressMirror::deserialize(deserializer)
        }
    }
    /// The types that `__Link` has a wire form of.
    trait __Linked: Sized {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<Address>,
            __A: zb::wire::Ask<Self>;
    }
    impl __Linked for Address {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<Address>,
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
        __Type0: zb::Same<Is = Address>,
        <__Type0 as zb::Same>::Is: zb::Value,
        __Type1: zb::Same<Is = Place>,
        <__Type1 as zb::Same>::Is: zb::Value,
    {
        __T::ask::<__Link, __A>(question)
    }
    fn __wire<__T: __Linked, __A: zb::wire::Ask<__T>>(
        question: __A,
    ) -> __A::Answer {
        __proof::<__T, __A, Address, Place>(question)
    }
    zb::same_wire! {
        [Address] [__wire] [false]
    }
    ///The fields of [`Address`], as a filter names them.
    pub struct __AddressFields<__P> {
        ///The field `street_name`.
        pub street_name: zb::Field<
            zb::Below<__P, Address, 0usize>,
            String,
        >,
        ///The field `else`.
        r#else: zb::Field<
            zb::Below<__P, Address, 1usize>,
            Option<Box<Address>>,
        >,
        ///The field `place`.
        pub(crate) place: zb::Flattened<__P, Place>,
        ///The field `tags`.
        tags: zb::Field<
            zb::Below<__P, Address, 2usize>,
            Vec<String>,
        >,
        __zeroback_path: ::core::marker::PhantomData<fn() -> (__P,)>,
    }
    #[automatically_derived]
    impl zb::HasFields for Address {
        type Fields<__P: zb::Path> = __AddressFields<__P>;
        const NAMES: &'static [&'static str] = &["streetName", "else", "tags"];
        fn fields<__P: zb::Path>() -> &'static Self::Fields<__P> {
            const {
                &__AddressFields {
                    street_name: zb::Field::NEW,
                    r#else: zb::Field::NEW,
                    place: zb::Flattened::NEW,
                    tags: zb::Field::NEW,
                    __zeroback_path: ::core::marker::PhantomData,
                }
            }
        }
    }
};
