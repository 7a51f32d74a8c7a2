//! What a migration may look like.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

zeroback::app!();

/// What has changed.
pub mod migrations {
    use zeroback::prelude::*;

    /// What can go wrong.
    #[derive(Debug, Value)]
    pub enum SplitError {
        /// There is no blank in it.
        NoBlank {
            /// What there is.
            name: String,
        },
        /// Anything else.
        #[value(system)]
        System(Error),
    }

    /// A name had been one field.
    ///
    /// # Errors
    ///
    /// Where a name has no blank.
    #[migration]
    pub fn m0001_split_names(ctx: &MigrationCtx) -> Result<(), SplitError> {
        for table in ["users", "guests"] {
            let mut wrong = None;
            ctx.table(table)?.update_each(|user| {
                let name: String = user.get("name")?;
                match name.split_once(' ') {
                    Some((first, last)) => {
                        user.set("firstName", first)?;
                        user.set("lastName", last)?;
                    }
                    None => wrong = Some(name),
                }
                Ok(())
            })?;
            if let Some(name) = wrong {
                return Err(SplitError::NoBlank { name });
            }
        }
        Ok(())
    }

    #[migration]
    fn r#async(_: &MigrationCtx) -> Result<()> {
        Ok(())
    }

    type Outcome = Result<()>;

    #[migration]
    pub(crate) fn m0002_first_project(_ctx: &MigrationCtx) -> Outcome {
        Ok(())
    }

    #[cfg(any())]
    #[migration]
    fn never(ctx: &MigrationCtx) -> Result<()> {
        ctx.nothing()
    }
}

fn main() {
    app().check().expect("a sound app");
}
