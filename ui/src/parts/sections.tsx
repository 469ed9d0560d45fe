import { Link } from "@tanstack/react-router";
import classes from "./sections.module.css";

export type Section = { to: string; title: string };

/** The pages of one area beside each other; the URL says which is shown, and what lies below it. */
export function Sections({ label, sections }: { label: string; sections: Section[] }) {
  return (
    <nav aria-label={label} className={classes.sections}>
      {sections.map(({ to, title }) => (
        <Link
          key={to}
          to={to}
          className={classes.section}
          activeOptions={{ exact: sections.some((other) => other.to.startsWith(`${to}/`)), includeSearch: false }}
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}
