import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { centre } from "./centred";
import classes from "./sections.module.css";

export type Section = { to: string; title: string };

/** The pages of one area beside each other; the URL says which is shown, and what lies below it. */
export function Sections({ label, sections }: { label: string; sections: Section[] }) {
  const list = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  // On a phone not all of them fit; the present one is among those that show.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another present one, and more stand before it
  useEffect(() => {
    centre(list.current, list.current?.querySelector("[aria-current]"));
  }, [path, sections.length]);
  return (
    <nav ref={list} aria-label={label} className={classes.sections}>
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
