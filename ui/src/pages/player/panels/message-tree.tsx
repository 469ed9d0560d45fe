import { useState } from "react";
import { type Node, nodeOf } from "../model/tree";
import classes from "./panels.module.css";

type Props = { topic: string; message: unknown; onPlot: (field: string) => void };

/** A decoded message, opened as far as a person wants. */
export function MessageTree({ topic, message, onPlot }: Props) {
  const root = nodeOf(topic, message);
  const nodes = root.inner?.() ?? [root];
  return (
    <div className={classes.tree} data-testid="message">
      {nodes.map((node) => (
        <Row key={node.path} node={node} depth={0} onPlot={(path) => onPlot(`${topic}${path}`)} />
      ))}
    </div>
  );
}

// So deep a message is open at first.
const OPEN_DEPTH = 2;

function Row({ node, depth, onPlot }: { node: Node; depth: number; onPlot: (path: string) => void }) {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH);
  const { inner } = node;
  return (
    <>
      <div className={classes.node}>
        {inner === null ? (
          <span className={classes.name}>{node.name}</span>
        ) : (
          <button type="button" className={classes.name} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "▾" : "▸"} {node.name}
          </button>
        )}
        {node.text === null ? null : <span className={classes.text}>{node.text}</span>}
        {node.isNumber ? (
          <button type="button" className={classes.plotit} onClick={() => onPlot(node.path)}>
            plot
          </button>
        ) : null}
      </div>
      {inner !== null && isOpen ? (
        <div className={classes.inner}>
          {inner().map((one) => (
            <Row key={one.path} node={one} depth={depth + 1} onPlot={onPlot} />
          ))}
        </div>
      ) : null}
    </>
  );
}
