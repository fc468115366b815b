const codes: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG"];

/** Whether it failed because the disk, or what this user may have of it, is full. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && "code" in error && codes.includes(error.code);
}
