import { type KeyboardEvent, memo, type MouseEvent, type ReactNode, useRef, useState } from "react";
import { useMutation } from "zeroback/react";
import { api, type Doc } from "./api";
import { EditableText } from "./EditableText";
import { removed, renamed, toggled } from "./guesses";
import { PencilIcon, TrashIcon } from "./icons";
import { useAttempt } from "./notices";

/** One task. What is being saved is shown as if it were, in all lists. */
export const TaskRow = memo(function TaskRow({ task }: { readonly task: Doc<"tasks"> }): ReactNode {
  const id = task._id;
  const row = useRef<HTMLLIElement>(null);
  const [isEditing, setIsEditing] = useState(false);
  const toggleTask = useMutation(api.tasks.toggle, { optimisticUpdate: toggled });
  const renameTask = useMutation(api.tasks.rename, { optimisticUpdate: renamed });
  const removeTask = useMutation(api.tasks.remove, { optimisticUpdate: removed });
  const attempt = useAttempt();

  const toggle = (): void => void attempt(`“${task.text}” was not changed`, toggleTask({ id }));

  const rename = (text: string | undefined, byKey: boolean): void => {
    setIsEditing(false);
    if (byKey) focus(row.current);
    if (text !== undefined) void attempt(`“${task.text}” was not renamed`, renameTask({ id, text }));
  };

  const remove = (): void => {
    focus(row.current?.nextElementSibling ?? row.current?.previousElementSibling);
    void attempt(`“${task.text}” was not deleted`, removeTask({ id }));
  };

  /** A finger has no second click, and no button to rename beside the text. */
  const handleTap = (event: MouseEvent): void => {
    if ((event.nativeEvent as PointerEvent).pointerType === "touch") setIsEditing(true);
  };

  const handleKey = (event: KeyboardEvent): void => {
    const actions: Record<string, () => void> = {
      ArrowDown: () => focus(row.current?.nextElementSibling),
      ArrowUp: () => focus(row.current?.previousElementSibling),
      Enter: () => setIsEditing(true),
      F2: () => setIsEditing(true),
      Delete: remove,
    };
    const action = actions[event.key];
    // Enter on a button is the button's.
    if (action === undefined || (event.key === "Enter" && event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    action();
  };

  return (
    <li
      ref={row}
      className="task"
      data-testid="task"
      data-done={task.isCompleted}
      onKeyDown={handleKey}
    >
      <input
        type="checkbox"
        className="check"
        data-testid="toggle"
        aria-label={task.text}
        checked={task.isCompleted}
        onChange={toggle}
      />
      {isEditing ? (
        <EditableText text={task.text} label="Task" lengthMax={500} onDone={rename} />
      ) : (
        <span
          className="task-text"
          data-testid="task-text"
          onClick={handleTap}
          onDoubleClick={() => setIsEditing(true)}
        >
          {task.text}
        </span>
      )}
      <time className="task-time" dateTime={new Date(task._creationTime).toISOString()}>
        {age(task._creationTime)}
      </time>
      <div className="task-actions">
        <button
          className="icon-button"
          data-testid="rename"
          aria-label={`Rename ${task.text}`}
          title="Rename (Enter)"
          onClick={() => setIsEditing(true)}
        >
          <PencilIcon />
        </button>
        <button
          className="icon-button danger"
          data-testid="remove"
          aria-label={`Delete ${task.text}`}
          title="Delete (Del)"
          onClick={remove}
        >
          <TrashIcon />
        </button>
      </div>
    </li>
  );
});

/** Puts the keyboard on a row. */
function focus(row: Element | null | undefined): void {
  row?.querySelector<HTMLElement>("input[type=checkbox]")?.focus();
}

const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** The time of day for what is of today, else the day. */
function age(createdMs: number): string {
  const created = new Date(createdMs);
  return created.toDateString() === new Date().toDateString() ? time.format(created) : day.format(created);
}
