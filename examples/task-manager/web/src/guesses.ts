/** What mutations will make of the tasks that are shown, until the server has said it. */

import type { OptimisticStore, OptimisticUpdate } from "zeroback";
import { api, type Doc, type Id } from "./api";

type Task = Doc<"tasks">;

export const toggled: OptimisticUpdate<typeof api.tasks.toggle> = (store, { id }) =>
  change(store, id, (task) => ({ ...task, isCompleted: !task.isCompleted }));

export const renamed: OptimisticUpdate<typeof api.tasks.rename> = (store, { id, text }) =>
  change(store, id, (task) => ({ ...task, text: text.trim() }));

export const removed: OptimisticUpdate<typeof api.tasks.remove> = (store, { id }) => change(store, id, () => undefined);

/** Puts what is made of a task into its place in all lists that have it, and counts it anew. */
function change(store: OptimisticStore, id: Id<"tasks">, make: (task: Task) => Task | undefined): void {
  let before: Task | undefined;
  for (const { args, value } of store.all(api.tasks.list)) {
    const found = value.find(({ _id }) => _id === id);
    if (found === undefined) continue;
    before = found;
    const after = make(found);
    const isListed = after !== undefined && (args.isCompleted ?? after.isCompleted) === after.isCompleted;
    const tasks = value.flatMap((task) => (task !== found ? [task] : isListed ? [after] : []));
    store.set(api.tasks.list, args, tasks);
  }
  if (before === undefined) return;
  const { projectId, isCompleted } = before;
  const after = make(before);
  store.update(api.stats.summary, { projectId }, ({ open, done }) => ({
    open: open - Number(!isCompleted) + Number(after?.isCompleted === false),
    done: done - Number(isCompleted) + Number(after?.isCompleted === true),
  }));
}
