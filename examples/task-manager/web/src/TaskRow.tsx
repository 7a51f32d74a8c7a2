import { type KeyboardEvent, memo, type MouseEvent, type ReactNode, useRef, useState } from "react";
import { useMutation } from "zeroback/react";
import { api, type Doc } from "./api";
import { EditableText } from "./EditableText";
import { PencilIcon, TrashIcon } from "./icons";
import { useAttempt } from "./notices";

/** One task. What is being saved is shown as if it were. */
export const TaskRow = memo(function TaskRow({ task }: { readonly task: Doc<"tasks"> }): ReactNode {
  const id = task._id;
  const row = useRef<HTMLLIElement>(null);
  const [isEditing, setIsEditing] = useState(false);
  const [newText, setNewText] = useState<string>();
  const [toggles, setToggles] = useState(0);
  const [isGoing, setIsGoing] = useState(false);
  const toggleTask = useMutation(api.tasks.toggle);
  const renameTask = useMutation(api.tasks.rename);
  const removeTask = useMutation(api.tasks.remove);
  const attempt = useAttempt();
  const isDone = task.isCompleted !== (toggles % 2 === 1);

  const toggle = async (): Promise<void> => {
    setToggles((present) => present + 1);
    await attempt(`“${task.text}” was not changed`, toggleTask({ id }));
    setToggles((present) => present - 1);
  };

  const rename = async (text: string | undefined, byKey: boolean): Promise<void> => {
    setIsEditing(false);
    if (byKey) focus(row.current);
    if (text === undefined) return;
    setNewText(text);
    await attempt(`“${task.text}” was not renamed`, renameTask({ id, text }));
    setNewText(undefined);
  };

  const remove = async (): Promise<void> => {
    focus(row.current?.nextElementSibling ?? row.current?.previousElementSibling);
    setIsGoing(true);
    await attempt(`“${task.text}” was not deleted`, removeTask({ id }));
    setIsGoing(false);
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
      Delete: () => void remove(),
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
      data-done={isDone}
      data-saving={toggles > 0 || newText !== undefined || isGoing}
      hidden={isGoing}
      onKeyDown={handleKey}
    >
      <input
        type="checkbox"
        className="check"
        data-testid="toggle"
        aria-label={task.text}
        checked={isDone}
        onChange={toggle}
      />
      {isEditing ? (
        <EditableText text={newText ?? task.text} label="Task" lengthMax={500} onDone={rename} />
      ) : (
        <span
          className="task-text"
          data-testid="task-text"
          onClick={handleTap}
          onDoubleClick={() => setIsEditing(true)}
        >
          {newText ?? task.text}
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
