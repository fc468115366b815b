const oldest = [20, 19] as const;

/** One line for whoever runs this on a Node that is too old; nothing for everybody else. */
export function nodeRefusal(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return `cotal needs Node ${oldest.join(".")} or newer and this is Node ${version}; install a newer one from nodejs.org`;
}
