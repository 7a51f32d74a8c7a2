//! The board's functions, tested in memory.

use task_manager::{projects, stats, tasks};
use zeroback::testing::TestApp;

#[test]
fn a_new_task_reaches_whoever_looks_at_its_project() {
    let t = TestApp::new(task_manager::app());
    let create = |name: &str| {
        let name = name.to_owned();
        t.mutation(projects::create::Args { name }).unwrap()
    };
    let (home, work) = (create("Home"), create("Work"));
    let mut board = t.subscribe(tasks::list::Args {
        project_id: home,
        is_completed: None,
        limit: None,
    });
    assert!(board.next().unwrap().unwrap().is_empty());

    let text = "water the plants".to_owned();
    let args = tasks::create::Args {
        project_id: home,
        text,
    };
    let id = t.mutation(args).unwrap();
    let tasks = board.next().unwrap().unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].id(), &id);
    assert_eq!(tasks[0].text, "water the plants");

    let elsewhere = tasks::create::Args {
        project_id: work,
        text: "write the report".to_owned(),
    };
    t.mutation(elsewhere).unwrap();
    assert!(board.next().is_none());
}

#[test]
fn the_newest_tasks_come_first_whatever_their_state() {
    let t = TestApp::new(task_manager::app());
    let name = "Home".to_owned();
    let project_id = t.mutation(projects::create::Args { name }).unwrap();
    let create = |text: &str| {
        let text = text.to_owned();
        t.mutation(tasks::create::Args { project_id, text })
            .unwrap()
    };
    let (first, second) = (create("first"), create("second"));
    t.mutation(tasks::toggle::Args { id: first }).unwrap();
    let list = |is_completed, limit| {
        let args = tasks::list::Args {
            project_id,
            is_completed,
            limit,
        };
        let tasks = t.query(args).unwrap();
        tasks.iter().map(|task| *task.id()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, Some(1)), [second]);
    assert_eq!(list(None, None), [second, first]);
    assert_eq!(list(Some(true), None), [first]);
}

#[test]
fn removing_a_project_removes_its_tasks() {
    let t = TestApp::new(task_manager::app());
    let name = "Home".to_owned();
    let project_id = t.mutation(projects::create::Args { name }).unwrap();
    for text in ["a", "b", "c"] {
        let text = text.to_owned();
        t.mutation(tasks::create::Args { project_id, text })
            .unwrap();
    }
    let mut summary = t.subscribe(stats::summary::Args { project_id });
    assert_eq!(summary.next().unwrap().unwrap().open, 3);
    t.mutation(projects::remove::Args { id: project_id })
        .unwrap();
    assert_eq!(summary.next().unwrap().unwrap().open, 0);
}

#[test]
fn an_empty_name_is_refused() {
    let t = TestApp::new(task_manager::app());
    let name = "  ".to_owned();
    let error = t.mutation(projects::create::Args { name }).unwrap_err();
    let error = zeroback::Error::from(error);
    assert_eq!(error.code().as_str(), "invalid");
    assert_eq!(error.message(), "a project needs a name");
}
