import { describe, expect, test } from "vitest";
import { commandLine, parseCommandLine } from "./command-line";

describe("a command line", () => {
  test("is split into words, with quotes as in a shell", () => {
    expect(parseCommandLine(`python3 -m pytest -k 'stops and not slow' "a b" c\\ d`)).toEqual({
      argv: ["python3", "-m", "pytest", "-k", "stops and not slow", "a b", "c d"],
      byShell: false,
    });
    expect(parseCommandLine(`say '' "a \\"b\\""`)).toEqual({ argv: ["say", "", 'a "b"'], byShell: false });
  });

  test.each(["ls | wc -l", "make && make test", "echo $HOME", 'echo "$HOME"', "cat *.txt", "A=1 make", "x > y"])(
    "that needs a shell is given to one whole: %s",
    (line) => {
      expect(parseCommandLine(line)).toEqual({ argv: ["sh", "-c", line], byShell: true });
    },
  );

  test("with signs of the shell in quotes needs none", () => {
    expect(parseCommandLine(`grep 'a|b' "<tag>"`)).toEqual({ argv: ["grep", "a|b", "<tag>"], byShell: false });
  });

  test("that is empty or whose quote is open is refused with words", () => {
    expect(parseCommandLine("  ")).toEqual({ problem: "Say what to run." });
    expect(parseCommandLine("echo 'a")).toEqual({ problem: "A quote is not closed." });
  });

  test.each([
    [["python3", "watch.py"]],
    [["echo", "it's", ""]],
    [["sh", "-c", "ls | wc -l"]],
    [["sh", "-c", "ls"]],
    [["bash", "-c", "ls | wc"]],
  ])("says the same again when it is read back: %j", (argv) => {
    expect(parseCommandLine(commandLine(argv))).toMatchObject({ argv });
  });
});
