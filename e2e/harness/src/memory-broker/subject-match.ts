/** Whether a subject is among those that a pattern of subscriptions names. */
export function matches(pattern: string, subject: string): boolean {
  if (pattern === subject || pattern === ">") return true;
  const open = pattern.search(/[*>]/);
  if (open < 0 || !subject.startsWith(pattern.slice(0, open))) return false;
  const wanted = pattern.split(".");
  const given = subject.split(".");
  for (const [at, token] of wanted.entries()) {
    if (token === ">") return given.length > at;
    if (given[at] === undefined || (token !== "*" && token !== given[at])) return false;
  }
  return wanted.length === given.length;
}
