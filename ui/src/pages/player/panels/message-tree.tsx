import { MOST_TURNED } from "../model/place";
import { type Node, nodeOf } from "../model/tree";
import { usePlace } from "../use-place";
import classes from "./panels.module.css";

type Props = { topic: string; message: unknown; onPlot: (field: string) => void };

/** A decoded message, opened as far as a person wants. */
export function MessageTree({ topic, message, onPlot }: Props) {
  const { search, choose } = usePlace();
  const turned = search.turned ?? [];
  const turn = (path: string) => {
    const others = turned.filter((one) => one !== path);
    const next = others.length < turned.length ? others : [...others, path];
    choose({ turned: next.length === 0 ? undefined : next.slice(-MOST_TURNED) });
  };
  const root = nodeOf(topic, message);
  const nodes = root.inner?.() ?? [root];
  return (
    <div className={classes.tree} data-testid="message">
      {nodes.map((node) => (
        <Row
          key={node.path}
          node={node}
          depth={0}
          turned={turned}
          onTurn={turn}
          onPlot={(path) => onPlot(`${topic}${path}`)}
        />
      ))}
    </div>
  );
}

// So deep a message is open at first.
const OPEN_DEPTH = 2;

type RowProps = {
  node: Node;
  depth: number;
  turned: string[];
  onTurn: (path: string) => void;
  onPlot: (path: string) => void;
};

function Row({ node, depth, turned, onTurn, onPlot }: RowProps) {
  const isOpen = depth < OPEN_DEPTH !== turned.includes(node.path);
  const { inner } = node;
  return (
    <>
      <div className={classes.node}>
        {inner === null ? (
          <span className={classes.name}>{node.name}</span>
        ) : (
          <button type="button" className={classes.name} aria-expanded={isOpen} onClick={() => onTurn(node.path)}>
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
            <Row key={one.path} node={one} depth={depth + 1} turned={turned} onTurn={onTurn} onPlot={onPlot} />
          ))}
        </div>
      ) : null}
    </>
  );
}
