import ts from "typescript";

/** A comment with the line it starts on. */
export interface Comment {
  readonly line: number;
  readonly text: string;
}

/** All comments of a file; what merely looks like one inside a string is none. */
export function commentsOf(source: ts.SourceFile): Comment[] {
  const starts = new Map<number, Comment>();
  for (const token of tokensOf(source, source)) {
    const ranges = [
      ...(ts.getLeadingCommentRanges(source.text, token.pos) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, token.pos) ?? []),
    ];
    for (const { pos, end } of ranges) {
      const line = source.getLineAndCharacterOfPosition(pos).line + 1;
      starts.set(pos, { line, text: source.text.slice(pos, end) });
    }
  }
  return [...starts.values()];
}

function* tokensOf(node: ts.Node, source: ts.SourceFile): Generator<ts.Node> {
  const children = node.getChildren(source).filter((child) => !isJsDoc(child));
  if (children.length === 0) yield node;
  for (const child of children) yield* tokensOf(child, source);
}

/** A node for what is a comment to everybody else; it starts where its comment does. */
function isJsDoc({ kind }: ts.Node): boolean {
  return kind >= ts.SyntaxKind.FirstJSDocNode && kind <= ts.SyntaxKind.LastJSDocNode;
}
