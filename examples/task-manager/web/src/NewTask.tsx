import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { PlusIcon } from "./icons";

/** The field that a task is written in. `N` goes there from anywhere. */
export function NewTask({ onCreate }: { readonly onCreate: (text: string) => Promise<boolean> }): ReactNode {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type === "text";
      if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === "") return;
    setText("");
    const isCreated = await onCreate(wanted);
    // What could not be added is given back, unless something else has been begun.
    if (!isCreated) setText((present) => (present === "" ? wanted : present));
  };

  return (
    <form className="new-task" onSubmit={submit}>
      <PlusIcon />
      <input
        ref={field}
        type="text"
        data-testid="new-task"
        aria-label="New task"
        placeholder="Add a task"
        autoComplete="off"
        enterKeyHint="done"
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <kbd className="hint">{text === "" ? "N" : "Enter"}</kbd>
    </form>
  );
}
