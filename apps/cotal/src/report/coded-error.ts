import { CotalError, quoted } from "@cotal/subjects";
import { isNoRoom } from "../home/no-room.ts";

/** Any failure as one with a code: a file that the system refuses has one, the rest is a defect of the program. */
export function codedError(error: unknown): CotalError {
  if (error instanceof CotalError) return error;
  const { code, path, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof path === "string") {
    return new CotalError("home-unusable", `${quoted(path)} cannot be used: ${meaning[code ?? ""] ?? code}`, {
      hint: "see cotal paths for where everything lies; COTAL_HOME=<folder> moves it",
      data: { path, code },
      cause: error,
    });
  }
  if (isNoRoom(error)) {
    return new CotalError(
      "disk-full",
      `there is no room for what has to be written: ${meaning[code ?? ""] ?? code}`,
      {
        hint: "make room, and do it again; cotal status tells whether something is stuck",
        cause: error,
      },
    );
  }
  return new CotalError("internal", `cotal has failed in a way that nobody foresaw: ${message}`, {
    hint: "run it again with --debug and report what it prints",
    cause: error,
  });
}

const meaning: Readonly<Record<string, string>> = {
  EACCES: "this user may not open it",
  EPERM: "this user may not change it",
  EROFS: "its disk is read-only",
  ENOSPC: "its disk is full",
  EFBIG: "a file may not become that large",
  EDQUOT: "the user's share of its disk is used up",
  ENOENT: "it is not there, and cannot be made",
  ENOTDIR: "a file stands where a folder is needed",
  EEXIST: "a file stands where a folder is needed",
};
