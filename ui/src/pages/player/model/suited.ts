import type { Model } from "~/api/client";
import type { PanelName } from "./place";

type Tree = Model<"FieldTree">;
type Topic = Model<"TopicFields">;

const IMAGES = new Set([
  "foxglove.CompressedImage",
  "foxglove.RawImage",
  "sensor_msgs/msg/CompressedImage",
  "sensor_msgs/msg/Image",
  "sensor_msgs/CompressedImage",
  "sensor_msgs/Image",
]);

/** Topics whose messages are images. */
export function cameras(tree: Tree): string[] {
  return tree.topics.filter((topic) => IMAGES.has(topic.message_type)).map((topic) => topic.topic);
}

export type PoseFields = { topic: string; x: string; y: string; isGlobe: boolean };

// Beginnings of a pair of numbers that is a place seen from above, the likeliest first.
const PLACES = [/(^|\.)position$/, /(^|\.)translation$/, /(^|\.)(pose|location|point|centroid)$/, /^$/];
const SKIPPED = /twist|velocity|acceleration|covariance|orientation|rotation|force|torque|linear|angular/;

/** Pairs of fields that a path can be drawn of: one for each topic that has any. */
export function poses(tree: Tree): PoseFields[] {
  return tree.topics
    .flatMap((topic) => poseOf(topic) ?? [])
    .sort((one, other) => Number(other.topic.includes("odom")) - Number(one.topic.includes("odom")));
}

function poseOf({ topic, fields, message_type }: Topic): PoseFields | null {
  const known = new Set(fields);
  const name = (path: string) => (path.startsWith("[") ? `${topic}${path}` : `${topic}.${path}`);
  if (known.has("latitude") && known.has("longitude")) {
    return { topic, x: name("longitude"), y: name("latitude"), isGlobe: true };
  }
  const beginnings = fields
    .filter((path) => path === "x" || path.endsWith(".x"))
    .map((path) => path.slice(0, -1).replace(/\.$/, ""))
    .filter((beginning) => known.has(beginning === "" ? "y" : `${beginning}.y`) && !SKIPPED.test(beginning));
  for (const place of PLACES) {
    const found = beginnings.find((beginning) => place.test(beginning));
    if (found === undefined || (found === "" && !/pose|point|position|odom/i.test(`${message_type}${topic}`))) continue;
    const dot = found === "" ? "" : ".";
    return { topic, x: name(`${found}${dot}x`), y: name(`${found}${dot}y`), isGlobe: false };
  }
  return null;
}

const CHARGE = /(^|[._])(percentage|percent|charge|soc|state_of_charge|level|battery_level|remaining)$/i;

/** The field that says how full the battery is. */
export function batteryField(tree: Tree): string | null {
  for (const { topic, fields, message_type } of tree.topics) {
    const isBattery = /batter/i.test(`${topic} ${message_type}`);
    const path = fields.find((one) => CHARGE.test(one) && (isBattery || /batter/i.test(one)));
    if (path !== undefined) return `${topic}.${path}`;
  }
  return null;
}

/** A charge as a share of one: some robots count to 1, others to 100. */
export function chargeShare(value: number, highest: number | null): number {
  const share = (highest ?? value) > 1.5 ? value / 100 : value;
  return Math.min(Math.max(share, 0), 1);
}

export type LogLevel = "debug" | "info" | "warning" | "error" | "fatal";
const LEVELS: LogLevel[] = ["debug", "info", "warning", "error", "fatal"];
/** How each kind of log message counts its levels, from debug to fatal. */
const SCALES: Record<string, number[]> = {
  "rcl_interfaces/msg/Log": [10, 20, 30, 40, 50],
  "rosgraph_msgs/Log": [1, 2, 4, 8, 16],
  "rosgraph_msgs/msg/Log": [1, 2, 4, 8, 16],
  "foxglove.Log": [1, 2, 3, 4, 5],
  "foxglove_msgs/msg/Log": [1, 2, 3, 4, 5],
};

export type LogTopic = { topic: string; field: string; scale: number[] };

export function logTopics(tree: Tree): LogTopic[] {
  return tree.topics.flatMap(({ topic, message_type, fields }) => {
    const scale = SCALES[message_type];
    return scale !== undefined && fields.includes("level") ? [{ topic, field: `${topic}.level`, scale }] : [];
  });
}

/** The level a number stands for: the highest that it reaches. */
export function levelOf(scale: number[], value: number): LogLevel {
  let level: LogLevel = "debug";
  for (const [index, least] of scale.entries()) if (value >= least) level = LEVELS[index] ?? level;
  return level;
}

export function rankOf(level: LogLevel): number {
  return LEVELS.indexOf(level);
}

/** The panels that show something of this recording. */
export function panelsOf(tree: Tree | undefined): PanelName[] {
  if (tree === undefined) return ["messages", "notes", "about"];
  const found: PanelName[] = [];
  if (cameras(tree).length > 0) found.push("cameras");
  if (poses(tree).length > 0) found.push("path");
  if (batteryField(tree) !== null) found.push("battery");
  if (logTopics(tree).length > 0) found.push("log");
  return [...found, "messages", "notes", "about"];
}

/** What is open before anybody chooses. */
export function openedAtFirst(possible: PanelName[]): PanelName[] {
  return possible.filter((panel) => panel !== "messages" && panel !== "about");
}
