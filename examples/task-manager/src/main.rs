//! The task board's native server.

fn main() -> std::process::ExitCode {
    zeroback::native::main(task_manager::app())
}
