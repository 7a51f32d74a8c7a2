use zeroback::prelude::*;

#[derive(Table)]
#[search(search_text(txet), filter(project_id))]
#[search(search_notes(notes), fitler(project_id))]
#[search(search_both(text), search_more(notes))]
#[search(by_project(text))]
#[search(text)]
#[index(by_project(project_id))]
pub struct Task {
    pub project_id: u32,
    #[search]
    pub text: String,
    pub notes: Option<String>,
}

fn main() {}
