//! The chat's native server, without pages; `chat-server` has them.

fn main() -> std::process::ExitCode {
    zeroback::native::main(chat::app())
}
