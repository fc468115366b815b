import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import { root } from "../repo/root.ts";

/**
 * Lets each name that is imported from a package of the workspace come from the file that has it. By way of the
 * package's list of names a bundler takes all of its files for needed wherever one of them is, so that what is loaded
 * when it is called would be loaded with everything else.
 */
export const directImports: Plugin = {
  name: "direct-imports",
  setup: (build) => {
    const lists = new Map<string, Promise<ReadonlyMap<string, string>>>();
    const listOf = (name: string): Promise<ReadonlyMap<string, string>> => {
      const known = lists.get(name) ?? filesOf(join(root, "packages", name, "src/index.ts"));
      lists.set(name, known);
      return known;
    };
    build.onLoad({ filter: /\/(apps|packages)\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [statement, names = "", name = ""] of contents.matchAll(imported)) {
        contents = contents.replace(statement, directly(names, await listOf(name), statement));
      }
      return { contents, loader: "ts" };
    });
  },
};

const imported = /^import \{([^}]*)\} from "@cotal\/([a-z-]+)";$/gm;
const listed = /^export \{([^}]*)\} from "(\.[^"]+)";$/gm;

/** Which file has what, by the list of a package. */
async function filesOf(list: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(list, "utf8");
  return new Map(
    [...text.matchAll(listed)].flatMap(([, names = "", file = ""]) =>
      valuesIn(names).map((name) => [name, join(dirname(list), file)] as const),
    ),
  );
}

/** On one line, so that the places of what follows stay. */
function directly(names: string, files: ReadonlyMap<string, string>, statement: string): string {
  const values = valuesIn(names).map((value) => {
    const [name = ""] = value.split(" as ");
    const file = files.get(name);
    return file === undefined ? undefined : `import { ${value} } from ${JSON.stringify(file)};`;
  });
  // A name that the list has from elsewhere stays as it is.
  if (values.includes(undefined)) return statement;
  return values.join(" ") + "\n".repeat(statement.split("\n").length - 1);
}

/** What is more than a type. */
function valuesIn(names: string): string[] {
  return names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));
}
