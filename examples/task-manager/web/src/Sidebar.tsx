import { type FormEvent, type ReactNode, useState } from "react";
import { useMutation, useQuery } from "zeroback/react";
import { api, type Doc, type Id } from "./api";
import { PlusIcon } from "./icons";
import { useAttempt } from "./notices";
import { print, useRoute } from "./route";

interface SidebarProps {
  readonly projects: readonly Doc<"projects">[] | undefined;
  readonly shownId: Id<"projects"> | undefined;
}

export function Sidebar({ projects, shownId }: SidebarProps): ReactNode {
  return (
    <aside className="sidebar">
      <header className="brand">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <span>Tasks</span>
      </header>
      <h2 className="sidebar-title" id="projects-title">
        Projects
      </h2>
      <nav aria-labelledby="projects-title">
        <ul className="projects" data-testid="projects" aria-busy={projects === undefined}>
          {projects?.map((project) => (
            <ProjectLink key={project._id} project={project} isShown={project._id === shownId} />
          ))}
        </ul>
      </nav>
      <NewProject />
    </aside>
  );
}

function ProjectLink({ project, isShown }: { project: Doc<"projects">; isShown: boolean }): ReactNode {
  const summary = useQuery(api.stats.summary, { projectId: project._id });
  return (
    <li>
      <a
        className="project"
        data-testid="project"
        href={print({ projectId: project._id, filter: "all" })}
        aria-current={isShown ? "page" : undefined}
      >
        <span className="project-name">{project.name}</span>
        {summary !== undefined && summary.open > 0 && (
          <span className="badge" aria-label={`${summary.open} open`}>
            {summary.open}
          </span>
        )}
      </a>
    </li>
  );
}

function NewProject(): ReactNode {
  const [name, setName] = useState("");
  const create = useMutation(api.projects.create);
  const attempt = useAttempt();
  const [, go] = useRoute();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === "") return;
    setName("");
    const projectId = await attempt("The project was not added", create({ name: wanted }));
    if (projectId !== undefined) go({ projectId, filter: "all" });
  };

  return (
    <form className="new-project" onSubmit={submit}>
      <PlusIcon />
      <input
        data-testid="new-project"
        aria-label="New project"
        placeholder="New project"
        autoComplete="off"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </form>
  );
}
