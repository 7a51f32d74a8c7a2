import { type ReactNode, useEffect } from "react";
import { useQuery } from "zeroback/react";
import { api } from "./api";
import { Board } from "./Board";
import { ConnectionLight } from "./ConnectionLight";
import { FailureBoundary } from "./FailureBoundary";
import { BoardIcon } from "./icons";
import { Sidebar } from "./Sidebar";
import { useRoute } from "./route";

/** Projects on the left, the tasks of one of them on the right; on a phone one after the other. */
export function App(): ReactNode {
  const projects = useQuery(api.projects.list);
  const [route] = useRoute();
  const chosen = projects?.find(({ _id }) => _id === route.projectId);
  const shown = chosen ?? projects?.[0];

  useEffect(() => {
    document.title = shown === undefined ? "Tasks" : `${shown.name} · Tasks`;
  }, [shown?.name]);

  return (
    <div className="app" data-screen={chosen === undefined ? "projects" : "board"}>
      <Sidebar projects={projects} shownId={shown?._id} />
      <main className="main">
        {shown !== undefined && (
          <FailureBoundary key={shown._id}>
            <Board project={shown} />
          </FailureBoundary>
        )}
        {projects?.length === 0 && (
          <div className="empty" data-testid="no-projects">
            <BoardIcon />
            <h1>Start with a project</h1>
            <p>A house move, a release, a holiday: name it under “Projects”, and its tasks will live here.</p>
          </div>
        )}
      </main>
      <ConnectionLight />
    </div>
  );
}
