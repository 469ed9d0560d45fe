export function RobotPage({ robotId }: { robotId: string }) {
  return <p>{robotId}</p>;
}
