use zeroback::prelude::*;

#[derive(Table)]
#[table(name = "Tasks")]
pub struct Upper {
    pub text: String,
}

#[derive(Table)]
#[table(name = "a_name_that_goes_on_and_on_and_on_until_nobody_reads_it")]
pub struct Long {
    pub text: String,
}

#[derive(Table)]
#[table(name = "sqlite_tasks")]
pub struct Reserved {
    pub text: String,
}

#[derive(Table)]
pub struct SqliteStat {
    pub text: String,
}

#[derive(Table)]
#[table(nmae = "tasks")]
pub struct Misspelt {
    pub text: String,
}

#[derive(Table)]
pub struct Fields {
    pub _text: String,
    pub a_b: u32,
    #[serde(rename = "aB")]
    pub other: u32,
}

fn main() {}
