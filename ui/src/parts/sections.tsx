import { Link, useLocation } from "@tanstack/react-router";
import classes from "./sections.module.css";

export type Section = { to: string; title: string };

/** The pages of one area beside each other; the URL says which is shown, and the longest that fits it is. */
export function Sections({ label, sections }: { label: string; sections: Section[] }) {
  const path = useLocation({ select: (location) => location.pathname.replace(/\/$/, "") });
  const [shown] = sections
    .filter(({ to }) => path === to || path.startsWith(`${to}/`))
    .sort((one, other) => other.to.length - one.to.length);
  return (
    <nav aria-label={label} className={classes.sections}>
      {sections.map(({ to, title }) => (
        <Link
          key={to}
          to={to}
          className={classes.section}
          activeProps={{}}
          aria-current={shown?.to === to ? "page" : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}
