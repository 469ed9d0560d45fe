import { expect, test } from "vitest";
import { batteryField, cameras, chargeShare, levelOf, logTopics, openedAtFirst, panelsOf, poses } from "./suited";

const topic = (name: string, message_type: string, fields: string[]) => ({
  topic: name,
  message_type,
  message_count: 1,
  fields,
  problem: null,
});
const tree = {
  topics: [
    topic("/groundtruth/pose", "geometry_msgs/msg/PoseStamped", [
      "header.stamp.sec",
      "pose.position.x",
      "pose.position.y",
    ]),
    topic("/tf", "tf2_msgs/msg/TFMessage", [
      "transforms[0].transform.translation.x",
      "transforms[0].transform.translation.y",
    ]),
    topic("/cmd_vel", "geometry_msgs/msg/Twist", ["linear.x", "linear.y"]),
    topic("/gps", "sensor_msgs/msg/NavSatFix", ["latitude", "longitude", "altitude"]),
    topic("/battery", "sensor_msgs/msg/BatteryState", ["voltage", "percentage"]),
    topic("/camera", "foxglove.CompressedImage", ["timestamp.seconds"]),
    topic("/rosout", "rcl_interfaces/msg/Log", ["stamp.sec", "level", "line"]),
    topic("/level", "std_msgs/msg/Float64", ["level"]),
  ],
};

test("paths are drawn of places, not of speeds", () =>
  expect(poses(tree).map(({ x, y }) => [x, y])).toEqual([
    ["/groundtruth/pose.pose.position.x", "/groundtruth/pose.pose.position.y"],
    ["/tf.transforms[0].transform.translation.x", "/tf.transforms[0].transform.translation.y"],
    ["/gps.longitude", "/gps.latitude"],
  ]));

test("x and y at the top are a place when the topic says so", () => {
  const found = poses({
    topics: [topic("/turtle/pose", "turtlesim/msg/Pose", ["x", "y", "theta"]), topic("/noise", "n", ["x", "y"])],
  });
  expect(found.map((pose) => pose.x)).toEqual(["/turtle/pose.x"]);
});

test("images, batteries and logs are known by their types", () => {
  expect(cameras(tree)).toEqual(["/camera"]);
  expect(batteryField(tree)).toBe("/battery.percentage");
  expect(logTopics(tree).map((one) => one.field)).toEqual(["/rosout.level"]);
});

test("a charge is a share, whether it counts to 1 or to 100", () => {
  expect(chargeShare(0.4, 0.9)).toBe(0.4);
  expect(chargeShare(40, 90)).toBe(0.4);
  expect(chargeShare(1, 100)).toBe(0.01);
  expect(chargeShare(-1, null)).toBe(0);
});

test("levels of each kind of log mean the same", () => {
  expect([10, 20, 30, 40, 50, 99, 0].map((value) => levelOf([10, 20, 30, 40, 50], value))).toEqual([
    "debug",
    "info",
    "warning",
    "error",
    "fatal",
    "fatal",
    "debug",
  ]);
  expect(levelOf([1, 2, 4, 8, 16], 8)).toBe("error");
});

test("only panels that have something to show are offered", () => {
  expect(panelsOf(tree)).toEqual(["cameras", "path", "battery", "log", "messages", "notes", "about"]);
  expect(panelsOf({ topics: [] })).toEqual(["messages", "notes", "about"]);
  expect(openedAtFirst(panelsOf(tree))).toEqual(["cameras", "path", "battery", "log", "notes"]);
});
