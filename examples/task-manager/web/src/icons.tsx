import type { ReactNode } from "react";

function icon(path: ReactNode): () => ReactNode {
  return () => (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      {path}
    </svg>
  );
}

export const PlusIcon = icon(<path d="M10 4.5v11M4.5 10h11" />);
export const PencilIcon = icon(<path d="M12.8 4.2l3 3-8.6 8.6-3.7.7.7-3.7zM11.2 5.8l3 3" />);
export const TrashIcon = icon(<path d="M4.5 6h11M8 6V4.2h4V6M6 6l.6 9.8h6.8L14 6M8.6 8.6v4.6M11.4 8.6v4.6" />);
export const CloseIcon = icon(<path d="M5.5 5.5l9 9M14.5 5.5l-9 9" />);
export const BackIcon = icon(<path d="M12 4.5L6.5 10l5.5 5.5" />);
export const BoardIcon = icon(
  <path d="M3.5 5.2l1.3 1.3 2.2-2.4M9.5 5.4h7M3.5 10.4l1.3 1.3L7 9.3M9.5 10.6h7M4 15.6h2.4M9.5 15.6h7" />,
);
