const _: () = {
    #[derive(
        zb::serde::Serialize,
        zb::serde::Deserialize,
        zb::ts_rs::TS,
        zb::schemars::JsonSchema
    )]
    #[serde(remote = "BookingError")]
    #[ts(rename = "BookingError")]
    #[schemars(rename = "BookingError")]
    #[serde(crate = "zb::serde")]
    #[ts(crate = "zb::ts_rs")]
    #[schemars(crate = "zb::schemars")]
    enum __BookingErrorMirror {
        #[serde(rename = "slotTaken")]
        #[ts(rename = "slotTaken")]
        SlotTaken {
            #[serde(rename = "takenBy")]
            #[ts(rename = "takenBy")]
            taken_by: String,
        },
        #[serde(skip)]
        #[ts(skip)]
        #[schemars(skip)]
        #[serde(rename = "system")]
        #[ts(rename = "system")]
        System(Error),
    }
    struct __Link;
    impl zb::wire::Wire<BookingError> for __Link {
        type Shape = __BookingErrorMirror;
        fn serialize<__S: zb::serde::Serializer>(
            value: &BookingError,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __BookingErrorMirror::serialize(value, serializer)
        }
        fn deserialize<'de, __D: zb::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<BookingError, __D::Error> {
            __BookingErrorMirror::deserialize(deserializer)
        }
    }
    /// The types that `__Link` has a wire form of.
    trait __Linked: Sized {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<BookingError>,
            __A: zb::wire::Ask<Self>;
    }
    impl __Linked for BookingError {
        fn ask<__W, __A>(question: __A) -> __A::Answer
        where
            __W: zb::wire::Wire<BookingError>,
            __A: zb::wire::Ask<Self>,
        {
            question.ask::<__W>()
        }
    }
    fn __proof<__T: __Linked, __A: zb::wire::Ask<__T>>(
        question: __A,
    ) -> __A::Answer {
        __T::ask::<__Link, __A>(question)
    }
    fn __wire<__T: __Linked, __A: zb::wire::Ask<__T>>(
        question: __A,
    ) -> __A::Answer {
        __proof::<__T, __A>(question)
    }
    zb::same_wire! {
        [BookingError] [__wire] [true]
    }
    #[automatically_derived]
    impl zb::FunctionError for BookingError {
        type Data = Self;
        const CODES: &'static [&'static str] = &["slot_taken"];
        fn into_error(self) -> zb::Error {
            match self {
                Self::SlotTaken { .. } => {
                    zb::Error::with_data("slot_taken", &self)
                }
                Self::System(error) => ::core::convert::Into::into(error),
            }
        }
    }
    #[automatically_derived]
    impl zb::TypedError for BookingError {
        fn from_told(
            told: &zb::WireError,
        ) -> ::core::option::Option<Self> {
            zb::error_of_data(
                told,
                <Self as zb::FunctionError>::CODES,
            )
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<zb::Error> for BookingError {
        fn from(error: zb::Error) -> Self {
            Self::System(error)
        }
    }
};
