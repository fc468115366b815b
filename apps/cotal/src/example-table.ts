/** A line that somebody types, and what comes of it. */
export interface Example {
  /** As a shell reads it. */
  readonly line: string;
  readonly says?: string;
  /** 0 unless given. */
  readonly exit?: number;
}

/**
 * How each command is used. The lines are a story: told in the order of the commands, with `down` at the end,
 * each of them exits as it says.
 */
export const exampleTable: Readonly<Record<string, readonly Example[]>> = {
  up: [
    { line: "cotal up --detach", says: "start the mesh, or heal it, and leave it running" },
    { line: "cotal up -f cotal.yaml --dry-run", says: "what a manifest would change" },
    { line: "cotal up -f cotal.yaml --detach" },
    { line: "cotal up --space other", says: "the mesh was made with another space", exit: 8 },
  ],
  down: [
    { line: "cotal down --dry-run" },
    { line: "cotal down --drain", says: "agents finish what they have in hand" },
    { line: "cotal down --purge", says: "it lists what it would delete, and needs --yes", exit: 2 },
    { line: "cotal down --purge --yes" },
  ],
  status: [{ line: "cotal status" }, { line: "cotal status --json" }],
  spawn: [
    { line: "cotal spawn eve --preset echo", says: "says what it hears" },
    { line: "cotal spawn sum1 --role adder --exec 'wc -w'", says: "a line of the shell for each message" },
    { line: "cotal spawn prog -- sh -c 'while read word; do echo got $word; done'", says: "any program" },
    { line: "cotal spawn once --foreground -- date", says: "in your hands" },
    { line: "cotal spawn eve --preset echo", says: "it runs already", exit: 8 },
  ],
  ps: [{ line: "cotal ps" }],
  attach: [
    { line: "cotal attach prog", says: "without a terminal it prints the screen" },
    { line: "cotal attach eve", says: "an echo has no screen", exit: 2 },
  ],
  input: [{ line: "cotal input prog hello" }],
  logs: [
    { line: "cotal logs prog" },
    { line: "cotal logs broker -n 5" },
    { line: "cotal logs nobody", says: "there is no such agent", exit: 3 },
  ],
  stop: [{ line: "cotal stop prog" }],
  restart: [{ line: "cotal restart prog --timeout 30s" }],
  rm: [
    { line: "cotal rm once", says: "it lists what it would delete, and needs --yes", exit: 2 },
    { line: "cotal rm once --yes" },
  ],
  send: [
    { line: "cotal send -t eve hello --wait-reply", says: "to a peer, and wait for what it says" },
    { line: 'cotal send -c general "hello all"', says: "to a channel" },
    { line: 'echo "one two three" | cotal send -r adder - --wait-reply', says: "to one worker of a role" },
    { line: "cotal send -t nobody hello", says: "nobody is called that", exit: 3 },
  ],
  join: [{ line: "cotal join < /dev/null", says: "present until its input ends; on a terminal, a chat" }],
  doctor: [
    { line: "cotal doctor --fix", says: "and put right what can be" },
    { line: "cotal doctor --bundle", says: "one file to report a fault with" },
  ],
  history: [
    { line: "cotal history general -n 5" },
    { line: "cotal history general --since 2d --utc" },
    { line: "cotal history secret", says: "your own peer may not read it", exit: 5 },
  ],
  watch: [{ line: "cotal watch --for 1s" }, { line: "cotal watch general --for 1s --json" }],
  who: [{ line: "cotal who" }, { line: "cotal who eve" }],
  "channels list": [{ line: "cotal channels" }],
  "channels show": [
    { line: "cotal channels show general" },
    { line: "cotal channels show =defaults", says: "what holds where nothing is set" },
  ],
  "channels set": [
    { line: 'cotal channels set lab --class durable --description "what we try"' },
    { line: "cotal channels set lab --unset description" },
  ],
  "channels rm": [{ line: "cotal channels rm lab --yes" }],
  deliver: [{ line: "cotal deliver", says: "the one of cotal up leads already", exit: 8 }],
  link: [
    { line: "cotal link --channel general" },
    { line: "cotal link --with-credential --ttl 10m", says: "whoever has it is a peer for 10 minutes" },
  ],
  mint: [
    { line: "cotal mint alice --allow-subscribe general,lab", says: "a peer, and the file to hand over" },
    { line: "cotal mint ops --profile operator" },
  ],
  revoke: [{ line: "cotal revoke ops --yes" }],
  "acl show": [{ line: "cotal acl show alice" }],
  "acl set": [{ line: "cotal acl set alice --allow-publish general,lab" }],
  "acl narrow": [{ line: "cotal acl narrow alice --allow-publish general" }],
  "acl explain": [{ line: "cotal acl explain alice lab", says: "by which rule it may, or that none fits" }],
  pending: [{ line: "cotal pending alice" }],
  "dead list": [{ line: "cotal dead" }],
  "dead replay": [{ line: "cotal dead replay none", says: "there is no such letter", exit: 3 }],
  "dead drop": [{ line: "cotal dead drop none --yes", says: "there is no such letter", exit: 3 }],
  "creds list": [{ line: "cotal creds" }],
  "creds renew": [{ line: "cotal creds renew alice" }],
  manage: [{ line: "cotal manage", says: "the manager of cotal up runs already", exit: 8 }],
  completion: [{ line: "cotal completion bash > cotal.bash", says: "then: . cotal.bash" }],
  paths: [{ line: "cotal paths" }],
  spaces: [{ line: "cotal spaces" }],
  use: [
    { line: "cotal use main", says: "from now on it is meant, unless another is named" },
    { line: "cotal use --clear" },
    { line: "cotal use nowhere", says: "there is no such space", exit: 3 },
  ],
  version: [{ line: "cotal version" }],
};

/** As they stand on a page: what is behind the mark says what comes of it. */
export function exampleLines(name: string): readonly string[] {
  const examples = Object.hasOwn(exampleTable, name) ? (exampleTable[name] ?? []) : [];
  const width = Math.max(0, ...examples.map(({ line, says, exit }) => ((says ?? exit) ? line.length : 0)));
  return examples.map(({ line, says, exit }) => {
    const told = [exit === undefined ? [] : [`exit ${exit}`], says ?? []].flat().join(": ");
    return told === "" ? line : `${line.padEnd(Math.min(width, widest))}  # ${told}`;
  });
}

const widest = 60;
