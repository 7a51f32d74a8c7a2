use zeroback::prelude::*;

#[derive(Table)]
#[index(by_project(projct_id))]
#[index(by_project(text))]
#[index(by_id(text))]
#[index(by_everything(text, colour, text))]
#[index(empty())]
#[unique(by_text(text))]
#[unique(by_project(text))]
#[unique(by_time(_creation_time))]
#[unique]
#[unique(text)]
pub struct Task {
    pub project_id: u32,
    pub text: String,
}

fn main() {}
