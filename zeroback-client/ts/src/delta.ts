/**
 * Deltas: what leads from one result of a live query to the next.
 *
 * What a delta does not touch keeps its identity, so that whoever compares by identity sees what has
 * changed; the old value stays as it was.
 */

type Members = Readonly<Record<string, unknown>>;

/**
 * Returns the value that a delta leads to. The values in the delta must be revived, as the value's are.
 *
 * Throws where the delta does not fit: the value is not the one that the server made it for.
 */
export function applyDelta(value: unknown, delta: unknown): unknown {
  check(isObject(delta));
  if (Array.isArray(value)) return changeList(value, delta);
  check(isObject(value));
  return changeObject(value, delta);
}

function changeObject(value: Members, delta: Members): Members {
  const { set = {}, unset = [], change = {}, ...others } = delta;
  check(isObject(set) && Array.isArray(unset) && isObject(change) && Object.keys(others).length === 0);
  const gone = new Set<unknown>(unset);
  const named = new Set<unknown>([...Object.keys(set), ...gone, ...Object.keys(change)]);
  // No member is named twice.
  check(named.size === Object.keys(set).length + unset.length + Object.keys(change).length);
  if (named.size === 0) return value;

  for (const key of gone) check(typeof key === "string" && Object.hasOwn(value, key));
  const changed = Object.entries(change).map(([key, of]) => {
    check(Object.hasOwn(value, key));
    return [key, applyDelta(value[key], of)] as const;
  });
  const kept = gone.size === 0 ? value : Object.fromEntries(Object.entries(value).filter(([key]) => !gone.has(key)));
  // Members are never assigned: one may be called `__proto__`.
  return { ...kept, ...set, ...Object.fromEntries(changed) };
}

function changeList(value: readonly unknown[], delta: Members): readonly unknown[] {
  const { list } = delta;
  check(Array.isArray(list) && Object.keys(delta).length === 1);
  const next: unknown[] = [];
  let taken = 0;
  for (const entry of list as readonly unknown[]) {
    check(Array.isArray(entry));
    const [at, id, act, insert] = entry as readonly unknown[];
    check(isPlace(at) && at >= taken && at <= value.length);
    check(id === null || (typeof id === "string" && (value[at] as Members | null | undefined)?.["_id"] === id));
    while (taken < at) next.push(value[taken++]);
    if (entry.length === 3) {
      check(taken < value.length);
      next.push(applyDelta(value[taken++], act));
    } else {
      check(entry.length === 4 && isPlace(act) && act <= value.length - at && Array.isArray(insert));
      taken += act;
      for (const element of insert as readonly unknown[]) next.push(element);
    }
  }
  while (taken < value.length) next.push(value[taken++]);
  return next;
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isPlace(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function check(fits: boolean): asserts fits {
  if (!fits) throw new Error("the delta does not fit");
}
