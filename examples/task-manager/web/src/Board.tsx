import { type ReactNode, useEffect, useRef, useState } from "react";
import { useMutation, useQuery } from "zeroback/react";
import { api, type Doc } from "./api";
import { EditableText } from "./EditableText";
import { BackIcon, BoardIcon, PencilIcon, TrashIcon } from "./icons";
import { NewTask } from "./NewTask";
import { useAttempt } from "./notices";
import { type Filter, useRoute } from "./route";
import { TaskRow } from "./TaskRow";

/** How many tasks are shown at first, and how many more at a time. */
const PAGE = 100;

interface Waiting {
  readonly key: number;
  readonly text: string;
}

let nextKey = 0;

/** One project: its name, and its tasks, newest first. */
export function Board({ project }: { readonly project: Doc<"projects"> }): ReactNode {
  const projectId = project._id;
  const [{ filter }] = useRoute();
  const [limit, setLimit] = useState(PAGE);
  const [waiting, setWaiting] = useState<readonly Waiting[]>([]);
  const isCompleted = filter === "all" ? null : filter === "done";
  const listed = useQuery(api.tasks.list, { projectId, isCompleted, limit });
  const tasks = useKept(listed);
  const summary = useKept(useQuery(api.stats.summary, { projectId }));
  const createTask = useMutation(api.tasks.create);
  const attempt = useAttempt();

  const create = async (text: string): Promise<boolean> => {
    const entry = { key: nextKey++, text };
    setWaiting((present) => [entry, ...present]);
    const id = await attempt(`“${text}” was not added`, createTask({ projectId, text }));
    setWaiting((present) => present.filter(({ key }) => key !== entry.key));
    return id !== undefined;
  };

  return (
    <section className="board" data-testid="board" aria-label={project.name}>
      <BoardHeader project={project} />
      <Progress open={summary?.open ?? 0} done={summary?.done ?? 0} />
      <NewTask onCreate={create} />
      <Filters open={summary?.open} done={summary?.done} />
      <ul className="tasks" data-testid="tasks" aria-label="Tasks" aria-busy={listed === undefined}>
        {waiting.map(({ key, text }) => (
          <li className="task task-waiting" data-testid="waiting" key={key}>
            <span className="check" />
            <span className="task-text">{text}</span>
          </li>
        ))}
        {tasks?.map((task) => <TaskRow key={task._id} task={task} />)}
      </ul>
      {listed?.length === 0 && waiting.length === 0 && <NoTasks filter={filter} />}
      {listed?.length === limit && (
        <button className="button more" onClick={() => setLimit(limit + PAGE)}>
          Show older tasks
        </button>
      )}
    </section>
  );
}

function BoardHeader({ project }: { readonly project: Doc<"projects"> }): ReactNode {
  const [isEditing, setIsEditing] = useState(false);
  const [newName, setNewName] = useState<string>();
  const rename = useMutation(api.projects.rename);
  const attempt = useAttempt();
  const [, go] = useRoute();
  const [isRemoving, setIsRemoving] = useState(false);

  const finish = async (name: string | undefined): Promise<void> => {
    setIsEditing(false);
    if (name === undefined) return;
    setNewName(name);
    await attempt("The project was not renamed", rename({ id: project._id, name }));
    setNewName(undefined);
  };

  return (
    <header className="board-header">
      <button className="icon-button back" aria-label="Projects" onClick={() => go({ projectId: undefined })}>
        <BackIcon />
      </button>
      <h1 data-testid="project-name" onDoubleClick={() => setIsEditing(true)}>
        {isEditing ? (
          <EditableText text={project.name} label="Project name" lengthMax={80} onDone={finish} />
        ) : (
          (newName ?? project.name)
        )}
      </h1>
      <div className="board-actions">
        <button
          className="icon-button"
          data-testid="rename-project"
          aria-label="Rename project"
          title="Rename project"
          onClick={() => setIsEditing(true)}
        >
          <PencilIcon />
        </button>
        <button
          className="icon-button danger"
          data-testid="remove-project"
          aria-label="Delete project"
          title="Delete project"
          onClick={() => setIsRemoving(true)}
        >
          <TrashIcon />
        </button>
      </div>
      {isRemoving && <RemoveProject project={project} onDone={() => setIsRemoving(false)} />}
    </header>
  );
}

interface RemoveProjectProps {
  readonly project: Doc<"projects">;
  readonly onDone: () => void;
}

function RemoveProject({ project, onDone }: RemoveProjectProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const remove = useMutation(api.projects.remove);
  const attempt = useAttempt();
  const [, go] = useRoute();

  useEffect(() => dialog.current?.showModal(), []);

  const confirm = (): void => {
    onDone();
    go({ projectId: undefined, filter: "all" });
    void attempt("The project was not deleted", remove({ id: project._id }));
  };

  return (
    <dialog className="dialog" ref={dialog} onClose={onDone} aria-labelledby="remove-title">
      <h2 id="remove-title">Delete “{project.name}”?</h2>
      <p>Its tasks go with it, in every window. There is no way back.</p>
      <div className="dialog-actions">
        <button className="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button className="button button-danger" data-testid="confirm-remove" onClick={confirm}>
          Delete project
        </button>
      </div>
    </dialog>
  );
}

function Progress({ open, done }: { readonly open: number; readonly done: number }): ReactNode {
  const total = open + done;
  const share = total === 0 ? 0 : done / total;
  const text = total === 0 ? "No tasks yet" : open === 0 ? "All done" : `${done} of ${total} done`;
  return (
    <div className="progress">
      <div className="progress-bar" role="presentation">
        <div style={{ scale: `${share} 1` }} />
      </div>
      <span data-testid="progress">{text}</span>
    </div>
  );
}

const FILTERS: readonly { readonly filter: Filter; readonly name: string }[] = [
  { filter: "all", name: "All" },
  { filter: "open", name: "Open" },
  { filter: "done", name: "Done" },
];

function Filters({ open, done }: { readonly open: number | undefined; readonly done: number | undefined }): ReactNode {
  const [route, go] = useRoute();
  const counts = { open, done, all: open === undefined || done === undefined ? undefined : open + done };
  return (
    <fieldset className="filters">
      <legend>Show</legend>
      {FILTERS.map(({ filter, name }) => (
        <label key={filter} className="filter" data-testid={`filter-${filter}`}>
          <input
            type="radio"
            name="filter"
            checked={route.filter === filter}
            onChange={() => go({ filter })}
          />
          {name}
          <span className="count" data-testid={`count-${filter}`}>
            {counts[filter] ?? ""}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function NoTasks({ filter }: { readonly filter: Filter }): ReactNode {
  const [title, text] = {
    all: ["Nothing to do yet", "Write the first task above and press Enter."],
    open: ["All done", "Every task here is finished. Well done."],
    done: ["Nothing done yet", "Tick a task and it will be listed here."],
  }[filter];
  return (
    <div className="empty" data-testid="no-tasks">
      <BoardIcon />
      <h2>{title}</h2>
      <p>{text}</p>
    </div>
  );
}

/** Keeps the last value while the next one is loading. */
function useKept<T>(value: T | undefined): T | undefined {
  const [kept, setKept] = useState(value);
  if (value !== undefined && value !== kept) setKept(value);
  return value ?? kept;
}
