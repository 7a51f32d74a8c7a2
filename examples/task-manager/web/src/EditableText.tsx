import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";

interface EditableTextProps {
  readonly text: string;
  readonly label: string;
  readonly lengthMax: number;
  /**
   * Called once, with the new text, or with `undefined` where nothing is to change, and whether it
   * was a key that ended it: then the keyboard is still here and needs a new place.
   */
  readonly onDone: (text: string | undefined, byKey: boolean) => void;
}

/** A field in place of a text. Enter and leaving it keep the change, Escape drops it. */
export function EditableText({ text, label, lengthMax, onDone }: EditableTextProps): ReactNode {
  const [draft, setDraft] = useState(text);
  const isDone = useRef(false);
  const changed = draft.trim() !== "" && draft.trim() !== text ? draft.trim() : undefined;

  // A field that goes away may lose the focus once more.
  const finish = (result: string | undefined, byKey: boolean): void => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(result, byKey);
  };

  const handleKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") finish(changed, true);
    if (event.key === "Escape") finish(undefined, true);
  };

  return (
    <input
      className="editable"
      data-testid="edit"
      aria-label={label}
      autoFocus
      maxLength={lengthMax}
      value={draft}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={handleKey}
      onBlur={() => finish(changed, false)}
    />
  );
}
